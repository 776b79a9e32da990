"""Labelled sessions are read in the layout CONTRIBUTING describes; what cannot be read is said without its words."""

from __future__ import annotations

import json

import pytest

from pipeline.errors import StudyProblem
from pipeline.labelled import labels_as_spoken, read_labelled
from pipeline.segment_pieces import as_spoken, pieces_of
from pipeline.session import Source, Speaker

SESSION = {
    "session_id": "X1",
    "asr": True,
    "groups": ["terse"],
    "ratings": {"A": {"sess_rupture_impact": 4}, "B": {"sess_rupture_impact": 3}},
    "turns": [
        {"turn": 0, "speaker": "T", "start_s": 0.0, "end_s": 1.0, "text": "well", "codes": []},
        {"turn": 1, "speaker": "C", "text": "fine", "codes": [{"code_id": "wd_denial"}], "contested": ["wd_appeasing"]},
    ],
}


def test_a_session_in_the_documented_layout(tmp_path):
    file = tmp_path / "gold.json"
    file.write_text(json.dumps([SESSION]))
    (found,) = read_labelled(file)
    assert found.codes == (frozenset(), {"wd_denial"})
    assert found.contested == (frozenset(), {"wd_appeasing"})
    assert found.turns[1].speaker is Speaker.CLIENT
    assert (found.source, found.impact, found.groups) == (Source.ASR, 3.5, {"terse"})
    assert "fine" not in repr(found)


def test_the_mark_knows_the_words_and_not_their_spelling(tmp_path):
    file = tmp_path / "gold.json"
    file.write_text(json.dumps([SESSION]))
    (one,) = read_labelled(file)
    SESSION_IN_CAPITALS = {**SESSION, "turns": [{**t, "text": t["text"].title() + "."} for t in SESSION["turns"]]}
    file.write_text(json.dumps([SESSION_IN_CAPITALS, {**SESSION, "turns": SESSION["turns"][:1]}]))
    same, other = read_labelled(file)
    assert same.mark == one.mark != other.mark


def test_pieces_of_a_turn_share_their_codes(tmp_path):
    turns = [
        {"turn": 0, "speaker": "C", "text": "i said it was", "codes": []},
        {"turn": 1, "speaker": "C", "text": "fine", "codes": [{"code_id": "wd_denial"}]},
    ]
    file = tmp_path / "gold.json"
    file.write_text(json.dumps([{"session_id": "X1", "turns": turns}]))
    (found,) = read_labelled(file)
    pieces = pieces_of(found.turns)
    joined = labels_as_spoken(found, as_spoken(found.turns, pieces), pieces)
    assert [t.text for t in joined.turns] == ["i said it was fine"]
    assert joined.codes == ({"wd_denial"},)
    assert joined.mark == found.mark


@pytest.mark.parametrize(
    "broken",
    [
        "[",
        "{}",
        "[]",
        json.dumps([{"session_id": "X1", "turns": [{"turn": 0, "text": "secret"}]}]),
        json.dumps([{"session_id": "X1", "turns": "secret"}]),
        json.dumps([{"session_id": "X1", "turns": [{"turn": 0, "speaker": "C", "text": ["secret"]}]}]),
        json.dumps([{**SESSION, "ratings": {"A": {"sess_rupture_impact": "secret"}}}]),
    ],
)
def test_what_cannot_be_read_is_a_study_problem_without_words(tmp_path, broken):
    file = tmp_path / "gold.json"
    file.write_text(broken)
    with pytest.raises(StudyProblem, match=r"gold\.json") as e:
        read_labelled(file)
    assert "secret" not in str(e.value)
    assert e.value.__cause__ is None
