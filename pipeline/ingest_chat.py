"""CHAT transcripts of TalkBank (.cha): its codes become plain words. Needs the extra `chat` (pylangacq).

Codes: https://talkbank.org/manuals/CHAT.html. Pauses and events stay as bracketed words, since they can carry meaning
([pause 6s], [laughs]); everything that is no speech goes.
"""

from __future__ import annotations

import re

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable, Utterance, tidy

# Stand for the brackets and the colon we add, until CHAT's own are gone.
_OPEN, _CLOSE, _COLON = "\ue000", "\ue001", "\ue002"

_CODES: tuple[tuple[str, str], ...] = (
    # what was heard besides words: &=laughs, &=head:no, [=! crying], and &*INV:mhm thrown in by the other
    (r"\x15[^\x15]*\x15", " "),  # times in the media
    (r"\(\.{1,3}\)", f" {_OPEN}pause{_CLOSE} "),
    (r"&=0?([A-Za-z]+)(?::([\w:]+))?", rf" {_OPEN}\1 \2{_CLOSE} "),
    (r"&\*[A-Z0-9]{1,7}:(\S+)", rf" {_OPEN}other speaker{_COLON} \1{_CLOSE} "),
    (r"\[=! ([^\[\]]+)\]", rf" {_OPEN}\1{_CLOSE} "),
    # what the transcriber noted: retracing, errors, explanations, links between utterances, overlaps
    (r"\[[^\[\]]*\]", " "),
    (r"(?<!\S)\+(?:\"/?[.?!]?|[\^<,+≈≋])(?=\s|$)|(?<!\S)\+\"/?\.?", " "),
    (r"[<>⌈⌉⌊⌋][₂-₉2-9]?(?=[\s⌈⌉⌊⌋<>]|$)|[<>⌈⌉⌊⌋]", " "),
    (r"\+\.\.\.|\+\.\.\?", " ... "),  # trailing off
    (r"\+/{1,2}[.?!]", " -- "),  # interrupted
    # how words are written
    (r"\(([^\W\d_]+(?:'[^\W\d_]+)?)\)", r"\1"),  # sounds left out: (be)cause
    (r"(?<!\S)(?:xxx|yyy)(?!\w)", f"{_OPEN}unintelligible{_CLOSE}"),
    (r"(?<!\S)www(?!\w)", f"{_OPEN}not transcribed{_CLOSE}"),
    (r"(?<!\S)0(?:[^\W\d]\w*)?(?=\s|$)", " "),  # words the speaker left out
    (r"(?<!\S)&[-+~]", ""),  # fillers and fragments keep their letters
    (r"(?<=\w)@[\w:$*]+", ""),  # word types: word@c
    (r"(?<=[^\W\d_]):+(?=[^\W\d_]|\s|$)", ""),  # lengthened sounds: no:o
    (r"[‡„]", ","),
    (r"[↑↓↗↘→≠∾⁑⤇⤆∆∇☺♋°▁▔◉∮§⁇↫^ˈˌ]", ""),
    (r"(?<=\w)_(?=\w)", " "),
    (r"(?<=\w)\+(?=\w)", "-"),
    (r"\s+([.,?!])(?=\s|$)", r"\1"),
)
_STEPS = tuple((re.compile(code), words) for code, words in _CODES)
_TIMED_PAUSE = re.compile(r"\((?:(\d{1,3}):)?(\d{1,4}(?:\.\d{0,3})?)\)")


def read_chat(text: str) -> list[Utterance]:
    """Read the main tiers; the speaker is the code of the participant. Raises Unreadable: MALFORMED."""
    from pylangacq import CHAT

    lines = text.split("\n")
    if "@Begin" not in (line.strip() for line in lines) or "@End" not in (line.strip() for line in lines):
        raise Unreadable(Reason.MALFORMED, "not a whole CHAT file (@Begin and @End belong to it): export it again")
    try:
        utterances = CHAT.from_strs([text], strict=False, parallel=False).utterances()
    except BaseException as problem:  # a panic of its compiled parser is no Exception, and quotes the text
        if isinstance(problem, KeyboardInterrupt | SystemExit | GeneratorExit) or (
            not isinstance(problem, Exception) and type(problem).__name__ != "PanicException"
        ):
            raise
        utterances = None
    lost = utterances is None or len(utterances) != sum(line.startswith("*") for line in lines)
    spoken: list[Utterance] = []
    for utterance in utterances or ():
        speaker = utterance.participant or ""
        line = (utterance.tiers or {}).get(speaker)
        if line is None:
            lost = True
            break
        start, end = utterance.time_marks or (None, None)
        spoken.append(Utterance(speaker, plain_words(line), _seconds(start), _seconds(end)))
    if lost:
        raise Unreadable(Reason.MALFORMED, "some utterances cannot be read and would be lost: check the file with CLAN")
    return spoken


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def plain_words(line: str) -> str:
    """The words of a main tier as they were said, with pauses and events in square brackets.

    >>> plain_words("&-um I (.) wan(t) [/] want (2.5) it &=laughs .")
    'um I [pause] want want [pause 2.5s] it [laughs].'
    """
    line = _TIMED_PAUSE.sub(_pause, line)
    for pattern, replacement in _STEPS:
        line = pattern.sub(replacement, line)
    line = tidy(line).replace(f" {_CLOSE}", "]").replace(_OPEN, "[").replace(_CLOSE, "]").replace(_COLON, ":")
    return line if re.search(r"\w", line) else ""


def _pause(found: re.Match[str]) -> str:
    seconds = 60 * int(found[1] or 0) + float(found[2])
    return f" {_OPEN}pause {seconds:g}s{_CLOSE} "
