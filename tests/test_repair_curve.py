"""The latency curve against a textbook example, and against statsmodels on random data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from pipeline.repair_curve import median_wait, repair_curve, waits


def test_freireichs_remission_times():
    # 6-MP arm of Freireich et al. 1963, the standard example of the Kaplan-Meier estimate; + is censored
    times = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
    waited = [(float(t.rstrip("+")), not t.endswith("+")) for t in times.split()]
    curve = {s.seconds: s for s in repair_curve(waited)}
    want = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {t: round(curve[t].waiting, 3) for t in want} == want
    assert (curve[6].at_risk, curve[6].repaired, curve[6].censored) == (21, 3, 1)
    assert round(curve[23].se, 3) == 0.135
    assert median_wait(curve.values()) == 23


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=60))
def test_statsmodels_agrees(data):
    if not any(done for _, done in data):
        return
    oracle = SurvfuncRight(np.array([float(t) for t, _ in data]), np.array([int(d) for _, d in data]))
    curve = {s.seconds: s for s in repair_curve((float(t), d) for t, d in data)}
    for t, p, se in zip(oracle.surv_times, oracle.surv_prob, oracle.surv_prob_se, strict=True):
        assert curve[t].waiting == pytest.approx(p)
        if p > 0:
            assert curve[t].se == pytest.approx(se)
            assert 0 <= curve[t].low <= p <= curve[t].high <= 1


def test_an_episode_waits_until_the_session_ends_where_nothing_came():
    rows = [
        {"waited_s": 12.0, "outcome": "attempted"},
        {"waited_s": 30.0, "outcome": "unaddressed"},
        {"waited_s": None, "outcome": "resolved"},  # repaired, but without times
        {"waited_s": None, "outcome": "unaddressed"},
    ]
    assert waits(rows) == [(12.0, True), (30.0, False)]


def test_nothing_repaired_and_nothing_at_all():
    assert repair_curve([]) == []
    assert [s.waiting for s in repair_curve([(5.0, False), (9.0, False)])] == [1.0, 1.0, 1.0]
    assert median_wait(repair_curve([(5.0, False)])) is None
    assert repair_curve([(5.0, True)])[-1].waiting == 0
