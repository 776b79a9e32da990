"""The book a batch keeps while its sessions move on together: what was checked, who stays, who is refused and why.

One bad session stops only itself. What a `Result` holds is safe: coded records, or a reason in words of ours.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipeline.contracts import Check, ContractResult, refuse_failed, run_checks
from pipeline.errors import AllianceError, Quarantined, Reason
from pipeline.method import Coded

X = TypeVar("X")
Y = TypeVar("Y")


@dataclass(frozen=True, slots=True)
class Refused:
    """A session that is not in the database, and why."""

    session_id: str
    stage: str  # consent | quarantine
    reason: Reason
    advice: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one session. Exactly one of `coded` and `refused` is set."""

    session_id: str
    coded: Coded | None
    refused: Refused | None
    contracts: tuple[ContractResult, ...]


class Ledger:
    """Sessions by id, through step after step; each step hands on those that are still in."""

    def __init__(self) -> None:
        self._contracts: dict[str, list[ContractResult]] = {}
        self._refused: dict[str, Refused] = {}

    def each(self, items: Mapping[str, X], step: Callable[[X], Y]) -> dict[str, Y]:
        """Do a step for every session; one that fails is refused."""
        done = {}
        for session_id, item in items.items():
            try:
                done[session_id] = step(item)
            except Exception as e:
                self.refuse(session_id, e)
        return done

    def hold(self, items: Mapping[str, X], contract: Callable[[X], list[Check]]) -> dict[str, X]:
        """Check a data contract for all sessions in one pass; hand on those for which it holds."""
        results = run_checks([check for item in items.values() for check in contract(item)])
        kept = {}
        for session_id, item in items.items():
            mine = [r for r in results if r.subject == session_id]
            self._contracts.setdefault(session_id, []).extend(mine)
            try:
                refuse_failed(session_id, mine)
                kept[session_id] = item
            except Quarantined as e:
                self.refuse(session_id, e)
        return kept

    def refuse(self, session_id: str, error: Exception) -> None:
        """Write down why. An error that is not ours may quote a person: only its kind and place are kept.

        Raises again what a retry may help (OSError) and what concerns the whole study.
        """
        if isinstance(error, Quarantined):
            reason, advice = error.reason, error.advice
        elif isinstance(error, OSError | AllianceError):
            raise error
        else:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
            reason, advice = Reason.INTERNAL, f"{place}; please report this place, not the text"
        self._refused[session_id] = Refused(session_id, "quarantine", reason, advice)

    def results(self, session_ids: Sequence[str], coded: Mapping[str, Coded]) -> list[Result]:
        """One result a session, in the order given."""
        return [Result(s, coded.get(s), self._refused.get(s), tuple(self._contracts.get(s, ()))) for s in session_ids]
