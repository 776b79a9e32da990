"""From turns to exchanges: which turns are back-channels, and which turn answers which.

Codebook A5, A6: the coding unit is the turn with back-channels removed; a client's "mm" or "right" while the
therapist holds the floor is never coded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from pipeline.phrases import words_of
from pipeline.session import Turn

LONGEST_BACKCHANNEL = 4  # words; "yeah yeah no sure" still only keeps the other talking


def mark_turns(
    turns: Iterable[Turn], *, backchannels: frozenset[str], asks: Callable[[Turn], bool]
) -> tuple[Turn, ...]:
    """Set `is_backchannel` and `latency_s` (seconds, negative in overlap) on every turn.

    A turn of nothing but back-channel words is one unless it answers: after a turn of the other speaker that `asks`,
    "yeah" is an answer.
    """
    marked: list[Turn] = []
    floor: dict[str, Turn] = {}  # the last turn of each speaker that was more than a back-channel
    for turn in turns:
        other = next((t for who, t in floor.items() if who != turn.speaker), None)
        spoken = words_of(turn.text).spoken
        only_fillers = 0 < len(spoken) <= LONGEST_BACKCHANNEL and all(w in backchannels for w in spoken)
        before = marked[-1] if marked else None
        answers = other is not None and before is not None and before.speaker != turn.speaker and asks(other)
        is_backchannel = only_fillers and not answers
        marked.append(replace(turn, is_backchannel=is_backchannel, latency_s=_gap(before, turn)))
        if not is_backchannel:
            floor[turn.speaker] = marked[-1]
    return tuple(marked)


def _gap(before: Turn | None, turn: Turn) -> float | None:
    if before is None or before.end_s is None or turn.start_s is None:
        return None
    return round(turn.start_s - before.end_s, 3)


def turns_before(turns: Sequence[Turn]) -> list[int | None]:
    """For each turn the index of the last turn of the other speaker that was more than a back-channel."""
    last: dict[str, int] = {}
    found: list[int | None] = []
    for i, turn in enumerate(turns):
        found.append(next((j for who, j in last.items() if who != turn.speaker), None))
        if not turn.is_backchannel:
            last[turn.speaker] = i
    return found
