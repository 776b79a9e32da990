"""What is said about a session: a Tag, an Episode, a Decision. Frozen records that refuse nonsense when built."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Family(StrEnum):
    WITHDRAWAL = "withdrawal"
    CONFRONTATION = "confrontation"
    REPAIR = "repair"
    ATTENDANCE = "attendance"


_PREFIXES = {"wd": Family.WITHDRAWAL, "cf": Family.CONFRONTATION, "rp": Family.REPAIR, "at": Family.ATTENDANCE}


def family_of(code: str) -> Family | None:
    """The family of a code, which its first letters name; None for what is no code."""
    return _PREFIXES.get(code.partition("_")[0]) if "_" in code else None


RUPTURE = frozenset({Family.WITHDRAWAL, Family.CONFRONTATION})


class Status(StrEnum):
    LIKELY = "likely"
    POSSIBLE = "possible"


class Outcome(StrEnum):
    """Codebook, section 'Episodes' of method.md: resolved only where the client re-engages after a repair move."""

    RESOLVED = "resolved"
    ATTEMPTED = "attempted"
    UNADDRESSED = "unaddressed"


class OrderFlag(StrEnum):
    """Was the client's part explored before the therapist owned theirs? A flag, never a fault."""

    NOT_APPLICABLE = "not_applicable"
    OK = "ok"
    SAME_TURN = "same_turn"
    EXPLORE_BEFORE_ACCOUNTABILITY = "explore_before_accountability"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Tag:
    """One code on one turn, with the words that carry it.

    `turn_no`, `char_start`, `char_end` are None for attendance codes, which belong to the session. Offsets are code
    points into the de-identified turn, end exclusive. `measures` are the numbers behind the tag, by feature name.
    """

    code: str
    family: Family
    turn_no: int | None
    char_start: int | None
    char_end: int | None
    status: Status
    probability: float
    cue: str
    measures: tuple[tuple[str, float], ...] = field(default=())

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"{self.code}: probability {self.probability} is outside 0..1")
        at_session = self.family is Family.ATTENDANCE
        if at_session != (self.turn_no is None):
            raise ValueError(f"{self.code}: attendance codes belong to the session, all others to a turn")
        if not at_session and (
            self.char_start is None or self.char_end is None or not 0 <= self.char_start < self.char_end
        ):
            raise ValueError(f"{self.code}: evidence {self.char_start}..{self.char_end} is no span of words")


@dataclass(frozen=True, slots=True)
class Episode:
    """Rupture markers close together, the repair that followed, and how it ended.

    `latency_s` runs from the end of the last marker before the first repair move to that move; None without times.
    """

    kind: str  # withdrawal | confrontation | mixed | named (opened by the therapist's naming alone)
    first_turn: int
    last_turn: int
    repair_turn: int | None
    latency_s: float | None
    outcome: Outcome
    order_flag: OrderFlag

    def __post_init__(self) -> None:
        if self.first_turn > self.last_turn:
            raise ValueError(f"episode runs backwards: {self.first_turn}..{self.last_turn}")
        if (self.repair_turn is None) != (self.outcome is Outcome.UNADDRESSED):
            raise ValueError("an episode is unaddressed exactly where it has no repair turn")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of a segment. Appended, never changed, never overwritten by a run."""

    segment_id: str
    session_id: str
    coder: str
    decision: str  # accept | reject | relabel | move | add
    code: str | None
    decided_at: str
    codebook_version: str
    turn_no: int | None = None
    char_start: int | None = None
    char_end: int | None = None
