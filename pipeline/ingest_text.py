"""Plain-text transcripts, and the paragraphs of documents: lines in, utterances out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.errors import Reason
from pipeline.ingest_labels import speaker_labels, split_label
from pipeline.ingest_turns import CLOCK, Unreadable, Utterance, seconds_of_clock, tidy

# A title, a date, keywords and a list of speakers stand above Otter's and Rev's first utterance. More than this is
# no heading but words whose speaker we do not know.
MOST_HEADING_LINES = 30

_FOOTER = re.compile(
    r"transcribed (?:by|with) (?:https?://|www\.|otter|rev\b|sonix|trint|descript|happy ?scribe|temi)"
    r"|this transcript was (?:exported|generated|created)"
    r"|\W{0,2}(?:begin|beginning|start|end)(?: of)?(?: the)? (?:transcript|transcription|recording|audio|tape)\W{0,3}$"
    r"|page \d{1,4}(?: of \d{1,4})?$|https?://(?:www\.)?(?:otter\.ai|rev\.com)\S{0,200}$",
    re.IGNORECASE,
)
_LONE_CLOCK = re.compile(rf"[\[(<]?\s?({CLOCK})(?:\s?(?:-->|[-–])\s?{CLOCK})?\s?[\])>]?")
_INLINE_CLOCK = re.compile(rf"\[{CLOCK}\]")  # archives put one in every few minutes, in the middle of a turn


def read_txt(text: str) -> list[Utterance]:
    """Read "T: … / C: …", "NAME: …", Otter and Rev exports; raises Unreadable as `read_lines` does."""
    return read_lines(text.splitlines())


def read_lines(lines: Iterable[str]) -> list[Utterance]:
    """One utterance per labelled line; lines without a label go on with the speaker before.

    Headings above the first label and the footers of transcription services are left out.
    Raises Unreadable: EMPTY without words, UNKNOWN_SPEAKER where no line, or too late a line, names a speaker.
    """
    kept = [line.strip() for line in lines if line.strip() and not _FOOTER.match(line.strip())]
    if not kept:
        raise Unreadable(Reason.EMPTY, "the file holds no words: check the export, then re-run")
    labels = speaker_labels(kept)
    spoken: list[Utterance] = []
    heading, clock = 0, None
    for line in kept:
        labelled = split_label(line)
        if labelled and labelled.label in labels:
            start = labelled.start_s if labelled.start_s is not None else clock
            spoken.append(Utterance(labelled.label, _words(labelled.text), start))
            clock = None
        elif lone := _LONE_CLOCK.fullmatch(line[:60]):
            clock = seconds_of_clock(lone[1])
        elif spoken:
            last = spoken[-1]
            spoken.append(Utterance(last.speaker, _words(line)))
        else:
            heading += 1
    if not spoken:
        raise Unreadable(
            Reason.UNKNOWN_SPEAKER, "no line names its speaker: begin every turn with a label and a colon, as in 'T: …'"
        )
    if heading > MOST_HEADING_LINES:
        raise Unreadable(
            Reason.UNKNOWN_SPEAKER, f"{heading} lines stand before the first speaker: give them one, or take them out"
        )
    return _carry_starts(spoken)


def _carry_starts(spoken: list[Utterance]) -> list[Utterance]:
    """Put a time that stands alone with its speaker ("Anna  0:03") onto the words below it."""
    carried: list[Utterance] = []
    pending: float | None = None
    for piece in spoken:
        if not piece.text:
            pending = piece.start_s
            continue
        start = piece.start_s if piece.start_s is not None else pending
        carried.append(Utterance(piece.speaker, piece.text, start))
        pending = None
    return carried


def _words(text: str) -> str:
    return tidy(_INLINE_CLOCK.sub(" ", text))
