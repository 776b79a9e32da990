"""Training on a tiny made-up set: the same bytes twice, nothing learnt from the sessions that are measured."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.errors import StudyProblem
from pipeline.judge import read_judge, unpacked
from pipeline.session import Source, Speaker, Turn
from pipeline.train import LabelledSession, choose_threshold, fit, model_bytes
from pipeline.train_measure import (
    average_precision,
    calibration_error,
    cross_validate,
    figures,
    judged_cases,
    read_labelled,
    training_record,
)

COMPLAINTS = ("You never listen to me.", "You never ask.", "You are not listening.", "You always say that.")
SHUT = ("Fine.", "I don't know.", "Nothing really.", "Whatever.")
OWNED = ("I got that wrong and I am sorry.", "That was my mistake, I am sorry.", "I missed it, that was mine.")
PLAIN = (
    "My sister came on Sunday.",
    "We walked by the river.",
    "Work was long but the boss was kind.",
    "I slept well.",
)


def session(number: int, codes_of_complaint: tuple[str, ...] = ("cf_complaint_therapist", "cf_control_pressure")):
    """Ten turns: a plain answer, a shut-down one, a complaint, a repair, a return, and plain talk."""
    rng = np.random.default_rng(number)
    pick = lambda lines: lines[int(rng.integers(len(lines)))]  # noqa: E731
    lines = [
        ("T", "What was the week like?", ()), ("C", pick(PLAIN), ()),
        ("T", "What did you feel?", ()), ("C", pick(SHUT), (("wd_minimal_response", "wd_denial")[number % 2],)),
        ("T", "Shall we do the sheet?", ()), ("C", pick(COMPLAINTS), (codes_of_complaint[number % len(codes_of_complaint)],)),
        ("T", pick(OWNED), ("rp_accountability",)), ("C", "It helps that you say it.", ("rp_client_reengage",)),
        ("T", "How is your sister?", ()), ("C", pick(PLAIN), ()),
    ]  # fmt: skip
    who = {"T": Speaker.THERAPIST, "C": Speaker.CLIENT}
    turns = tuple(Turn(i, who[s], text) for i, (s, text, _) in enumerate(lines))
    return LabelledSession(
        session_id=f"S{number:02}",
        turns=turns,
        before=tuple(i - 1 if i else None for i in range(len(turns))),
        evidence=tuple({"words": float(t.n_words), "ctx.second_person": float("ou " in t.text)} for t in turns),
        vectors=rng.normal(size=(len(turns), 6)),
        codes=tuple(frozenset(c) for _, _, c in lines),
        contested=tuple(frozenset() for _ in lines),
    )


@pytest.fixture(scope="module")
def sessions():
    return [session(n) for n in range(16)]


@pytest.fixture(scope="module")
def body(sessions):
    return model_bytes(fit(sessions))


def test_the_same_sessions_and_seed_give_the_same_bytes(sessions, body):
    assert model_bytes(fit(list(reversed(sessions)))) == body


def test_another_seed_deals_other_folds(sessions, body):
    assert model_bytes(fit(sessions, seed=8)) != body


def test_the_model_tells_complaints_from_plain_talk(tmp_path, body):
    file = tmp_path / "judge.json"
    file.write_bytes(body)
    judge, new = read_judge(file), session(99)
    found = judge.judge(new.turns, before=new.before, evidence=new.evidence, vectors=new.vectors)
    best = [row[0].code if row else None for row in found]
    assert best[5] in {"cf_complaint_therapist", "cf_control_pressure"}
    assert best[6] == "rp_accountability"
    assert found[5][0].probability >= judge.likely["confrontation"]
    assert not [j for j in found[1] if j.probability >= judge.likely["withdrawal"]]
    assert len(judge.version) == 12


def test_no_words_of_the_sessions_stand_in_the_file(body):
    text = body.decode().lower()
    for word in ("listen", "sister", "river", "mistake", "whatever"):
        assert word not in text


def test_a_wording_of_one_client_alone_is_not_kept(sessions):
    one = session(50)
    peculiar = tuple(
        Turn(t.turn_no, t.speaker, t.text + " zanzibar" * (t.speaker is Speaker.CLIENT)) for t in one.turns
    )
    alone = LabelledSession("S50", peculiar, one.before, one.evidence, one.vectors, one.codes, one.contested)
    from pipeline.judge_features import wording_key

    keys = unpacked(fit([*sessions, alone])).keys["client"].tolist()
    assert wording_key("zanzibar") not in keys
    assert wording_key("listen") in keys or wording_key("you") in keys


def test_examples_teach_the_first_look_and_no_code_of_their_own(sessions, body):
    line = Turn(0, Speaker.CLIENT, "You never even look up.")
    example = LabelledSession(
        "x.00", (line,), (None,), ({},), np.ones((1, 6)), (frozenset({"cf_only_in_examples"}),), (frozenset(),)
    )
    model = fit(sessions, examples=[example] * 5)
    assert model_bytes(model) != body
    assert model["names"] == json.loads(body)["names"]
    assert not unpacked(model).judges("cf_only_in_examples")


def test_contested_turns_teach_nothing(sessions):
    """A complaint that only one coder saw is neither a complaint nor its absence."""
    without = [
        LabelledSession(s.session_id, s.turns, s.before, s.evidence, s.vectors,
                        tuple(frozenset() if i == 5 else c for i, c in enumerate(s.codes)),
                        tuple(frozenset({"cf_complaint_therapist"}) if i == 5 else frozenset() for i in range(10)))
        for s in sessions
    ]  # fmt: skip
    model = fit(without)
    assert "confrontation" not in model["first"]
    cases = judged_cases(unpacked(model), without[0])
    assert len(cases["confrontation"]) == 4  # five client turns, the contested one left out


def test_too_few_sessions_or_labels_are_refused(sessions):
    with pytest.raises(StudyProblem, match="labelled sessions"):
        fit(sessions[:3])
    bare = [
        LabelledSession(s.session_id, s.turns, s.before, s.evidence, s.vectors, s.contested, s.contested)
        for s in sessions
    ]
    with pytest.raises(StudyProblem, match="coded turns"):
        fit(bare)


def test_cross_validation_measures_only_what_is_named(sessions):
    measured = [s.session_id for s in sessions[:4]]
    found = cross_validate(sessions, measured, folds=2)
    assert found["confrontation"]["turns"] == 4 * 5
    assert found["repair"]["turns"] == 4 * 10
    assert found["confrontation"]["f1"] > 0.8
    assert set(found) == {"confrontation", "repair", "rupture", "withdrawal"}
    with pytest.raises(StudyProblem, match="measure on"):
        cross_validate(sessions, measured[:1], folds=2)


def test_labels_turned_round_are_noticed(sessions):
    """Measured sessions whose labels are the other way round must score badly: the check can fail."""
    lied = [
        LabelledSession(s.session_id, s.turns, s.before, s.evidence, s.vectors, (s.codes[5:] + s.codes[:5]), s.contested)
        if n < 4 else s
        for n, s in enumerate(sessions)
    ]  # fmt: skip
    found = cross_validate(lied, [s.session_id for s in lied[:4]], folds=2)
    assert found["confrontation"]["f1"] < 0.5


def test_thresholds_serve_the_aim():
    p = np.array([0.9, 0.8, 0.6, 0.5, 0.45, 0.3, 0.2, 0.1])
    y = np.array([True, True, True, False, True, False, False, False])
    assert choose_threshold(p, y, "recall") <= choose_threshold(p, y, "f1") <= choose_threshold(p, y, "precision")


def test_average_precision_shares_ties():
    assert average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.5)
    assert average_precision(np.array([0.5]), np.array([False])) == 0.0


def test_calibration_error_is_the_mean_gap():
    p, y = np.array([0.25, 0.25, 0.75, 0.75]), np.array([False, False, True, True])
    assert calibration_error(p, y) == pytest.approx(0.25)


def test_figures():
    found = figures([(0.9, True, True), (0.8, True, False), (0.1, False, True), (0.0, False, False)])
    assert (found["precision"], found["recall"], found["f1"]) == (0.5, 0.5, 0.5)


LABELLED = [{
    "session_id": "X1",
    "turns": [
        {"turn": 0, "speaker": "T", "start_s": 0.0, "end_s": 1.0, "text": "Well?", "codes": []},
        {"turn": 1, "speaker": "C", "start_s": 1.5, "end_s": 2.0, "text": "Fine.", "codes": [{"code_id": "wd_denial", "start": 0, "end": 4}],
         "contested": ["wd_appeasing"]},
    ],
}]  # fmt: skip


def look_at(turns, source):
    assert source is Source.HUMAN
    return turns, [None, 0], [{}, {}], np.zeros((2, 4))


def test_labelled_sessions_are_read_in_the_gold_layout(tmp_path):
    file = tmp_path / "gold.json"
    file.write_text(json.dumps(LABELLED))
    (found,) = read_labelled(file, look_at)
    assert found.codes[1] == {"wd_denial"}
    assert found.contested[1] == {"wd_appeasing"}
    assert found.turns[1].speaker is Speaker.CLIENT
    assert "Fine" not in repr(found)


@pytest.mark.parametrize(
    "broken", ["[", "{}", "[]", json.dumps([{"session_id": "X1", "turns": [{"turn": 0, "text": "secret"}]}])]
)
def test_what_cannot_be_read_is_a_study_problem_without_words(tmp_path, broken):
    file = tmp_path / "gold.json"
    file.write_text(broken)
    with pytest.raises(StudyProblem, match=r"gold\.json") as e:
        read_labelled(file, look_at)
    assert "secret" not in str(e.value)
    assert e.value.__cause__ is None


def test_the_record_counts_and_hashes(tmp_path, sessions, body):
    file = tmp_path / "gold.json"
    file.write_text(json.dumps(LABELLED))
    record = training_record([file], sessions, {"confrontation": {"f1": 0.5}}, body=body, seed=7)
    assert record["sessions"] == 16
    assert record["coded_turns"]["rp_accountability"] == 16
    assert len(next(iter(record["files"].values()))) == 64
    assert "not clinicians" in record["read_this"]
