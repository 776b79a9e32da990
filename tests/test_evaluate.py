"""The figures of `alliance evaluate`, each against a count done by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, cohen_kappa_score, roc_auc_score

from pipeline.certainty import calibration_error
from pipeline.evaluate import (
    average_precisions,
    calibration,
    can_carry,
    cases_of,
    coder_pair,
    draws_of,
    families_of,
    figures,
    session_auc,
)
from pipeline.evaluate_baselines import brevity, keywords, says_nothing
from pipeline.evaluate_forms import in_pieces, without_capitals, without_times
from pipeline.evaluate_groups import SHORT_ANSWERS, false_positive_rates, groups_of
from pipeline.labelled import LabelledSession
from pipeline.session import Speaker, Turn
from tests.dialogues import dialogue


def labelled(number, talk, codes=(), contested=(), **rest):
    """`codes` and `contested` map a turn to its codes."""
    turns = tuple(dialogue(talk)[0])
    of = lambda found: tuple(frozenset(dict(found).get(i, ())) for i in range(len(turns)))  # noqa: E731
    return LabelledSession(f"S{number}", turns, of(codes), of(contested), **rest)


TALK = "T: And?\nC: Fine.\nT: You seem cross.\nC: You never ask.\nT: I missed that.\nC: Thank you."
ONE = labelled(
    1,
    TALK,
    {1: ["wd_minimal_response"], 3: ["cf_complaint_therapist"], 4: ["rp_accountability"]},
    {5: ["rp_client_reengage"]},
)
TWO = labelled(2, TALK, {3: ["cf_complaint_therapist"]}, {1: ["wd_denial"]})
HIT = {"cf_complaint_therapist": (0.9, True)}
VERDICTS = [
    [{}, {"wd_denial": (0.7, True)}, {}, HIT, {"rp_defensive": (0.2, False)}, {}],
    [{}, {"wd_denial": (0.6, True)}, {}, {}, {}, {"cf_control_pressure": (0.5, True)}],
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("wd_denial", {"withdrawal", "rupture"}),
        ("cf_control_pressure", {"confrontation", "rupture"}),
        ("rp_clarify", {"repair"}),
        ("withdrawal", {"withdrawal", "rupture"}),
        ("rupture", {"rupture"}),
        ("at_late", set()),
    ],
)
def test_codes_and_families_belong_to_families(name, families):
    assert families_of(name) == families


def test_who_can_carry_what():
    assert can_carry("withdrawal", Speaker.CLIENT)
    assert not can_carry("rupture", Speaker.THERAPIST)
    assert can_carry("repair", Speaker.CLIENT)
    assert can_carry("rp_client_reengage", Speaker.CLIENT)
    assert not can_carry("rp_clarify", Speaker.CLIENT)


def test_every_turn_of_the_right_speaker_counts_and_disputed_ones_do_not():
    cases = cases_of([ONE, TWO], VERDICTS, ["withdrawal", "confrontation", "repair", "wd_denial"])
    assert cases["withdrawal"].coded.tolist() == [True, False, False, False, False]  # the disputed turn of TWO is out
    assert cases["withdrawal"].likely.tolist() == [True, False, False, False, False]
    assert cases["confrontation"].p.tolist() == [0.0, 0.9, 0.0, 0.0, 0.0, 0.5]
    assert len(cases["repair"].p) == 11
    assert cases["wd_denial"].likely.tolist() == [True, False, False, False, False]
    assert not cases["wd_denial"].coded.any()


def test_figures_by_hand_and_beside_a_library():
    cases = cases_of([ONE, TWO], VERDICTS, ["confrontation"])["confrontation"]
    found = figures(cases, draws_of(2))
    assert (found["cases"], found["coded"], found["likely"]) == (6, 2, 2)
    assert found["precision"][0] == found["recall"][0] == found["f1"][0] == 0.5
    assert found["kappa"][0] == pytest.approx(cohen_kappa_score(cases.coded, cases.likely), abs=1e-3)
    assert found["average_precision"][0] == pytest.approx(average_precision_score(cases.coded, cases.p), abs=1e-3)
    assert found["f1"][1:] == [0.0, 1.0]  # one session is all right and one all wrong


def test_average_precision_of_drawn_sessions_is_that_of_the_cases_repeated():
    rng = np.random.default_rng(3)
    sessions = [labelled(n, "\n".join(["C: So."] * 9), {i: ["wd_denial"] for i in range(n % 4)}) for n in range(6)]
    verdicts = [[{"wd_denial": (round(float(p), 1), p > 0.5)} for p in rng.random(9)] for _ in sessions]
    cases, draws = cases_of(sessions, verdicts, ["wd_denial"])["wd_denial"], draws_of(6, draws=5)
    for row, value in zip(draws, average_precisions(cases, draws), strict=True):
        again = np.repeat(np.arange(len(cases.p)), row[cases.session].astype(int))
        if cases.coded[again].any():
            assert value == pytest.approx(average_precision_score(cases.coded[again], cases.p[again]))


def test_nothing_coded_has_no_recall():
    found = figures(cases_of([TWO], [VERDICTS[0]], ["wd_denial"])["wd_denial"], draws_of(1))
    assert found["recall"] is None
    assert found["average_precision"] is None


def test_calibration():
    cases = cases_of([labelled(1, "C: a\nC: b\nC: c\nC: d", {3: ["wd_denial"]})],
                     [[{"wd_denial": (p, False)} for p in (0.25, 0.25, 0.75, 0.75)]], ["wd_denial"])["wd_denial"]  # fmt: skip
    bins = calibration(cases)
    assert [(b.n, b.probability, b.accepted) for b in bins] == [(2, 0.25, 0.0), (2, 0.75, 0.5)]
    assert calibration_error(bins) == 0.25


def test_the_coder_pair_agrees_on_what_both_gave():
    pair = coder_pair([ONE, TWO], ["withdrawal", "confrontation"], draws_of(2))
    assert (pair["withdrawal"]["both"], pair["withdrawal"]["one"]) == (1, 1)
    assert pair["withdrawal"]["positive_agreement"][0] == pytest.approx(2 / 3, abs=1e-3)
    assert pair["confrontation"]["kappa"][0] == 1.0


def test_sessions_are_ordered_by_their_ruptures():
    sessions = [labelled(n, "C: a\nC: b", impact=impact) for n, impact in enumerate([5.0, 3.0, 1.0, 2.5, None])]
    loads = [0.9, 0.1, 0.2, 0.1, 0.9]
    verdicts = [[{"wd_denial": (p, False)}, {"rp_clarify": (1.0, True)}] for p in loads]
    expected = roc_auc_score([1, 1, 0, 0], loads[:4])
    assert session_auc(sessions, verdicts, draws_of(5))[0] == pytest.approx(expected)
    assert session_auc(sessions[:1], verdicts[:1], draws_of(1)) is None


def test_baselines():
    turns = ONE.turns
    assert says_nothing(turns) == [{}] * 6
    assert keywords([{"cue.wd_denial.fine": 0.4, "words": 2.0}, {}]) == [{"wd_denial": (1.0, True)}, {}]
    short = brevity(turns, [None, 0, 1, 2, 3, 4])
    assert [bool(v) and next(iter(v.values()))[1] for v in short] == [False, True, False, True, False, True]


# ---- other forms


def test_lower_case_keeps_the_words():
    form = without_capitals(labelled(1, "C: [pause 6s] Well, I don't—'cause it's a so-called “rest”."))
    assert form.session.turns[0].text == "well i don't cause it's a so-called rest"


def test_times_are_dropped():
    timed = LabelledSession("S", (Turn(0, Speaker.CLIENT, "Hm.", 1.0, 2.0),), (frozenset(),), (frozenset(),))
    assert without_times(timed).session.turns[0].start_s is None


def test_segments_are_brought_back_to_their_turn():
    long = " ".join(f"w{i}" for i in range(20))
    form = in_pieces(LabelledSession("S", (Turn(0, Speaker.THERAPIST, "So?"), Turn(1, Speaker.CLIENT, long, 10.0, 20.0)),
                                     (frozenset(),) * 2, (frozenset(),) * 2))  # fmt: skip
    assert form.of == (0, 1, 1, 1)
    assert " ".join(t.text for t in form.session.turns[1:]) == long
    assert [t.start_s for t in form.session.turns[1:]] == [10.0, 14.0, 18.0]
    said = [{}, {"wd_denial": (0.2, False)}, {"wd_denial": (0.7, True)}, {}]
    assert form.verdicts(said, [(0,), (1,), (2,), (3,)]) == [{}, {"wd_denial": (0.7, True)}]
    assert form.verdicts(said[1:3], [(0,), (1, 2, 3)]) == [{"wd_denial": (0.2, False)}, {"wd_denial": (0.7, True)}]


# ---- groups


def test_a_group_with_twice_the_false_alarms_shows():
    quiet = [labelled(n, "T: So?\nC: No.\nT: And?\nC: No.", groups=frozenset({"terse"})) for n in range(2)]
    talkers = [labelled(n, "T: So?\nC: I went to see her.\nT: And?\nC: It was a long good day.") for n in range(2, 8)]
    sessions = [*quiet, *talkers]
    alarm = {"wd_denial": (0.9, True)}
    verdicts = [[{}, alarm, {}, {}] for _ in quiet] + [[{}, alarm if n < 2 else {}, {}, {}] for n in range(6)]
    groups = groups_of(sessions)
    assert groups == {SHORT_ANSWERS: [0, 1], "terse": [0, 1]}
    rows = false_positive_rates(cases_of(sessions, verdicts, ["withdrawal"])["withdrawal"], groups, draws_of(8))
    assert [(r["group"], r["turns"], r["false_positive_rate"][0]) for r in rows] == [
        ("all sessions", 16, 0.25), (SHORT_ANSWERS, 4, 0.5), ("terse", 4, 0.5),
    ]  # fmt: skip
    assert rows[1]["ratio"][0] == 2.0
    assert json.dumps(rows)
