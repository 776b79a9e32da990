"""The shipped recall by origin, sex and case: whole, fair, and still true of these recognisers."""

from __future__ import annotations

import json

import pytest

from pipeline.certainty import wilson
from pipeline.errors import LexiconProblem
from pipeline.identifiers_fairness import WORDS, Recall, gaps_of, read_fairness
from pipeline.identifiers_lists import read_lists
from pipeline.identifiers_origins import read_origins
from tests.bench_fairness import SEEDS, groups, measure, measured_with

AGAIN = "write it again: python -m tests.bench_fairness --write"


def test_every_group_is_there_in_every_condition():
    shipped, members = read_fairness(), groups(read_origins())
    have = {(r.origin, r.sex, r.cased, r.listed, r.times) for r in shipped.recalls}
    every = {
        (o, s, cased, listed, 1)
        for o, s in members
        if o != WORDS
        for cased in (True, False)
        for listed in (True, False)
    }
    assert have == every | {(WORDS, "", cased, True, times) for cased in (True, False) for times in (1, 3)}
    assert len({r.origin for r in shipped.recalls} - {WORDS}) >= 10
    assert all(
        r.names == len(members[r.origin, r.sex]) and r.n == r.names * r.times * len(SEEDS) for r in shipped.recalls
    )
    assert all((r.low, r.high) == tuple(round(x, 4) for x in wilson(r.found, r.n)) for r in shipped.recalls)


def test_no_group_is_found_less_often_by_more_than_a_point():
    gaps = read_fairness().gaps
    assert len(gaps) == 4
    assert all(g.by_origin <= 0.01 and g.by_sex <= 0.01 for g in gaps), gaps


def test_the_lists_are_those_it_was_measured_with():
    assert read_fairness().measured_with["lists"] == measured_with()["lists"], AGAIN


@pytest.mark.parametrize("group", [("german", "M"), ("vietnamese", "F"), (WORDS, "")], ids=lambda g: "-".join(g))
def test_a_part_measured_again_gives_what_is_shipped(models, group):
    again = measure(models.detect, [group], lists=read_lists(), origins=read_origins())
    shipped = {(r.cased, r.listed, r.times): r for r in read_fairness().recalls if (r.origin, r.sex) == group}
    for row in again:
        written = shipped[row.cased, row.listed, row.times]
        # three finds of room: another build of the model's arithmetic may tip a doubtful one
        assert row.n == written.n, AGAIN
        assert abs(row.found - written.found) <= 3, AGAIN


def test_gaps_are_between_pooled_groups():
    def row(origin: str, sex: str, found: int, n: int) -> Recall:
        return Recall(origin, sex, False, False, n, 1, found, n, 0.0, 1.0)

    rows = (
        row("a", "F", 10, 10),
        row("a", "M", 20, 30),
        row("b", "F", 10, 10),
        row("b", "M", 10, 10),
        row(WORDS, "", 0, 9),
    )
    (gap,) = gaps_of(rows)
    assert (gap.by_origin, gap.by_sex, gap.lowest) == (0.25, 0.25, "a")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"recalls": [{"origin": "x"}], "measured_with": {}}'])
def test_a_broken_file_says_how_to_write_it(tmp_path, text):
    (tmp_path / "fairness.json").write_text(text)
    with pytest.raises(LexiconProblem, match="bench_fairness --write"):
        read_fairness(tmp_path)
    (tmp_path / "fairness.json").unlink()
    with pytest.raises(LexiconProblem):
        read_fairness(tmp_path)


def test_what_is_shipped_holds_no_names():
    shipped = json.dumps([[r.origin, r.sex] for r in read_fairness().recalls])
    assert not any(f'"{n}"' in shipped for names in read_origins().names.values() for n in names)
