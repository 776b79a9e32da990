"""Tables of counts that may leave the lab: small cells suppressed, and what was suppressed written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.disclosure import CLIENTS_TO_RANK, Released
from pipeline.disclosure_together import suppress_together

Rows = Callable[[str], list[dict[str, Any]]]
OUTCOMES = ("resolved", "attempted", "unaddressed")
COUNTED = (
    "count(DISTINCT client_id) AS clients, count(*) AS episodes,"
    " count(*) FILTER (outcome = 'resolved') AS resolved, count(*) FILTER (outcome = 'attempted') AS attempted,"
    " count(*) FILTER (outcome = 'unaddressed') AS unaddressed,"
    " round(100.0 * count(*) FILTER (outcome = 'resolved') / count(*), 1) AS resolved_percent"
)
FEW = f"therapists with fewer than {CLIENTS_TO_RANK} clients"


@dataclass(frozen=True, slots=True)
class CountTable:
    name: str
    about: str
    by: str
    sql: str


TABLES = (
    CountTable("outcomes_by_type", "How episodes of each type ended.", "kind",
               f"SELECT kind, {COUNTED} FROM rupture_repair GROUP BY kind ORDER BY kind"),
    CountTable("outcomes_by_phase", "How episodes ended early, in the middle and late in treatment.", "phase",
               f"SELECT coalesce(phase, 'unknown') AS phase, {COUNTED} FROM rupture_repair GROUP BY ALL ORDER BY 1"),
    CountTable("outcomes_by_order", "How episodes ended by the order of exploring and owning.", "order_flag",
               f"SELECT order_flag, {COUNTED} FROM rupture_repair GROUP BY order_flag ORDER BY order_flag"),
    CountTable("outcomes_by_therapist", "How episodes ended by therapist; those with few clients stand together.",
               "therapist",
               "WITH sized AS (SELECT *, (SELECT count(DISTINCT o.client_id) FROM rupture_repair AS o"
               " WHERE o.therapist_id = r.therapist_id) AS of_therapist FROM rupture_repair AS r)"
               f" SELECT CASE WHEN of_therapist < {CLIENTS_TO_RANK} THEN '{FEW}' ELSE therapist_id END AS therapist,"
               f" {COUNTED} FROM sized GROUP BY ALL ORDER BY 1"),
)  # fmt: skip


def suppressed_tables(rows: Rows) -> list[tuple[CountTable, Released]]:
    """Every table of counts as it may leave, all looked at together: they count the same episodes."""
    [whole] = rows(f"SELECT {COUNTED} FROM rupture_repair")
    released = suppress_together(
        {table.name: (table.by, rows(table.sql)) for table in TABLES}, whole, parts=OUTCOMES, total="episodes",
        people="clients", derived=["resolved_percent"],
    )  # fmt: skip
    return [(table, released[table.name]) for table in TABLES]
