"""Captions with speakers: WebVTT as Zoom ("Name: text") and Teams (`<v Name>`) write it, and SRT."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.errors import Reason
from pipeline.ingest_labels import speaker_labels, split_label
from pipeline.ingest_turns import Unreadable, Utterance, tidy

_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?[ \t]([^<>]{0,200})>|</v>")
_TAG = re.compile(r"</?[^<>]{0,200}>|\{\\[^{}]{0,80}\}")
_BLOCK_OF_NO_CUE = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True, slots=True)
class _Cue:
    text: str = field(repr=False)  # with its tags
    start_s: float
    end_s: float


def read_vtt(text: str) -> list[Utterance]:
    """Read WebVTT. Every voice of a cue is kept, entities are unescaped, NOTE blocks are left out.

    Raises Unreadable: MALFORMED where the parser would pass over a cue or a block in silence (their number is given),
    UNKNOWN_SPEAKER where no speaker can be told.
    """
    import webvtt

    if not text.startswith("WEBVTT"):
        raise Unreadable(Reason.MALFORMED, "the file does not begin with WEBVTT: export it again")
    text = _part_cues(text)
    timed = sum("-->" in line for line in text.split("\n"))
    cues = [
        _Cue(caption.raw_text, _vtt_seconds(caption.start), _vtt_seconds(caption.end))
        for caption in webvtt.from_string(text).captions
    ]
    blocks = [block for block in re.split(r"\n{2,}", text.strip("\n"))[1:] if block.strip()]
    stray = sum("-->" not in block and not block.startswith(_BLOCK_OF_NO_CUE) for block in blocks)
    if lost := max(timed - len(cues), 0) + stray:
        raise Unreadable(
            Reason.MALFORMED, f"{lost} cues cannot be read and would be lost: correct them, or export again"
        )
    return _speak(cues)


def read_srt(text: str) -> list[Utterance]:
    """Read SubRip captions. Raises Unreadable: MALFORMED, UNKNOWN_SPEAKER."""
    import srt

    if "-->" not in text:
        raise Unreadable(Reason.MALFORMED, "the file holds no caption times: export it again as SRT")
    try:
        captions = list(srt.parse(text))
    except (srt.SRTParseError, ValueError, OverflowError):  # its message quotes the caption
        captions = []
    if len(captions) != sum("-->" in line for line in text.split("\n")):
        raise Unreadable(
            Reason.MALFORMED, "some captions cannot be read and would be lost: correct them, or export again"
        )
    return _speak([_Cue(c.content, c.start.total_seconds(), c.end.total_seconds()) for c in captions])


def _speak(cues: Sequence[_Cue]) -> list[Utterance]:
    """A cue without a name goes on with the speaker before, as captions do, unless the file marks voices."""
    voiced = any(_VOICE.search(cue.text) for cue in cues)
    labels = frozenset[str]()
    if not voiced:
        lines = [_plain(line) for cue in cues for line in cue.text.split("\n")]
        labels = speaker_labels(lines, headers=False)
    spoken: list[Utterance] = []
    nameless = 0
    for cue in cues:
        for name, words in _voices(cue.text) if voiced else _named_lines(cue.text, labels):
            if not words:
                continue
            if name is None and (voiced or not spoken):
                nameless += 1
                continue
            spoken.append(Utterance(name if name is not None else spoken[-1].speaker, words, cue.start_s, cue.end_s))
    if nameless:
        raise Unreadable(
            Reason.UNKNOWN_SPEAKER,
            f"{nameless} captions have no speaker: name them ('Name: text' or <v Name>), or export with speaker names",
        )
    return spoken


def _voices(text: str) -> list[tuple[str | None, str]]:
    pieces = _VOICE.split(text)  # words, name, words, name, …: the name is None behind </v>
    names = [None, *pieces[1::2]]
    return [
        (html.unescape(name).strip() if name else None, _plain(words))
        for name, words in zip(names, pieces[::2], strict=True)
    ]


def _named_lines(text: str, labels: frozenset[str]) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = []
    for line in map(_plain, text.split("\n")):
        labelled = split_label(line, headers=False)
        found.append((labelled.label, labelled.text) if labelled and labelled.label in labels else (None, line))
    return found


def _plain(text: str) -> str:
    return tidy(html.unescape(_TAG.sub("", text)))  # tags first: an escaped "<" is a word, not a tag


def _part_cues(text: str) -> str:
    """Put an empty line before each cue: some exports leave it out, and the next cue's number would become words."""
    lines = text.split("\n")
    parted: list[str] = []
    for place, line in enumerate(lines):
        follows = lines[place + 1] if place + 1 < len(lines) else ""
        number_of_next = line.strip().isdecimal() and "-->" in follows
        own_time = "-->" in line and not (parted and (parted[-1] == "" or _begins_cue(parted)))
        if parted and parted[-1].strip() and (number_of_next or own_time):
            parted.append("")
        parted.append(line if line.strip() else "")
    return "\n".join(parted)


def _begins_cue(parted: Sequence[str]) -> bool:
    """The line before a time is the cue's name where an empty line stands before it."""
    return len(parted) > 1 and parted[-2] == ""


def _vtt_seconds(clock: str) -> float:
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds, 3)
