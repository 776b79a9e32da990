"""What a table may show when it leaves the lab: small cells are suppressed, and so is what would give them back.

Policy numbers live here and nowhere else. A cell is a count of sessions, episodes or people; one from 1 to 9 is
suppressed, zeros stay. Where a row or column total is known, a single gap in it can be worked out again, so further
cells are suppressed until none can be: a suppressed cell of a table with totals is determined exactly when its edge in
the graph of rows and columns lies on no cycle (Gusfield 1988, SIAM J Comput 17, 552-571), and its gaps together have
to hide at least as many as one cell has to. Tables that count the same things share their column sums, so what one
keeps back of them another may give away: `pipeline.disclosure_together` looks at several. That is suppression, not
anonymity: tables that overlap in other ways than by their totals have to be looked at by a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import StudyProblem

SMALLEST_CELL = 10  # a count from 1 to 9 is not shown
CLIENTS_IN_A_ROW = 5  # counts that stand on fewer clients are about persons, however large they are
CLIENTS_TO_RANK = 5  # a therapist with fewer clients is compared with nobody
THERAPISTS_TO_RANK = 2

ALL_ROWS = "all rows"  # names a column sum that has to be kept back as well
Cell = tuple[int, int]  # row and column of the counts; the last of each is the total


@dataclass(frozen=True, slots=True)
class Suppression:
    """One cell that was taken out. `row` are the values of the columns that name it, `why` is small or secondary."""

    row: tuple[Any, ...]
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Released:
    """A table as it may leave: suppressed cells are None, and `suppressed` says which and why, never how many."""

    rows: tuple[dict[str, Any], ...]
    suppressed: tuple[Suppression, ...]


# ---- counts


def suppress_table(
    rows: Sequence[Mapping[str, Any]], *, by: Sequence[str], parts: Sequence[str], total: str,
    derived: Iterable[str] = (), alone: Iterable[str] = (), people: str | None = None,
    kept_back: Collection[str] | None = None, at_least: int = SMALLEST_CELL,
) -> Released:  # fmt: skip
    """Take out small counts of a table whose `parts` add up to `total` in every row.

    `by` names the columns that say what a row is. Column sums count as known, since another table may show them, unless
    one has to be kept back: the record then has it as a row called "all rows".
    `derived` are percentages and means made of these counts: they go wherever a count of their row went, or their total
    is small. `alone` are counts that nothing in a row adds up to, such as clients: they are taken out where small, and
    with them the smallest others until two or more gaps hide enough, since their sum may be known. `people` names the one
    of them that counts clients: rows with fewer than CLIENTS_IN_A_ROW lose their counts. `kept_back` are the column sums
    that are shown nowhere; all others are then taken as known. Raises StudyProblem where parts and total do not add up:
    then nothing is known of what could be worked out.
    """
    counts = [[int(r[c] or 0) for c in parts] + [int(r[total] or 0)] for r in rows]
    for n, line in enumerate(counts, 1):
        if sum(line[:-1]) != line[-1]:
            raise StudyProblem(f"table row {n}: {', '.join(parts)} do not add up to {total}; nothing was released")
    counts.append([sum(column) for column in zip(*counts, strict=True)] if counts else [])
    names = [*parts, total]
    small = _small(counts, at_least)
    if people is not None:
        few = {i for i, r in enumerate(rows) if 0 < r[people] < CLIENTS_IN_A_ROW}
        small |= {(i, j) for i in few for j, n in enumerate(counts[i]) if n}
    if kept_back is not None:
        small = {c for c in small if c[0] < len(rows)} | {(len(rows), names.index(name)) for name in kept_back}
    gone = _protect(counts, small, at_least, sums_fixed=kept_back is not None) if rows else small
    lonely = {name: _lonely([r[name] for r in rows], at_least) for name in alone}

    released: list[dict[str, Any]] = []
    record: list[Suppression] = []
    for i, r in enumerate(rows):
        row, key = dict(r), tuple(r[c] for c in by)
        for j, name in enumerate(names):
            if (i, j) in gone:
                row[name] = None
                record.append(Suppression(key, name, "small" if (i, j) in small else "secondary"))
        for name, taken in lonely.items():
            if i in taken:
                record.append(Suppression(key, name, "small" if 0 < row[name] < at_least else "secondary"))
                row[name] = None
        if any(row[c] is None for c in (*names, *lonely)):
            for name in derived:
                if row[name] is not None:
                    row[name] = None
                    record.append(Suppression(key, name, "secondary"))
        released.append(row)
    for i, j in sorted(gone):
        if i == len(rows):
            record.append(Suppression((ALL_ROWS,) * len(by), names[j], "small" if (i, j) in small else "secondary"))
    return Released(tuple(released), tuple(record))


def _small(counts: Sequence[Sequence[int]], at_least: int) -> set[Cell]:
    return {(i, j) for i, line in enumerate(counts) for j, n in enumerate(line) if 0 < n < at_least}


def _lonely(counts: Sequence[int], at_least: int) -> set[int]:
    """Places of one column to take out: small counts, and the smallest others while one gap or too little is hidden."""
    gone = {i for i, n in enumerate(counts) if 0 < n < at_least}
    others = sorted((i for i, n in enumerate(counts) if n >= at_least), key=lambda i: (counts[i], i))
    while gone and others and (len(gone) == 1 or sum(counts[i] for i in gone) < at_least):
        gone.add(others.pop(0))
    return gone


def _protect(
    counts: Sequence[Sequence[int]], small: set[Cell], at_least: int, *, sums_fixed: bool = False
) -> set[Cell]:
    """The small cells and the fewest others, smallest first, that keep every gap from being worked out.

    `sums_fixed`: which column sums are hidden is settled elsewhere.
    """
    height, width = len(counts), len(counts[0])
    gone = set(small)
    lines = [[(i, j) for j in range(width)] for i in range(height)] + [
        [(i, j) for i in range(height)] for j in range(width)
    ]
    while True:
        weak = [line for line in lines if _gives_back(line, gone, counts, at_least)]
        if not weak:
            bare = determined(gone, height, width)
            if not bare:
                return gone
            weak = [line for line in lines if bare & set(line)]
        takeable = height - 1 if sums_fixed else height
        open_cells = {c for line in weak for c in line if c not in gone and c[0] < takeable}
        if not open_cells:
            return gone | {(i, j) for i in range(takeable) for j in range(width)}
        # a zero is a poor hiding place: whoever knows that zeros are shown knows that a gap is none
        gone.add(min(open_cells, key=lambda c: (counts[c[0]][c[1]] == 0, counts[c[0]][c[1]], c)))


def _gives_back(line: Sequence[Cell], gone: set[Cell], counts: Sequence[Sequence[int]], at_least: int) -> bool:
    """Is there one gap in this line, or do its gaps hide fewer than one cell has to?"""
    gaps = [c for c in line if c in gone]
    if not gaps or len(gaps) == len(line):
        return False
    shown_total = line[-1] not in gone
    inner = [c for c in gaps if c != line[-1]]
    hidden = sum(counts[i][j] for i, j in inner)
    return len(gaps) == 1 or (shown_total and hidden < at_least)


def determined(gone: set[Cell], height: int, width: int) -> set[Cell]:
    """Gaps that follow from the cells shown: edges of the graph rows - columns that lie on no cycle (bridges).

    Every line adds up (its total is one of its cells), so the graph has all rows and columns, totals among them.
    """
    found = set()
    for edge in gone:
        rest = gone - {edge}
        reached, todo = set(), [("row", edge[0])]
        while todo:
            node = todo.pop()
            if node in reached:
                continue
            reached.add(node)
            kind, n = node
            todo += [("column", j) for i, j in rest if kind == "row" and i == n]
            todo += [("row", i) for i, j in rest if kind == "column" and j == n]
        if ("column", edge[1]) not in reached:
            found.add(edge)
    return found


# ---- ranks


def check_rankable(clients_of: Mapping[str, int]) -> None:
    """Raise StudyProblem, naming them, where therapists have too few clients to be ranked, or there is nobody to rank."""
    few = sorted(t for t, n in clients_of.items() if n < CLIENTS_TO_RANK)
    if few:
        raise StudyProblem(
            f"no ranks: {', '.join(few)} with fewer than {CLIENTS_TO_RANK} clients; leave them out or show no rank"
        )
    if len(clients_of) < THERAPISTS_TO_RANK:
        raise StudyProblem(f"no ranks: fewer than {THERAPISTS_TO_RANK} therapists; there is nobody to compare with")


def is_rankable(clients_of: Mapping[str, int]) -> bool:
    """Like `check_rankable`, as an answer."""
    try:
        check_rankable(clients_of)
    except StudyProblem:
        return False
    return True
