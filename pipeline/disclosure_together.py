"""Several tables of the same things, released together: what one keeps back, another must not give away.

Tables of the same episodes, once by type, once by therapist, have the same column sums. Those sums are settled first,
as if they were a table of their own: a sum that has to be hidden is hidden in all, and every other counts as known. Then
all gaps of all tables are looked at as one system of linear equations, solved exactly; a table in which a gap could be
worked out is held back as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from pipeline.disclosure import ALL_ROWS, SMALLEST_CELL, Released, Suppression, suppress_table

Rows = Sequence[Mapping[str, Any]]
Gap = tuple[str, int, str]  # table, row, column; a column sum has no table


def suppress_together(
    tables: Mapping[str, tuple[str, Rows]], whole: Mapping[str, Any], *, parts: Sequence[str], total: str, people: str,
    derived: Sequence[str] = (), at_least: int = SMALLEST_CELL,
) -> dict[str, Released]:  # fmt: skip
    """Release `tables` (name -> the column that says what a row is, rows), all of them parts of the one row `whole`.

    `people` is the column that counts clients. See `disclosure.suppress_table` for the others.
    """

    def release(by: str, rows: Rows, kept_back: Sequence[str] | None) -> Released:
        return suppress_table(
            rows, by=[by], parts=parts, total=total, derived=derived, alone=[people], people=people,
            kept_back=kept_back, at_least=at_least,
        )  # fmt: skip

    sums = release("all", [{**whole, "all": ALL_ROWS}], None).rows[0] if whole[total] else whole
    kept_back = [c for c in (*parts, total) if sums[c] is None]
    released = {name: release(by, rows, kept_back) for name, (by, rows) in tables.items()}
    held: set[str] = set()
    while held < set(released) and (solved := _worked_out(released, [*parts, total], kept_back)):
        named = {gap[0] for gap in solved if gap[0]} - held
        for name in named or set(released) - held:  # where nothing else helps, no table leaves
            released[name] = _held_back(released[name], tables[name][0], [*parts, total, people, *derived])
            held.add(name)
    return released


def _held_back(released: Released, by: str, columns: Sequence[str]) -> Released:
    known = {(s.row, s.column) for s in released.suppressed}
    more = [
        Suppression((row[by],), c, "secondary")
        for row in released.rows
        for c in columns
        if ((row[by],), c) not in known
    ]
    rows = tuple({**row, **dict.fromkeys(columns)} for row in released.rows)
    return Released(rows, (*released.suppressed, *more))


def _worked_out(released: Mapping[str, Released], columns: Sequence[str], kept_back: Sequence[str]) -> set[Gap]:
    """Gaps that follow from everything that is shown in all the tables, by exact elimination."""
    equations: list[dict[Gap, int]] = []
    sums = {c: ("", 0, c) for c in kept_back}
    signs = {c: -1 if c == columns[-1] else 1 for c in columns}
    equations.append({sums[c]: signs[c] for c in kept_back})
    for name, table in released.items():
        gaps = {(name, i, c) for i, row in enumerate(table.rows) for c in columns if row[c] is None}
        for i in range(len(table.rows)):
            equations.append({g: signs[g[2]] for g in gaps if g[1] == i})
        for c in columns:
            column: dict[Gap, int] = {g: 1 for g in gaps if g[2] == c}
            if c in sums and table.rows:
                column[sums[c]] = -1
            equations.append(column)
    return solvable(equations)


def solvable(equations: Sequence[Mapping[Gap, int]]) -> set[Gap]:
    """Unknowns that homogeneous equations pin down: reduced to row echelon form, those that stand alone in a row."""
    pivots: dict[Gap, dict[Gap, Fraction]] = {}
    for equation in equations:
        row = {g: Fraction(n) for g, n in equation.items() if n}
        for pivot in [g for g in row if g in pivots]:
            _subtract(row, pivots[pivot], row.get(pivot, Fraction(0)))
        if not row:
            continue
        pivot = min(row)
        row = {g: n / row[pivot] for g, n in row.items()}
        for other in pivots.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        pivots[pivot] = row
    return {pivot for pivot, row in pivots.items() if len(row) == 1}


def _subtract(row: dict[Gap, Fraction], other: Mapping[Gap, Fraction], times: Fraction) -> None:
    for g, n in other.items():
        left = row.get(g, Fraction(0)) - times * n
        if left:
            row[g] = left
        else:
            row.pop(g, None)
