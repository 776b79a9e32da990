"""Small cells do not leave, and what was taken out cannot be worked out again from what stayed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.disclosure import (
    ALL_ROWS,
    CLIENTS_TO_RANK,
    SMALLEST_CELL,
    Released,
    check_rankable,
    determined,
    is_rankable,
    suppress_table,
)
from pipeline.errors import StudyProblem

PARTS = ("resolved", "attempted", "unaddressed")


def release(*lines: tuple[int, ...], **more) -> Released:
    rows = [
        {"kind": f"k{n}", **dict(zip(PARTS, line, strict=True)), "episodes": sum(line)} for n, line in enumerate(lines)
    ]
    return suppress_table(rows, by=["kind"], parts=PARTS, total="episodes", **more)


def shown(released: Released) -> list[tuple]:
    return [tuple(r[c] for c in (*PARTS, "episodes")) for r in released.rows]


def test_a_table_without_small_cells_leaves_as_it_is():
    released = release((20, 30, 40), (0, 10, 12))
    assert shown(released) == [(20, 30, 40, 90), (0, 10, 12, 22)]
    assert released.suppressed == ()


def test_one_small_cell_takes_a_neighbour_in_its_row_and_its_column_along():
    # 3 alone would be 90 - 87 in its row and what is missing in its column: a rectangle of gaps is the least that helps
    released = release((3, 40, 47), (30, 50, 60))
    assert shown(released) == [(None, None, 47, 90), (None, None, 60, 140)]
    why = {(s.row, s.column): s.why for s in released.suppressed}
    assert why[("k0",), "resolved"] == "small"
    assert why[("k0",), "attempted"] == "secondary"


def test_two_small_neighbours_must_not_be_bounded_by_their_sum():
    # 1 + 2: gaps that together hide three would tell that each is below four
    released = release((1, 2, 90), (40, 40, 40), (50, 50, 50))
    hidden = [n for n, s in zip((1, 2, 90), shown(released)[0], strict=False) if s is None]
    assert sum(hidden) >= SMALLEST_CELL


def test_zeros_stay_and_percentages_go_with_their_counts():
    rows = [
        {"kind": "a", "resolved": 4, "attempted": 0, "episodes": 4, "percent": 100.0, "clients": 3},
        {"kind": "b", "resolved": 30, "attempted": 30, "episodes": 60, "percent": 50.0, "clients": 20},
        {"kind": "c", "resolved": 40, "attempted": 40, "episodes": 80, "percent": 50.0, "clients": 20},
    ]
    released = suppress_table(
        rows, by=["kind"], parts=["resolved", "attempted"], total="episodes", derived=["percent"], alone=["clients"]
    )
    first = released.rows[0]
    assert (first["resolved"], first["percent"], first["clients"]) == (None, None, None)
    assert {s.why for s in released.suppressed if s.column == "clients"} == {"small", "secondary"}
    assert "4" not in repr(released.suppressed)


def test_the_input_is_left_alone_and_a_table_that_does_not_add_up_is_refused():
    rows = [{"kind": "a", "resolved": 4, "attempted": 20, "episodes": 24}]
    suppress_table(rows, by=["kind"], parts=["resolved", "attempted"], total="episodes")
    assert rows[0]["resolved"] == 4
    with pytest.raises(StudyProblem, match="row 1"):
        suppress_table([{**rows[0], "episodes": 25}], by=["kind"], parts=["resolved", "attempted"], total="episodes")


def test_an_empty_table_is_empty():
    assert suppress_table([], by=["kind"], parts=PARTS, total="episodes") == Released((), ())


def by_algebra(gone: set[tuple[int, int]], height: int, width: int) -> set[tuple[int, int]]:
    """Cells an outsider can solve for: all equations of the table, checked by rank (an oracle without graphs)."""
    cells = sorted(gone)
    equations = []
    for i in range(height):
        equations.append([(1 if j < width - 1 else -1) if r == i else 0 for r, j in cells])
    for c in range(width):
        equations.append([(1 if i < height - 1 else -1) if j == c else 0 for i, j in cells])
    a = np.array(equations, dtype=float).reshape(len(equations), len(cells))
    rank = np.linalg.matrix_rank(a) if cells else 0
    unit = np.eye(len(cells))
    return {cell for n, cell in enumerate(cells) if np.linalg.matrix_rank(np.vstack([a, unit[n]])) == rank}


@given(st.integers(2, 5), st.integers(2, 5), st.data())
def test_what_follows_from_the_rest_is_found_as_algebra_finds_it(height, width, data):
    cells = [(i, j) for i in range(height) for j in range(width)]
    gone = set(data.draw(st.lists(st.sampled_from(cells), unique=True)))
    assert determined(gone, height, width) == by_algebra(gone, height, width)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 3), min_size=1, max_size=5))
def test_no_small_cell_is_shown_or_can_be_solved_for(lines):
    released = release(*lines)
    table = shown(released)
    assert not [n for row in table for n in row if n is not None and 0 < n < SMALLEST_CELL]
    # column sums are known to everybody here, but those that the record says to keep back
    names = [*PARTS, "episodes"]
    gone = {(i, j) for i, row in enumerate(table) for j, n in enumerate(row) if n is None}
    gone |= {(len(lines), names.index(s.column)) for s in released.suppressed if s.row == (ALL_ROWS,)}
    assert by_algebra(gone, len(lines) + 1, 4) == set()


def test_ranks_need_five_clients_a_therapist_and_two_therapists():
    check_rankable({"t1": 5, "t2": 9})
    assert is_rankable({"t1": CLIENTS_TO_RANK, "t2": CLIENTS_TO_RANK})
    with pytest.raises(StudyProblem, match=r"t2.*5 clients"):
        check_rankable({"t1": 5, "t2": 4})
    assert not is_rankable({"t1": 50})
    assert not is_rankable({})
