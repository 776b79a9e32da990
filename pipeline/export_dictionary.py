"""What each exported column means and which values it can take, read from the database's own comments and CHECKs.

Only what a view or an export shape adds is described here; a test says when a column has no label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Callable[[str], list[dict[str, Any]]]
IN_LIST = re.compile(r"\(?\"?(\w+)\"? IN \(('[^)]*')\)")

ADDED = {
    "decided_by": "auto, or human where a person's decision stands.",
    "starts_at_s": "Seconds into the recording where the episode begins.",
    "left_in_session_s": "Seconds from the episode's first turn to the end of the session.",
    "waited_s": "Seconds to the first repair move; unaddressed (censored): from the last marker until session end or next episode.",
    "n_withdrawal": "Withdrawal codes that stand, likely and possible.",
    "n_withdrawal_likely": "Withdrawal codes that stand and are likely.",
    "n_confrontation": "Confrontation codes that stand, likely and possible.",
    "n_confrontation_likely": "Confrontation codes that stand and are likely.",
    "n_repair": "Repair codes that stand, likely and possible.",
    "n_repair_likely": "Repair codes that stand and are likely.",
    "n_attendance": "Attendance codes of the session.",
    "n_episodes": "Rupture episodes of the session.",
    "n_resolved": "Episodes after which the client re-engaged.",
    "n_attempted": "Episodes with a repair move and no re-engagement.",
    "n_unaddressed": "Episodes without a repair move.",
    "median_latency_s": "Median seconds to the first repair move, over episodes that have one and times.",
    "markers": "Rupture codes of the episode, with a space between.",
    "repair_moves": "Repair codes of the episode, with a space between.",
    "client_words": "Words the client said.",
    "therapist_words": "Words the therapist said.",
    "change": "Score minus the last score before it in the series.",
    "mean_before": "Mean of the client's scores before this session.",
    "sd_before": "SD of the client's scores before this session.",
    "n_before": "How many scores came before this session.",
    "n_sessions": "Sessions of the client in the study, held or missed.",
    "n_held": "Sessions of the client that were held.",
    "is_last_held": "The client's last held session.",
    "left_early": "The last held session lies before the last third of the plan; empty for other sessions or without a plan.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export. `values` are the words of a closed list, in the order of their numeric codes from 1."""

    name: str
    label: str
    values: tuple[str, ...] = ()


class Dictionary:
    """Labels and value lists, looked up by column name in the tables a sheet is made of, first table first."""

    def __init__(self, rows: Rows) -> None:
        self._labels: dict[tuple[str, str], str] = {}
        self._values: dict[tuple[str, str], tuple[str, ...]] = {}
        for r in rows("SELECT table_name, column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL"):
            self._labels[r["table_name"], r["column_name"]] = r["comment"]
        for r in rows("SELECT table_name, constraint_text FROM duckdb_constraints() WHERE constraint_type = 'CHECK'"):
            for column, listed in IN_LIST.findall(r["constraint_text"]):
                values = tuple(re.findall(r"'((?:[^']|'')*)'", listed))
                self._values.setdefault((r["table_name"], column), values)

    def column(self, name: str, tables: Sequence[str]) -> Column:
        """Raises KeyError (a column without a label is a mistake of ours, which a test finds)."""
        home = next((t for t in tables if (t, name) in self._labels), None)
        if home is None:
            return Column(name, ADDED[name])
        return Column(name, self._labels[home, name], self._values.get((home, name), ()))
