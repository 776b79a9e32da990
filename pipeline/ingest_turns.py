"""What every transcript reader hands over, how a reader refuses, and how utterances become turns.

A file comes in as pieces: lines, cues, segments, intervals. A turn is all consecutive words of one speaker, so the
pieces of one speaker are put together here, in one place, unless the file numbers its turns itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.errors import AllianceError, Reason
from pipeline.session import RawTurn

MOST_UTTERANCES = 200_000  # a session has hundreds; a file of this many is no session

CLOCK = r"\d{1,3}:\d{1,2}(?::\d{2})?(?:[.,]\d{1,3})?"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One piece of a transcript. Times are seconds from the start of the recording.

    `turn` is the file's own turn number (a `turn` column), None where the file has none.
    """

    speaker: str = field(repr=False)
    text: str = field(repr=False)
    start_s: float | None = None
    end_s: float | None = None
    turn: int | None = None


class Unreadable(AllianceError):
    """A reader refuses a file. `read_transcript` turns this into Quarantined, which knows the session."""

    exit_code = 2

    def __init__(self, reason: Reason, advice: str) -> None:
        super().__init__(f"{reason.value}: {advice}")
        self.reason, self.advice = reason, advice


def tidy(text: str) -> str:
    """One line with single spaces, for pieces whose line breaks are only layout."""
    return " ".join(text.split())


def mend_surrogates(text: str) -> str:
    """Join surrogate pairs (RTF and JSON may carry them apart); a half without its partner becomes U+FFFD.

    A lone surrogate cannot be encoded as UTF-8 and would stop the session much later, in the store.
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def seconds_of_clock(clock: str) -> float | None:
    """Seconds of "m:ss", "h:mm:ss" with or without a fraction after "." or ","; None where it is no clock time."""
    if not re.fullmatch(CLOCK, clock, re.ASCII):
        return None
    seconds = 0.0
    for part in clock.replace(",", ".").split(":"):
        if seconds and float(part) >= 60:
            return None
        seconds = seconds * 60 + float(part)
    return seconds


def as_turns(utterances: Iterable[Utterance]) -> tuple[RawTurn, ...]:
    """Number the turns from 0; put consecutive utterances of one speaker together.

    Where the file numbers its turns, its numbers decide: rows of one number are one turn, and two neighbouring turns
    of one speaker stay two. Without numbers, pieces without words are left out.
    Raises Unreadable: MALFORMED for impossible times, UNKNOWN_SPEAKER for a piece without speaker, TOO_LARGE,
    EMPTY.
    """
    groups: list[list[Utterance]] = []
    for place, piece in enumerate(utterances, start=1):
        speaker, text = mend_surrogates(piece.speaker).strip(), mend_surrogates(piece.text).strip()
        if place > MOST_UTTERANCES:
            raise Unreadable(Reason.TOO_LARGE, f"more than {MOST_UTTERANCES} utterances: one session a file")
        if not text and piece.turn is None:
            continue
        if not speaker:
            raise Unreadable(
                Reason.UNKNOWN_SPEAKER, f"utterance {place} has no speaker: name one for every utterance, then re-run"
            )
        _check_times(piece, place)
        known = Utterance(speaker, text, piece.start_s, piece.end_s, piece.turn)
        last = groups[-1][-1] if groups else None
        if last is not None and (last.turn, last.speaker) == (known.turn, known.speaker):
            groups[-1].append(known)
        else:
            groups.append([known])
    if not any(piece.text for group in groups for piece in group):
        raise Unreadable(Reason.EMPTY, "the file holds no words: check the export, then re-run")
    return tuple(_join(number, group) for number, group in enumerate(groups))


def _join(turn_no: int, group: list[Utterance]) -> RawTurn:
    starts = [piece.start_s for piece in group if piece.start_s is not None]
    ends = [piece.end_s for piece in group if piece.end_s is not None]
    text = " ".join(piece.text for piece in group if piece.text)
    return RawTurn(turn_no, group[0].speaker, text, min(starts, default=None), max(ends, default=None))


def _check_times(piece: Utterance, place: int) -> None:
    times = [time for time in (piece.start_s, piece.end_s) if time is not None]
    if any(not math.isfinite(time) or time < 0 for time in times):
        raise Unreadable(Reason.MALFORMED, f"utterance {place} has a time that is no number of seconds: correct it")
    if len(times) == 2 and times[1] < times[0]:
        raise Unreadable(Reason.MALFORMED, f"utterance {place} ends before it starts: correct its times")
