"""Intervals, calibration and correction, against published values and another library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from pipeline.certainty import calibration, calibration_error, corrected_share, wilson


@given(st.integers(1, 400), st.data())
def test_wilson_is_that_of_statsmodels(n, data):
    k = data.draw(st.integers(0, n))
    assert wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=2e-5)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="no share"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="say nothing"):
        corrected_share(0.1, sensitivity=0.4, specificity=0.6)


def test_correction_undoes_misclassification():
    # 2 % in truth, sensitivity .70, specificity .95: 0.02 x 0.70 + 0.98 x 0.05 = 6.3 % tagged
    assert corrected_share(0.063, sensitivity=0.70, specificity=0.95) == pytest.approx(0.02)
    assert corrected_share(0.01, sensitivity=0.70, specificity=0.95) == 0.0
    assert corrected_share(0.99, sensitivity=0.70, specificity=0.95) == 1.0


def test_calibration_by_hand():
    judged = [(0.2, n < 2) for n in range(10)] + [(0.8, n < 7) for n in range(10)]
    low, high = calibration(judged, bins=2)
    assert (low.n, low.probability, low.accepted) == (10, pytest.approx(0.2), 0.2)
    assert (high.n, high.probability, high.accepted) == (10, pytest.approx(0.8), 0.7)
    assert calibration_error([low, high]) == pytest.approx(0.05)
    assert low.low < 0.2 < low.high


def test_few_tags_make_few_bins():
    assert len(calibration([(0.5, True)] * 12, bins=5)) == 1
    assert calibration([]) == []
    assert calibration_error([]) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=200), st.integers(1, 8))
def test_every_tag_is_in_one_bin(judged, bins):
    assert sum(b.n for b in calibration(judged, bins=bins)) == len(judged)
