"""The judge on its own: it looks, it says why, it refuses a damaged file, and it holds no words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelProblem
from pipeline.judge_features import (
    NOT_ASKED,
    QUESTIONS,
    around,
    is_asked,
    named_evidence,
    question_of,
    second_look,
    wording_key,
    wordings,
)
from pipeline.judge_file import pack, read_judge, unpack, unpacked
from pipeline.judge_reasons import in_words, strongest
from pipeline.session import Speaker, Turn

SHIPPED = Path(__file__).resolve().parent.parent / "lexicons" / "model" / "judge.json"


def talk(*lines: str) -> tuple[Turn, ...]:
    """`T: ...` and `C: ...` as turns; a client's `mm` is a back-channel."""
    speakers = {"T": Speaker.THERAPIST, "C": Speaker.CLIENT}
    return tuple(Turn(i, speakers[line[0]], line[3:], is_backchannel=line[3:] == "mm") for i, line in enumerate(lines))


def model(first: float = 3.0) -> dict:
    """A hand-made model: “you never” speaks for confrontation, and the second look passes the first one on."""
    key = sorted([wording_key("you never"), wording_key("never listen")])
    names, _ = second_look(talk("C: a"), {q: np.zeros((1, 2)) for q in QUESTIONS})
    weights, said = np.zeros(1 + 3 * 2), np.zeros(2)
    weights[0] = 1.0
    said[key.index(wording_key("you never"))] = first
    passing_on = np.array([2.0 * (n == "here:confrontation") for n in names])  # the mean of two, so the sum
    return {
        "format": 2, "names": ["ctx.second_person"], "scale": pack(np.ones(1), "f4"), "middle": pack(np.zeros(2), "f4"),
        "directions": pack(np.eye(2), "f4"), "meaning_scale": 1.0, "wording_scale": 1.0,
        "keys": {"client": pack(np.array(key, dtype=np.uint64), "u8"), "therapist": pack(np.array([], dtype=np.uint64), "u8")},
        "rarity": {"client": pack(np.ones(2), "f4"), "therapist": pack(np.array([]), "f4")},
        "first": {"confrontation": [pack(weights, "f4"), -2.0, pack(said, "f4"), 0.0]},
        "second_names": names,
        "second": {"confrontation": [pack(np.zeros(len(names)), "f4"), pack(np.ones(len(names)), "f4"), pack(passing_on, "f4"), 0.0]},
        "codes": {"confrontation": [["cf_complaint_therapist", "cf_reject_intervention"], pack(np.zeros((2, 9)), "f4"), pack(np.array([1.0, 0.0]), "f4")]},
        "likely": {"confrontation": 0.4}, "possible": {"confrontation": 0.05},
    }  # fmt: skip


def judge_of(turns: tuple[Turn, ...], data: dict | None = None):
    evidence = [{"ctx.second_person": float("you" in t.text.split())} for t in turns]
    before = [i - 1 if i else None for i in range(len(turns))]
    return unpacked(data or model()).judge(turns, before=before, evidence=evidence, vectors=np.zeros((len(turns), 2)))


def test_a_wording_and_a_context_add_up_and_are_named():
    found = judge_of(talk("T: How was it?", "C: you never listen"))[1]
    assert found[0].code == "cf_complaint_therapist"
    # -2 + 1 (context) + 3/sqrt(2) (two wordings known, one of them weighs)
    assert found[0].probability == pytest.approx(1 / (1 + np.exp(-(-1 + 3 / 2**0.5))), abs=1e-4)
    assert found[0].words == (0, 1)
    assert [name for name, _ in found[0].reasons][:2] == ["its words", "context second person"]


def test_without_the_words_it_is_less_probable():
    with_words, without = judge_of(talk("C: you never listen"))[0], judge_of(talk("C: you may listen"))[0]
    assert without[0].probability < with_words[0].probability
    assert without[0].words is None


def test_further_codes_stand_below_the_first_in_proportion():
    first, second = judge_of(talk("C: you never listen"))[0]
    assert second.probability == pytest.approx(first.probability * np.exp(-1), abs=2e-4)


def test_a_code_far_below_the_first_is_left_out(monkeypatch):
    monkeypatch.setattr("pipeline.judge.SECOND_CODE", 0.5)
    assert len(judge_of(talk("C: you never listen"))[0]) == 1


def test_therapists_and_backchannels_are_not_asked_about_ruptures():
    turns = talk("T: you never listen", "C: mm", "C: you never listen")
    assert [bool(j) for j in judge_of(turns)] == [False, False, True]
    assert not is_asked("withdrawal", turns[1])
    assert is_asked("repair_move", turns[0])


