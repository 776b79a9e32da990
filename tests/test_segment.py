import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.method import prepare_turns
from pipeline.segment import turns_before
from pipeline.session import Speaker, Turn
from tests.dialogues import dialogue


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        ("T: So that is the plan.\nC: Mm.\nT: And we keep to it.", [False, True, False]),
        ("T: Did you take the bus?\nC: Yeah.", [False, False]),
        ("T: did you take the bus\nC: yeah", [False, False]),
        ("C: I went home.\nT: Right.\nC: And slept.", [False, True, False]),
        ("T: I see.\nC: Okay, but I am not sure.", [True, False]),
    ],
)
def test_back_channels_keep_the_other_talking_and_answer_nothing(talk, expected, lexicon):
    turns, _ = dialogue(talk)
    assert [t.is_backchannel for t in prepare_turns(turns, lexicon)] == expected


def test_an_answer_is_seen_over_back_channels(lexicon):
    turns, _ = dialogue("T: What came up?\nC: Well.\nT: Mm.\nC: I was sad.")
    assert turns_before(prepare_turns(turns, lexicon)) == [None, 0, 1, 0]


def test_latency_is_the_silence_since_the_turn_before(lexicon):
    turns = [
        Turn(0, Speaker.THERAPIST, "What came up?", 0.0, 2.0),
        Turn(1, Speaker.CLIENT, "Nothing.", 6.5, 7.0),
        Turn(2, Speaker.THERAPIST, "Nothing?", 6.8, None),
        Turn(3, Speaker.CLIENT, "No.", 9.0, 9.5),
    ]
    assert [t.latency_s for t in prepare_turns(turns, lexicon)] == [None, 4.5, -0.2, None]


@given(st.lists(st.tuples(st.sampled_from(list(Speaker)), st.sampled_from(["Mm.", "I went home.", "Why?"]))))
def test_marking_changes_no_word_and_no_number(lexicon, talk):
    turns = [Turn(i, who, text) for i, (who, text) in enumerate(talk)]
    marked = prepare_turns(turns, lexicon)
    assert [(t.turn_no, t.speaker, t.text) for t in marked] == [(t.turn_no, t.speaker, t.text) for t in turns]
