"""Two worlds, two types: RawSession as it was spoken, Session as it may be stored.

Nothing converts a Raw record into a safe one but `pipeline.deidentify`. The raw types hide their words from repr(),
so that an exception, a log line or a debugger that prints one shows ids and counts only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


class Speaker(StrEnum):
    CLIENT = "client"
    THERAPIST = "therapist"


class Source(StrEnum):
    """Who wrote the transcript down. Speech recognition drops words and capitals, so it lowers probabilities."""

    HUMAN = "human"
    ASR = "asr"


@dataclass(frozen=True, slots=True)
class RawTurn:
    """One turn as it came in. `speaker` is the label of the file, which may itself be a person's name."""

    turn_no: int
    speaker: str = field(repr=False)
    text: str = field(repr=False)
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class RawSession:
    """A transcript in memory, between ingest and de-identification, and nowhere else.

    `roles` says which speaker label is the client and which the therapist.
    """

    session_id: str
    turns: tuple[RawTurn, ...] = field(repr=False)
    roles: tuple[tuple[str, Speaker], ...] = field(repr=False, default=())

    def role_of(self, turn: RawTurn) -> Speaker:
        """Raise KeyError (without the label, which may be a name) where the label has no role."""
        for label, role in self.roles:
            if label == turn.speaker:
                return role
        raise KeyError("speaker label without a role")


@dataclass(frozen=True, slots=True)
class KnownIdentifier:
    """A row of roster.csv: an identifier known from intake. `person_id` is a client's or therapist's id."""

    person_id: str
    role: str  # client | therapist | relative | ...
    kind: str  # name | nickname | relative | place | employer | phone | ...
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """One de-identified turn: all consecutive words of one speaker, numbered as it came in from 0.

    `latency_s` is the silence since the turn before ended (negative where speakers overlap, None without times).
    """

    turn_no: int
    speaker: Speaker
    text: str
    start_s: float | None = None
    end_s: float | None = None
    is_backchannel: bool = False
    latency_s: float | None = None

    @property
    def n_words(self) -> int:
        return len(WORD.findall(self.text))


@dataclass(frozen=True, slots=True)
class Session:
    """A de-identified session, safe to store. Dates are days since the client's first session, never calendar dates."""

    session_id: str
    client_id: str
    therapist_id: str
    turns: tuple[Turn, ...]
    session_no: int
    phase: str | None = None  # early | middle | late third of the planned sessions
    day: int | None = None
    status: str = "held"  # held | late_cancelled | cancelled | no_show
    minutes_late: float | None = None
    source: Source = Source.HUMAN

    @property
    def duration_s(self) -> float | None:
        times = [t for turn in self.turns for t in (turn.start_s, turn.end_s) if t is not None]
        return max(times) - min(times) if times else None


def usual_words(turns: Sequence[Turn]) -> float:
    """The median length of the client's turns in this session, back-channels left out; 0 without any."""
    return float(median([t.n_words for t in turns if t.speaker is Speaker.CLIENT and not t.is_backchannel] or [0]))
