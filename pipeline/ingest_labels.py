"""Who speaks in this line? Labels as typists, Otter, Rev, Zoom and archives write them.

"T: text", "NAME: text", "[00:01:02] Anna: text", "Anna (00:03): text", "Anna: [0:03] text", "00:03 Speaker 1",
"Anna Smith  0:03" (the text follows below). A wrongly taken label is an unknown speaker, and the session is refused
later; a missed one would put words into another person's mouth. So what looks like a name counts as one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.ingest_turns import CLOCK, seconds_of_clock

# Only the head of a line is searched, and every repetition is bounded: no line can make the search slow.
_HEAD = 160
_STAMP = rf"[\[(<]?[ ]?{CLOCK}(?:[ ]?(?:-->|[-–])[ ]?{CLOCK})?[ ]?[\])>]?"
_NAME = r"(?P<name>[^\W\d_][^:\[\]<>\n]{0,58}?)"
_SPOKEN = re.compile(
    rf"(?P<before>{_STAMP})?[ \t]{{0,4}}[-–>]?[ \t]{{0,4}}{_NAME}[ \t]{{0,8}}(?P<after>{_STAMP})?[ \t]{{0,4}}"
    rf":(?![\d/\\])(?:[ \t]{{1,8}}|$|(?=\S))(?P<inside>{_STAMP}(?![:\w]))?"
)
_HEADED = re.compile(
    rf"(?P<before>{_STAMP})[ \t]{{1,8}}{_NAME}$"
    rf"|{_NAME.replace('name', 'name2')}(?P<gap>[ \t]{{1,20}})(?P<after>{_STAMP})$"
)
_CLOCK = re.compile(CLOCK)

_USUAL = frozenset(
    {
        *("t", "th", "c", "cl", "co", "p", "i", "r", "q", "a", "m", "f", "w", "s", "dr", "doctor", "therapist"),
        *("client", "patient", "counselor", "counsellor", "psychologist", "psychotherapist", "clinician", "coach"),
        *("interviewer", "interviewee", "speaker", "participant", "respondent", "facilitator", "caller", "helper"),
    }
)
_NO_SPEAKER = frozenset(
    words.strip()
    for words in """
    note|notes|n.b.|nb|comment|comments|transcriber's note|transcriber note|transcriber notes|ps|p.s.|fyi|re|e.g.|i.e.
    date|time|duration|length|session|title|subject|topic|location|place|setting|file|filename|file name|version
    language|recording|recorded|recorded on|transcribed|transcribed by|transcriber|transcript|transcription|participants
    attendees|speakers|summary|keywords|summary keywords|background|context|start|end|start time|end time
    page|part|chapter|scene|warning|important|example|for example|id|session id|client id|case|begin transcript
    end transcript|http|https|kind
    so|but|and|or|because|now|well|ok|okay|yes|no|look|listen|like|also|first|second|third|then|plus|anyway|maybe|actually
    basically|honestly|meaning|remember|that|this|it|what|why|how|there|here|still|see|thing is|the thing is|i thought
    the point is|the question is|the problem is|the truth is|my point is|i mean|i said|he said|she said|they said
    """.replace("\n", "|").split("|")
    if words.strip()
)
_PARTICLES = frozenset({"de", "da", "di", "du", "van", "von", "der", "den", "la", "le", "el", "al", "bin", "ibn", "y"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line that may start with a speaker. `sure` is False where only repetition can tell a name from a phrase."""

    label: str = field(repr=False)
    text: str = field(repr=False)
    start_s: float | None
    sure: bool


def split_label(line: str, *, headers: bool = True) -> Labelled | None:
    """Split a line into label, time and words; None where it cannot name a speaker.

    `headers`: also take whole-line forms without a colon ("Anna Smith  0:03"), which captions do not have.
    """
    head = line[:_HEAD]
    found = _SPOKEN.match(head)
    if found:
        stamp = found["before"] or found["after"] or found["inside"]
        return Labelled(found["name"].strip(), line[found.end() :].strip(), _seconds(stamp), True)
    if headers and len(line) <= _HEAD and (found := _HEADED.match(head)):
        label = (found["name"] or found["name2"]).strip()
        sure = len(found["gap"] or "") > 1 or "\t" in (found["gap"] or "") or (found["after"] or "1")[0] in "[(<"
        return Labelled(label, "", _seconds(found["before"] or found["after"]), sure)
    return None


def speaker_labels(lines: Iterable[str], *, headers: bool = True) -> frozenset[str]:
    """The labels that are speakers in this file: names by their look, phrases by their repetition."""
    seen: Counter[str] = Counter()
    sure: set[str] = set()
    for line in lines:
        labelled = split_label(line, headers=headers)
        if labelled:
            seen[labelled.label] += 1
            if labelled.sure:
                sure.add(labelled.label)
    return frozenset(label for label, times in seen.items() if _is_speaker(label, times, label in sure))


def _is_speaker(label: str, times: int, sure: bool) -> bool:
    plain = re.sub(r"\([^()]{0,30}\)$", "", label).strip()  # "Anna (she/her)", "Speaker (unverified)"
    base = re.sub(r"[\s#\d.]+$", "", plain).casefold()
    if not plain or base in _NO_SPEAKER or plain.casefold() in _NO_SPEAKER:
        return False
    if base in _USUAL:
        return True
    words = plain.split()
    if len(words) > 5 or re.search(r"[?!,;\"“”…]", plain):
        return False
    looks_like_name = all(not word[0].islower() or word in _PARTICLES for word in words) and not words[0][0].islower()
    if looks_like_name:
        return sure or times >= 2
    return len(words) <= 3 and times >= 3 and words[0].casefold() not in _NO_SPEAKER | {"i", "he", "she", "they", "we"}


def _seconds(stamp: str | None) -> float | None:
    found = _CLOCK.search(stamp) if stamp else None
    return seconds_of_clock(found.group()) if found else None
