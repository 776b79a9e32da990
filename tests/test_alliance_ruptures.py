"""Score-based ruptures, each criterion on a series whose limits are worked out by hand in the comment beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alliance import Score
from pipeline.alliance_criteria import Criteria, Spread, spread, spreads
from pipeline.alliance_ruptures import ScoreRupture, score_ruptures
from pipeline.store import open_store

SD, MAD = Criteria(), replace(Criteria(), spread=Spread.MAD)


def study(*, form: str = "client", timing: str = "post", **clients: str) -> tuple[list[Score], dict[str, int]]:
    """`study(a="5 4 - 5")`: client a, four sessions a1 to a4, the third without a score."""
    scores, numbers = [], {}
    for client, series in clients.items():
        for no, value in enumerate(series.split(), 1):
            session = f"{client}{no}"
            numbers[session] = no
            score = None if value == "-" else float(value)
            scores.append(Score(client, session, "WAI-SR", form, timing, "total", score, 12, 0, 1.0, 5.0, True, "1"))
    return scores, numbers


def found(criterion: str, c: Criteria = SD, /, **clients: str) -> list[tuple[str, str | None]]:
    """Where the criterion is met, and where the drop was regained."""
    scores, numbers = study(**clients)
    rows = score_ruptures(scores, numbers, criteria=c)
    return [(r.session_id, r.regained_session_id) for r in rows if r.criterion == criterion]


def test_strauss_like_is_a_drop_of_one_pooled_sd_regained_within_three_sessions():
    # a: mean 4.5, squares 3.0; b: squares 0; pooled SD = sqrt(3.0 / 6) = 0.707; the drop is 2
    assert found("strauss_like", a="5 5 3 5", b="4 4 4 4") == [("a3", "a4")]
    assert found("strauss_like", replace(SD, strauss_k=3), a="5 5 3 5", b="4 4 4 4") == []  # 2.12 > 2


def test_a_drop_is_regained_at_the_level_before_and_in_time():
    assert found("strauss_like", a="5 5 3 4.9", b="4 4 4 4") == [("a3", None)]
    assert found("strauss_like", a="5 5 3 - - - 5", b="4 4 4 4") == [("a3", None)]  # four sessions later
    assert found("strauss_like", a="5 5 3 - - 5", b="4 4 4 4") == [("a3", "a6")]


def test_stiles_like_is_a_v_deeper_than_two_sd_of_the_changes():
    # changes: 0 -2 2 and 19 zeros: SD = sqrt(8 / 21) = 0.617, twice that 1.234
    flat = " ".join(["4"] * 20)
    assert found("stiles_like", a="5 5 3 5", b=flat) == [("a3", "a4")]
    assert found("stiles_like", a="5 5 3 4.3", b=flat) == [("a3", "a4")]  # rose by 1.3: SD of the changes is now 0.527
    assert found("stiles_like", a="5 5 3 3.5", b=flat) == []  # a fall, but no V
    assert found("stiles_like", a="5 5 3 5", b="4 4 4 4") == []  # SD = sqrt(8 / 5) = 1.265, twice that 2.53


def test_gumz_takes_the_larger_of_own_and_pooled_sd_once_and_twice():
    # a's own SD is sqrt(3.0 / 3) = 1.0, pooled 0.707: limits 1.0 and 2.0, and the drop is exactly 2
    assert found("gumz_1", a="5 5 3 5", b="4 4 4 4") == [("a3", "a4")]
    assert found("gumz_2", a="5 5 3 5", b="4 4 4 4") == [("a3", "a4")]
    # a restless client raises the pooled SD to 1.77: a's drop of 1.9 counts once, not twice; b's own 2.31 neither
    assert found("gumz_1", a="5 5 3.1 5", b="1 5 1 5") == [("a3", "a4"), ("b3", "b4")]
    assert found("gumz_2", a="5 5 3.1 5", b="1 5 1 5") == []


def test_xmr_looks_at_four_or_more_sessions_before():
    # mean 4.1, moving ranges 0.2: limit 4.1 - 2.66 x 0.2 = 3.568
    assert found("xmr", a="4.0 4.2 4.0 4.2 3.5 4.1") == [("a5", "a6")]
    assert found("xmr", a="4.0 4.2 4.0 4.2 3.6 4.1") == []
    assert found("xmr", a="4.0 4.2 4.0 3.5 4.1") == []  # three before
    assert found("xmr", a="4 4 4 4 1") == []  # no variation says nothing about what is usual


def test_rci_is_a_drop_beyond_chance_given_the_reliability():
    # first scores 5, 4, 3: SD 1; 1.96 x sqrt(2 x 0.1) = 0.8765
    assert found("rci", a="5 4.12", b="4", c="3") == [("a2", None)]
    assert found("rci", a="5 4.13", b="4", c="3") == []
    assert found("rci", replace(SD, reliability=0.8), a="5 4.12", b="4", c="3") == []  # 1.2396


def test_sudden_loss_is_reliable_large_and_holds():
    others = {"b": "4", "c": "3"}  # first scores 5, 4, 3: reliable from 0.8765, a quarter of 4.9 is 1.225
    # before 5.0 4.8 4.9, after 3.0 3.1 2.9: pooled SD 0.1, t = 1.9 / (0.1 x sqrt(2 / 3)) = 23.3
    assert found("sudden_loss", a="5 4.8 4.9 3 3.1 2.9", **others) == [("a4", None)]
    assert found("sudden_loss", a="5 4.8 4.9 3.8 3.7 3.9", **others) == []  # 1.1 is less than a quarter of 4.9
    assert found("sudden_loss", a="5 4.8 4.9 3 4.9 5", **others) == []  # a dip is no level: t below 2.776
    assert found("sudden_gain", a="5 3 3.1 2.9 4.9 5 4.8", **others) == [("a5", None)]


def test_a_large_drop_cannot_hide_behind_the_sd_it_made_when_mad_is_used():
    series = "4.0 4.2 3.8 4.1 1.9 4.0 3.9"  # own SD 0.80, 3 SD = 2.4; MAD 0.1 x 1.4826
    three = replace(SD, gumz_k=(3,))
    assert found("gumz_3", three, a=series) == []
    assert ("a5", None) in found("gumz_3", replace(three, spread=Spread.MAD), a=series)


def test_spreads_by_hand():
    assert spread([1, 2, 3], Spread.SD) == 1.0
    assert spread([1, 2, 3, 4, 100], Spread.MAD) == pytest.approx(1.4826)
    assert spread([4, 4, 4], Spread.SD) is None
    assert spreads([], SD).pooled is None
    scores, numbers = study(a="5 5 3 5", b="4 4 4 4")
    [strauss] = [r for r in score_ruptures(scores, numbers, criteria=SD) if r.criterion == "strauss_like"]
    assert strauss.threshold == pytest.approx(sqrt(0.5))
    assert (strauss.level_before, strauss.change, strauss.before_session_id) == (5.0, -2.0, "a2")
    assert strauss.parameters == "k=1 within=3"


def test_forms_and_timings_are_separate_series():
    before, numbers = study(timing="pre", a="3 3 3 3")
    after, _ = study(timing="post", a="5 5 5 5")
    mixed = [*before, *after]
    assert score_ruptures(mixed, numbers) == []  # mixed up, the score would jump every session


def test_both_spreads_come_by_default_and_every_kind_says_indirect():
    scores, numbers = study(a="4.0 4.2 3.8 4.1 1.9 4.0 3.9", b="3.0 3.1 3.2 3.0 3.1 3.2 3.0")
    rows = score_ruptures(scores, numbers)
    assert {r.spread for r in rows} == {"sd", "mad"}
    assert {r.kind for r in rows} <= {"indirect_rupture", "indirect_gain"}


def test_scores_that_are_missing_or_of_unknown_sessions_are_left_out():
    scores, numbers = study(a="5 - 3 5", b="4 4 4 4")
    del numbers["a4"]
    assert {r.before_session_id for r in score_ruptures(scores, numbers) if r.session_id == "a3"} == {"a1"}
    assert all("a4" not in (r.session_id, r.regained_session_id) for r in score_ruptures(scores, numbers))


@given(
    st.lists(st.lists(st.integers(4, 20), min_size=1, max_size=12), min_size=1, max_size=4),
    st.sampled_from([SD, MAD]),
    st.sampled_from([0.25, 2.0, 8.0]),
)
def test_the_unit_of_the_scale_changes_nothing(clients, c, unit):
    def places(factor: float) -> list[tuple]:
        names = {f"c{n}": " ".join(str(v * factor) for v in series) for n, series in enumerate(clients)}
        return [(r.criterion, r.session_id, r.regained_session_id) for r in score_ruptures(*study(**names), criteria=c)]

    assert places(1.0) == places(unit)


def test_they_are_stored_beside_the_scores_and_leave_with_the_client(tmp_path):
    scores, numbers = study(a="5 5 3 5", b="4 4 2 2")
    rows = score_ruptures(scores, numbers)
    with open_store(tmp_path / "study.duckdb") as store:
        store.write_score_ruptures(rows)
        stored = store.rows("SELECT * FROM score_ruptures ORDER BY ALL")
        assert [ScoreRupture(**r) for r in stored] == rows
        assert {r["client_id"] for r in stored} == {"a", "b"}
        store.write_score_ruptures(rows)
        store.forget_client("b")
        assert {r["client_id"] for r in store.rows("SELECT * FROM score_ruptures")} == {"a"}


def test_the_column_comment_lists_the_criteria():
    from pipeline import alliance_criteria
    from pipeline.store import DATA_CONTRACTS

    comment = re.search(r"COLUMN score_ruptures.criterion IS '(.+)'", (DATA_CONTRACTS / "tables.sql").read_text())
    assert comment
    for name in ("strauss_like", "stiles_like", "gumz_1", "gumz_2", "xmr", "sudden_loss", "sudden_gain", "rci"):
        assert name in comment.group(1)
        assert name.removesuffix("_1").removesuffix("_2") in (alliance_criteria.__doc__ or "")
