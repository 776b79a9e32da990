"""Alliance scores from item answers: reversal, person means, missing items, ranges, and rows that cannot be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alliance import AllianceRow, Score, parse_row, score_alliance, unverified_keys
from pipeline.alliance_keys import keys_from, read_keys
from pipeline.errors import StudyProblem

KEYS = read_keys()


def answers(measure: str, values: dict[int, float | None], *, first_row: int = 2, **changes) -> list[AllianceRow]:
    given_ = {
        "client_id": "c1",
        "session_id": "s1",
        "form": "client",
        "timing": "post",
        "min": None,
        "max": None,
    } | changes
    return [
        AllianceRow(first_row + n, measure=measure, item=item, subscale=None, value=value, **given_)
        for n, (item, value) in enumerate(values.items())
    ]


def scores_of(rows: list[AllianceRow], keys=KEYS) -> dict[str, Score]:
    scores, problems = score_alliance(rows, keys)
    assert problems == []
    return {s.subscale: s for s in scores}


# ---- scoring


def test_wai_sr_subscales_are_person_means_of_their_items():
    values = dict.fromkeys([1, 2, 10, 12], 5.0) | dict.fromkeys([4, 6, 8, 11], 3.0) | dict.fromkeys([3, 5, 7, 9], 1.0)
    scores = scores_of(answers("WAI-SR", values, min=1.0, max=5.0))
    assert {name: s.score for name, s in scores.items()} == {"task": 5.0, "goal": 3.0, "bond": 1.0, "total": 3.0}
    assert scores["task"].n_items == 4
    assert scores["task"].n_missing == 0
    assert (scores["task"].scale_min, scores["task"].scale_max, scores["task"].key_verified) == (1.0, 5.0, True)


def test_reversed_items_are_turned_round_on_the_range_in_use():
    # WAI-S goal 4 6 10 11, of which 4 and 10 are reversed: 8 - 1, 7, 8 - 1, 7
    assert scores_of(answers("WAI-S", {4: 1, 6: 7, 10: 1, 11: 7}))["goal"].score == 7.0
    # on a form that goes to 5 the same answers turn into 6 - 1
    assert scores_of(answers("WAI-S", {4: 1, 6: 5, 10: 1, 11: 5}, min=1.0, max=5.0))["goal"].score == 5.0


def test_srs_is_a_sum_and_a_missing_line_counts_as_the_mean_of_the_others():
    assert scores_of(answers("SRS", {1: 9, 2: 8.5, 3: 9.5, 4: 9}))["total"].score == 36.0
    total = scores_of(answers("SRS", {1: 9, 2: 9, 3: 9}))["total"]
    assert (total.score, total.n_missing) == (36.0, 1)
    assert KEYS["SRS"].concern_at_most == 36


@pytest.mark.parametrize(("answered", "scored"), [(4, True), (3, True), (2, False)])
def test_a_subscale_is_missing_unless_three_quarters_are_answered(answered, scored):
    rows = answers("WAI-S", {i: 4.0 if n < answered else None for n, i in enumerate([3, 5, 7, 9])})
    bond = scores_of(rows)["bond"]
    assert (bond.score is not None) == scored
    assert (bond.n_items, bond.n_missing) == (4, 4 - answered)


def test_forms_and_timings_are_never_mixed():
    rows = []
    for form, timing, value in [("client", "pre", 3.0), ("client", "post", 5.0), ("therapist", "post", 7.0)]:
        rows += answers("WAI-S", dict.fromkeys([3, 5, 7, 9], value), first_row=2 + len(rows), form=form, timing=timing)
    scores, problems = score_alliance(rows[::-1], KEYS)
    bond = {(s.form, s.timing): s.score for s in scores if s.subscale == "bond"}
    assert bond == {("client", "pre"): 3.0, ("client", "post"): 5.0, ("therapist", "post"): 7.0}
    assert problems == []


def test_a_ready_made_subscale_score_passes_through():
    ready = AllianceRow(2, "c1", "s1", "CALPAS", "client", "post", None, "total", 5.5, 1.0, 7.0)
    assert scores_of([ready], {})["total"] == Score(
        "c1", "s1", "CALPAS", "client", "post", "total", 5.5, None, None, 1.0, 7.0, False, "as_given"
    )


def test_a_measure_is_found_in_any_case_and_written_as_the_key_has_it():
    assert scores_of(answers("wai-s", dict.fromkeys([3, 5, 7, 9], 4.0)))["bond"].measure == "WAI-S"


def test_the_result_does_not_depend_on_the_order_of_rows():
    rows = answers("WAI-S", {i: float(i % 7 + 1) for i in range(1, 13)}) + answers("SRS", {1: 9}, first_row=40)
    assert score_alliance(rows, KEYS) == score_alliance(rows[::-1], KEYS)


@given(st.lists(st.integers(1, 7), min_size=36, max_size=36))
def test_a_mean_stays_inside_the_range_and_mirrored_answers_mirror_it(values):
    straight = scores_of(answers("WAI", {i + 1: float(v) for i, v in enumerate(values)}))
    mirrored = scores_of(answers("WAI", {i + 1: float(8 - v) for i, v in enumerate(values)}))
    for name, score in straight.items():
        assert 1 <= score.score <= 7
        assert mirrored[name].score == pytest.approx(8 - score.score)


# ---- rows that cannot be right


def ready_made(value: float, **changes) -> AllianceRow:
    return AllianceRow(8, "c1", "s1", "SRS", "client", "post", None, "total", value, **changes)


TWO_RANGES = [
    *answers("WAI-SR", {1: 4}, min=1.0, max=5.0),
    *answers("WAI-SR", {2: 4}, first_row=7, min=1.0, max=7.0),
]


@pytest.mark.parametrize(
    ("rows", "row", "says"),
    [
        (answers("WAI-SR", {1: 4, 2: 4}), 2, "fill in min and max"),
        (answers("WAI-S", {3: 4, 5: 8}), 3, "value 8 is outside 1 to 7"),
        (answers("WAI-S", {3: 4, 13: 4}), 3, "has no item 13"),
        (answers("WAI-S", {3: 4}) + answers("WAI-S", {3: 5}, first_row=9), 9, "item 3 comes twice"),
        (answers("CALPAS", {1: 4}), 2, "no scoring key for measure CALPAS"),
        (TWO_RANGES, 7, "min and max differ"),
        ([ready_made(41.0, min=0.0, max=40.0)], 8, "value 41 is outside 0 to 40"),
        ([*answers("SRS", {1: 9, 2: 9, 3: 9, 4: 9}), ready_made(36.0)], 8, "subscale total comes twice"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_and_its_questionnaire_gets_no_score(rows, row, says):
    others = answers("WAI-S", dict.fromkeys([3, 5, 7, 9], 4.0), first_row=50, session_id="s2")
    scores, problems = score_alliance([*rows, *others], KEYS)
    assert [(p.row, says in p.message) for p in problems] == [(row, True)]
    assert {s.session_id for s in scores} == {"s2"}, "the other questionnaires are scored"


CELLS = {
    "client_id": "c1",
    "session_id": "s1",
    "measure": "SRS",
    "form": "Client",
    "timing": "post",
    "item": "1",
    "value": "9,5",
}


def test_a_row_is_read_from_its_cells():
    assert parse_row(2, CELLS) == AllianceRow(2, "c1", "s1", "SRS", "client", "post", 1, None, 9.5)
    assert parse_row(3, CELLS | {"value": " "}).value is None
    assert parse_row(4, CELLS | {"item": "", "subscale": "total", "min": "0", "max": "40"}).subscale == "total"
    joined = {k: v for k, v in CELLS.items() if k != "item"}
    assert parse_row(5, joined | {"item_or_subscale": "3"}).item == 3
    assert parse_row(5, joined | {"item_or_subscale": "bond"}).subscale == "bond"


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"client_id": ""}, "client_id"),
        ({"session_id": None}, "session_id"),
        ({"measure": " "}, "measure"),
        ({"form": "patient"}, "form"),
        ({"timing": ""}, "timing"),
        ({"item": ""}, "item"),
        ({"item": "1.5"}, "item"),
        ({"item": "0"}, "item"),
        ({"subscale": "bond"}, "item"),
        ({"value": "five"}, "value"),
        ({"value": "nan"}, "value"),
        ({"min": "1"}, "min"),
        ({"min": "5", "max": "1"}, "min"),
        ({"max": "inf", "min": "0"}, "max"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column_and_not_quoted(changes, column):
    with pytest.raises(StudyProblem, match=rf"alliance\.csv row 17, column {column}: ") as caught:
        parse_row(17, CELLS | changes)
    assert "five" not in str(caught.value)
    assert "patient" not in str(caught.value)


# ---- keys


def test_built_in_keys_know_their_measures_and_say_what_is_unverified():
    assert {name: len(key.items) for name, key in KEYS.items()} == {
        "WAI-SR": 12,
        "WAI-S": 12,
        "WAI": 36,
        "SRS": 4,
        "HAq-II": 19,
        "ARM-5": 5,
    }
    assert {name for name, key in KEYS.items() if not key.key_verified} == {"WAI", "WAI-S", "ARM-5"}
    assert {name: sorted(key.reversed) for name, key in KEYS.items() if len(key.items) < 20} == {
        "WAI-SR": [],
        "WAI-S": [4, 10],
        "SRS": [],
        "HAq-II": [4, 8, 11, 16, 19],
        "ARM-5": [3],
    }
    for name in ("WAI", "WAI-S", "WAI-SR"):
        parts = [KEYS[name].subscales[s] for s in ("task", "goal", "bond")]
        assert sorted(i for part in parts for i in part) == list(KEYS[name].subscales["total"]), (
            "each item in one subscale"
        )
    assert all(key.key_source for key in KEYS.values())


def test_arm_5_turns_its_third_item_and_says_in_its_result_that_the_key_was_not_checked():
    # 7, 6, 8 - 2, 5, 6: mean of 7 6 6 5 6; four of five items are enough, three are not
    score = scores_of(answers("ARM-5", {1: 7, 2: 6, 3: 2, 4: 5, 5: 6}))["total"]
    assert (score.score, score.scale_min, score.scale_max, score.key_verified) == (6.0, 1.0, 7.0, False)
    assert scores_of(answers("ARM-5", {1: 7, 2: 6, 3: 2, 4: 5}))["total"].score == 6.0
    assert scores_of(answers("ARM-5", {1: 7, 2: 6, 3: 2}))["total"].score is None


def test_an_unchecked_key_is_named_once_and_ready_made_scores_are_not_ours_to_check():
    rows = [*answers("ARM-5", {1: 7}), *answers("ARM-5", {1: 7}, session_id="s2"), *answers("SRS", {1: 9})]
    scores, _ = score_alliance([*rows, ready_made(30.0, min=0.0, max=40.0)][:3], KEYS)
    [said] = unverified_keys(scores)
    assert said.startswith("ARM-5 was scored with the key ARM-5 1, which was not checked")
    given_only, _ = score_alliance([ready_made(30.0, min=0.0, max=40.0)], KEYS)
    assert given_only[0].key_verified is False
    assert unverified_keys(given_only) == []
    checked = {"ARM-5": {"subscales": {"total": [1, 2, 3, 4, 5]}, "reversed": [3], "min": 1, "max": 7,
                         "key_verified": True}}  # fmt: skip
    scores, _ = score_alliance(rows[:1], KEYS | keys_from(checked, where="study.toml"))
    assert unverified_keys(scores) == []


def test_a_study_can_add_a_measure():
    care = {"CARE": {"subscales": {"total": list(range(1, 11))}, "min": 1, "max": 5, "summary": "sum"}}
    rows = answers("CARE", {i: 4.0 for i in range(1, 9)})
    total = scores_of(rows, KEYS | keys_from(care, where="study.toml"))["total"]
    assert (total.score, total.n_missing, total.key_version) == (40.0, 2, "CARE of this study")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"subscales": {"total": [1, 2]}, "revresed": [1]}, "unknown key revresed"),
        ({}, "subscales needs"),
        ({"subscales": {"total": []}}, "subscales needs"),
        ({"subscales": {"total": [1, 1]}}, "subscales needs"),
        ({"subscales": {"total": ["1"]}}, "subscales needs"),
        ({"subscales": {"total": [1, 2]}, "reversed": [3]}, "reversed has to list"),
        ({"subscales": {"total": [1, 2]}, "reversed": "1"}, "reversed has to list"),
        ({"subscales": {"total": [1]}, "summary": "median"}, "summary is mean or sum"),
        ({"subscales": {"total": [1]}, "min": "1", "max": 5}, "are numbers"),
        ({"subscales": {"total": [1]}, "min": 1}, "both min and max"),
        ({"subscales": {"total": [1]}, "min": 5, "max": 5}, "both min and max"),
        ("WAI", "is a table"),
    ],
)
def test_a_key_that_cannot_score_is_refused_by_name(table, says):
    with pytest.raises(StudyProblem, match=r"study\.toml \[X\]: ") as caught:
        keys_from({"X": table}, where="study.toml")
    assert says in str(caught.value)


def test_a_key_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "keys.toml").write_text("[X\n")
    with pytest.raises(StudyProblem, match=r"keys\.toml"):
        read_keys(tmp_path / "keys.toml")
