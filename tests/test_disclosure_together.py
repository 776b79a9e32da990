"""Tables of the same episodes, attacked together with everything that is shown in any of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipeline.disclosure import CLIENTS_IN_A_ROW, SMALLEST_CELL, Released, suppress_table
from pipeline.disclosure_together import solvable, suppress_together

PARTS = ("resolved", "attempted", "unaddressed")
COUNTS = (*PARTS, "episodes")


def table(name: str, *lines: tuple[int, ...], clients: int = 20) -> tuple[str, list[dict]]:
    return name, [
        {name: f"{name}{n}", **dict(zip(PARTS, line, strict=True)), "episodes": sum(line), "clients": clients}
        for n, line in enumerate(lines)
    ]


def together(*tables: tuple[str, list[dict]], clients: int = 40) -> dict[str, Released]:
    rows = tables[0][1]
    whole = {c: sum(r[c] for r in rows) for c in COUNTS} | {"clients": clients}
    assert all({c: sum(r[c] for r in rows) for c in COUNTS}.items() <= whole.items() for _, rows in tables)
    named = {by: (by, rows) for by, rows in tables}
    return suppress_together(named, whole, parts=PARTS, total="episodes", people="clients")


def cells(released: dict[str, Released]) -> tuple[dict[tuple, int], list[tuple[dict[tuple, int], float]]]:
    """Everything an outsider has: unknowns, and equations over them with what the shown cells add up to."""
    unknowns: dict[tuple, int] = {}
    equations = []

    def term(equation, key, sign, value):
        if value is None:
            unknowns.setdefault(key, len(unknowns))
            equation[0][key] = equation[0].get(key, 0) + sign
        else:
            equation[1] -= sign * value

    for name, r in released.items():
        for i, row in enumerate(r.rows):
            equation = [{}, 0.0]
            for c in COUNTS:
                term(equation, (name, i, c), -1 if c == "episodes" else 1, row[c])
            equations.append(equation)
    first, *others = released.items()
    for c in COUNTS:  # every table has the same column sums, shown anywhere or not
        for name, r in others:
            equation = [{}, 0.0]
            for i, row in enumerate(first[1].rows):
                term(equation, (first[0], i, c), 1, row[c])
            for i, row in enumerate(r.rows):
                term(equation, (name, i, c), -1, row[c])
            equations.append(equation)
    return unknowns, equations


def worked_out(released: dict[str, Released], sums: dict[str, int]) -> set[tuple]:
    """Gaps with one possible value, by rank: an oracle that shares nothing with the program. `sums` are known as well."""
    unknowns, equations = cells(released)
    for c, n in sums.items():
        for name, r in released.items():
            shown = sum(row[c] for row in r.rows if row[c] is not None)
            gaps = {(name, i, c): 1 for i, row in enumerate(r.rows) if row[c] is None}
            equations.append([gaps, n - shown])
    a = np.zeros((len(equations), len(unknowns)))
    for k, (left, _) in enumerate(equations):
        for key, sign in left.items():
            a[k, unknowns[key]] = sign
    if not unknowns:
        return set()
    rank = np.linalg.matrix_rank(a)
    return {
        key for key, n in unknowns.items() if np.linalg.matrix_rank(np.vstack([a, np.eye(len(unknowns))[n]])) == rank
    }


def test_a_sum_kept_back_in_one_table_was_given_away_by_the_other():
    # alone, the first table hides 5 of 35 attempted behind a sum it calls hidden; the second shows 20 + 15
    first = table("kind", (40, 5, 30), (60, 30, 0))
    second = table("phase", (50, 20, 15), (50, 15, 15))
    alone = {
        by: suppress_table(rows, by=[by], parts=PARTS, total="episodes", alone=["clients"], kept_back=["attempted"])
        for by, rows in (first, second)
    }
    assert [r["attempted"] for r in alone["phase"].rows] != [20, 15], "a sum kept back takes a cell along"
    both = together(first, second)
    sums = {c: sum(r[c] for r in first[1]) for c in COUNTS}
    assert worked_out(both, sums) == set()
    assert both["kind"].rows[0]["attempted"] is None
    assert [r["attempted"] for r in both["phase"].rows] == [20, 15], "and what needs no hiding is shown"


def test_a_small_sum_is_hidden_in_every_table():
    both = together(table("kind", (40, 3, 30), (60, 2, 50)), table("phase", (50, 0, 40), (50, 5, 40)))
    for released in both.values():
        assert any(r["attempted"] is None for r in released.rows)
    assert worked_out(both, {}) == set()


def test_counts_of_a_few_clients_are_about_persons_however_large():
    kind, rows = table("kind", (40, 30, 30), (60, 20, 50), (70, 20, 10))
    rows[0]["clients"] = CLIENTS_IN_A_ROW - 1
    [released] = together((kind, rows)).values()
    assert [released.rows[0][c] for c in (*COUNTS, "clients")] == [None] * 5


def test_one_gap_among_the_clients_takes_another_along():
    kind, rows = table("kind", (40, 30, 30), (60, 20, 50), (70, 20, 10))
    for row, clients in zip(rows, (7, 30, 12), strict=True):
        row["clients"] = clients
    [released] = together((kind, rows)).values()
    assert [r["clients"] for r in released.rows] == [None, 30, None], "49 clients in all are known from elsewhere"


def test_a_study_of_a_few_clients_releases_no_count_at_all():
    [released] = together(table("kind", (40, 30, 30), clients=4), clients=4).values()
    assert [released.rows[0][c] for c in COUNTS] == [None] * 4


def test_nothing_comes_of_nothing():
    released = together(table("kind"), table("phase"))
    assert all(r == Released((), ()) for r in released.values())


@pytest.mark.parametrize(
    ("equations", "alone"),
    [
        ([{"a": 1, "b": 1}], set()),
        ([{"a": 1, "b": 1}, {"a": 1}], {"a", "b"}),
        ([{"a": 1, "b": 1}, {"a": 1, "b": -1}, {"c": 1, "d": 1}], {"a", "b"}),
        ([{"b": 1, "c": 1}, {"a": 1, "b": 1}, {"a": 1, "c": -1}], set()),
        ([{}, {"a": 2}], {"a"}),
    ],
)
def test_unknowns_that_equations_pin_down(equations, alone):
    assert solvable(equations) == alone


@st.composite
def studies(draw):
    """The same episodes cut three ways."""
    episodes = draw(st.lists(st.tuples(*[st.integers(0, 2)] * 4), min_size=1, max_size=12))
    weight = draw(st.lists(st.integers(1, 25), min_size=len(episodes), max_size=len(episodes)))
    tables = []
    for n, by in enumerate(("kind", "phase", "therapist"), 1):
        groups = sorted({e[n] for e in episodes})
        lines = [
            tuple(sum(w for e, w in zip(episodes, weight, strict=True) if (e[n], e[0]) == (g, o)) for o in range(3))
            for g in groups
        ]
        tables.append(table(by, *lines, clients=draw(st.sampled_from([3, 8, 20])) if len(lines) > 1 else 40))
    return tables


@settings(deadline=None, max_examples=150)
@given(studies())
def test_no_gap_of_any_table_follows_from_all_of_them(tables):
    released = together(*tables)
    shown = [row[c] for r in released.values() for row in r.rows for c in (*COUNTS, "clients") if row[c] is not None]
    assert not [n for n in shown if 0 < n < SMALLEST_CELL]
    # a paper gives the sums, but for those that are small themselves or would give a small one back
    sums = {c: sum(r[c] for r in tables[0][1]) for c in COUNTS}
    [paper] = suppress_table([{"all": "all", **sums}], by=["all"], parts=PARTS, total="episodes").rows
    assert worked_out(released, {c: sums[c] for c in COUNTS if paper[c] is not None}) == set()


@settings(deadline=None, max_examples=60)
@given(studies())
def test_a_small_cell_keeps_more_than_one_possible_value_when_counts_cannot_be_negative(tables):
    released = together(*tables)
    unknowns, equations = cells(released)
    small = [
        (by, i, c) for by, rows in tables for i, row in enumerate(rows) for c in COUNTS if 0 < row[c] < SMALLEST_CELL
    ]
    a = np.zeros((len(equations), len(unknowns)))
    b = np.array([right for _, right in equations])
    for k, (left, _) in enumerate(equations):
        for key, sign in left.items():
            a[k, unknowns[key]] = sign
    for key in small[:4]:
        aim = np.zeros(len(unknowns))
        aim[unknowns[key]] = 1
        low, high = (linprog(s * aim, A_eq=a, b_eq=b, bounds=(0, 10_000), method="highs") for s in (1, -1))
        assert low.status == high.status == 0
        assert -high.fun - low.fun > 0.5, "bounds that meet give the count away"