def test_nothing_is_said_below_possible():
    data = model()
    data["possible"]["confrontation"] = 0.99
    assert judge_of(talk("C: you never listen"), data) == [[]]


def test_no_turns_no_judgements():
    assert unpacked(model()).judge([], before=[], evidence=[], vectors=np.zeros((0, 2))) == []


def test_question_of_a_code():
    assert question_of("rp_client_reengage") == "reengagement"
    assert question_of("rp_validate") == "repair_move"
    assert question_of("at_late") is None
    assert unpacked(model()).judges("cf_complaint_therapist")
    assert not unpacked(model()).judges("wd_nonverbal")


def test_neighbours_bring_only_what_kind_of_move_they_are():
    rows = named_evidence([{"words": 1.0, "position": 0.0}, {"words": 2.0, "position": 1.0}], [None, 0])
    assert rows[1]["-1:words"] == 1.0
    assert "-1:position" not in rows[1]
    assert rows[1]["+1:none"] == 1.0


def test_wordings_have_their_place_and_no_punctuation():
    said = wordings(talk("T: Shall we?", "C: No, not today."), [None, 0])[1]
    assert said["not today"] == (1, 2)
    assert said["< no"] == (0, 0)
    assert said["before:shall"] is None
    assert not [w for w in said if "," in w or "?" in w]


def test_a_turn_without_words_has_no_place():
    said = wordings(talk("C: ..."), [None])[0]
    assert set(said.values()) == {None}


def test_around_moves_rows_and_fills_with_zeros():
    rows = np.array([[1.0], [2.0], [3.0]])
    assert around(rows, 1).ravel().tolist() == [2, 3, 0]
    assert around(rows, -2).ravel().tolist() == [0, 0, 1]
    assert around(rows, 5).ravel().tolist() == [0, 0, 0]


def test_the_second_look_sees_a_strain_before_and_a_repair_after():
    turns = talk("C: a b", "T: c d", "C: e f")
    first = {q: np.full((3, 2), -7.0) for q in QUESTIONS}
    first["confrontation"][0] = 4.0
    names, seen = second_look(turns, first)
    at = names.index("before(0.7):rupture")
    assert seen[1, at] > seen[2, at] > seen[0, at]
    assert seen[0, names.index("-1:confrontation")] == NOT_ASKED


def test_packing_keeps_numbers():
    assert unpack(pack(np.array([[1.5, -2.0]]), "f2")).tolist() == [[1.5, -2.0]]
    big = np.array([2**64 - 1], dtype=np.uint64)
    assert unpack(pack(big, "u8")).tolist() == big.tolist()


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", '{"format": 2}', '{"format": 1}', json.dumps({**model(), "scale": {"type": "f4", "shape": [1], "bytes": "?"}})],
)  # fmt: skip
def test_a_damaged_or_foreign_file_is_a_model_problem(tmp_path, body):
    file = tmp_path / "judge.json"
    file.write_text(body)
    with pytest.raises(ModelProblem, match=r"judge\.json"):
        read_judge(file)


def test_a_missing_file_is_a_model_problem(tmp_path):
    with pytest.raises(ModelProblem, match="train"):
        read_judge(tmp_path / "judge.json")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cue.cf_control_pressure.ultimatum", "cue cf control pressure ultimatum"),
        ("-1:ctx.proposal", "turn before: context proposal"),
        ("words", "words"),
        ("said:own", "its words"),
        ("said:answered", "words of the turn answered"),
        ("talk:-2:withdrawal", "turns before"),
        ("talk:session:confrontation", "the session as a whole"),
        ("talk:here:repair_move", ""),
        ("meaning", "meaning"),
        ("+1:meaning", "next turn: meaning"),
    ],
)
def test_reasons_are_in_words(name, said):
    assert in_words(name) == said


def test_reasons_of_one_name_are_one_and_the_strongest_come_first():
    parts = [("said:own", 0.4), ("ctx.open", -0.2), ("said:own", 0.3), ("talk:here:withdrawal", 9.0), ("meaning", 0.01)]
    assert strongest(parts) == (("its words", 0.7), ("context open", -0.2))


def test_the_shipped_model_reads_is_small_and_holds_no_running_words():
    judge = read_judge(SHIPPED)
    assert SHIPPED.stat().st_size < 2_000_000
    assert judge.short_answers["withdrawal"] >= judge.likely["withdrawal"]
    assert set(judge.likely) == {"withdrawal", "confrontation", "repair"}
    assert all(0 < judge.possible[f] <= judge.likely[f] < 1 for f in judge.likely)
    # names of evidence and of codes are the codebook's; wordings are numbers
    assert not [n for n in (*judge.names, *judge.second_names) if " " in n]
    assert all(k.dtype == np.uint64 for k in judge.keys.values())
