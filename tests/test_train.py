"""Training on a tiny made-up set: the same bytes twice, nothing learnt from the sessions that are measured."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import StudyProblem
from pipeline.evaluate import cases_of
from pipeline.judge_file import read_judge, unpacked
from pipeline.labelled import LabelledSession
from pipeline.session import Speaker, Turn
from pipeline.train import fit, model_bytes
from pipeline.train_lessons import Lesson
from pipeline.train_measure import cross_validate, training_record, verdicts_of
from pipeline.train_thresholds import bound_for_short_answers, choose_threshold

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
    nothing = tuple(frozenset() for _ in lines)
    return Lesson(
        labelled=LabelledSession(f"S{number:02}", turns, tuple(frozenset(c) for _, _, c in lines), nothing),
        turns=turns,
        before=tuple(i - 1 if i else None for i in range(len(turns))),
        evidence=tuple({"words": float(t.n_words), "ctx.second_person": float("ou " in t.text)} for t in turns),
        vectors=rng.normal(size=(len(turns), 6)),
    )


def relabelled(lesson, codes, contested=None):
    labels = replace(lesson.labelled, codes=tuple(codes), contested=tuple(contested or lesson.contested))
    return replace(lesson, labelled=labels)


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
    assert found[5][0].likely
    assert not [j for j in found[1] if j.likely]
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
    alone = replace(one, turns=peculiar)
    from pipeline.judge_features import wording_key

    keys = unpacked(fit([*sessions, alone])).keys["client"].tolist()
    assert wording_key("zanzibar") not in keys
    assert wording_key("listen") in keys or wording_key("you") in keys


def test_examples_teach_the_first_look_and_no_code_of_their_own(sessions, body):
    line = Turn(0, Speaker.CLIENT, "You never even look up.")
    labels = LabelledSession("x.00", (line,), (frozenset({"cf_only_in_examples"}),), (frozenset(),))
    example = Lesson(labels, (line,), (None,), ({},), np.ones((1, 6)))
    model = fit(sessions, examples=[example] * 5)
    assert model_bytes(model) != body
    assert model["names"] == json.loads(body)["names"]
    assert not unpacked(model).judges("cf_only_in_examples")


def test_contested_turns_teach_nothing(sessions):
    """A complaint that only one coder saw is neither a complaint nor its absence."""
    without = [
        relabelled(
            s,
            (frozenset() if i == 5 else c for i, c in enumerate(s.codes)),
            (frozenset({"cf_complaint_therapist"}) if i == 5 else frozenset() for i in range(10)),
        )
        for s in sessions
    ]
    model = fit(without)
    assert "confrontation" not in model["first"]
    said = verdicts_of(unpacked(model), without[0])
    cases = cases_of([without[0].labelled], [said], ["confrontation"])
    assert len(cases["confrontation"].p) == 4  # five client turns, the contested one left out


def test_too_few_sessions_or_labels_are_refused(sessions):
    with pytest.raises(StudyProblem, match="labelled sessions"):
        fit(sessions[:3])
    bare = [relabelled(s, s.contested) for s in sessions]
    with pytest.raises(StudyProblem, match="coded turns"):
        fit(bare)


def test_cross_validation_measures_only_what_is_named(sessions):
    measured = [s.session_id for s in sessions[:4]]
    found = cross_validate(sessions, measured, folds=2)
    assert found["confrontation"]["cases"] == 4 * 5
    assert found["repair"]["cases"] == 4 * 10
    assert found["confrontation"]["f1"][0] > 0.8
    assert set(found) == {"confrontation", "repair", "rupture", "withdrawal"}
    with pytest.raises(StudyProblem, match="measure on"):
        cross_validate(sessions, measured[:1], folds=2)


def test_clients_who_speak_shortly_are_tagged_no_more_often_than_others():
    """Half of the short speakers' plain answers look as withdrawn as withdrawal does; the bound makes up for it."""
    rng, lessons, chance = np.random.default_rng(5), [], []
    for n in range(40):
        short = n < 12
        turns = tuple(Turn(i, Speaker.CLIENT, "no" if short else "we went there on Sunday again") for i in range(20))
        codes = tuple(frozenset({"wd_denial"} if i < 2 else ()) for i in range(20))
        labels = LabelledSession(f"S{n}", turns, codes, (frozenset(),) * 20)
        lessons.append(Lesson(labels, turns, (None,) * 20, ({},) * 20, np.zeros((20, 2))))
        chance += [0.9, 0.9, *rng.uniform(0, 0.7 if short else 0.45, 18)]
    found = bound_for_short_answers(lessons, np.array(chance), {"withdrawal": 0.4})
    assert found["words"] == 1.0
    p = np.array(chance).reshape(40, 20)[:, 2:]
    before, after = (p[:12] >= 0.4).mean(), (p[:12] >= found["withdrawal"]).mean()
    assert before > 2 * (p >= 0.4).mean() >= 2 * after
    assert found["withdrawal"] < 0.9


def test_labels_turned_round_are_noticed(sessions):
    """Measured sessions whose labels are the other way round must score badly: the check can fail."""
    lied = [relabelled(s, s.codes[5:] + s.codes[:5]) if n < 4 else s for n, s in enumerate(sessions)]
    found = cross_validate(lied, [s.session_id for s in lied[:4]], folds=2)
    assert found["confrontation"]["f1"][0] < 0.5


def test_thresholds_serve_the_aim():
    p = np.array([0.9, 0.8, 0.6, 0.5, 0.45, 0.3, 0.2, 0.1])
    y = np.array([True, True, True, False, True, False, False, False])
    assert choose_threshold(p, y, "recall") <= choose_threshold(p, y, "f1") <= choose_threshold(p, y, "precision")


def test_the_record_counts_and_hashes(tmp_path, sessions, body):
    file = tmp_path / "gold.json"
    file.write_text("[]")
    record = training_record([file], sessions, {"confrontation": {"f1": 0.5}}, body=body, seed=7)
    assert record["sessions"] == 16
    assert sessions[0].labelled.mark in record["seen"]
    assert record["coded_turns"]["rp_accountability"] == 16
    assert len(next(iter(record["files"].values()))) == 64
    assert "not clinicians" in record["read_this"]
