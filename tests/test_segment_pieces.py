"""Segments of a speech recogniser that stay numbered are coded as the turn they were spoken as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codes import Episode, Family, OrderFlag, Outcome, Status, Tag
from pipeline.segment_pieces import as_spoken, on_pieces, pieces_of, put_back
from pipeline.session import Speaker, Turn
from tests.dialogues import dialogue


@pytest.mark.parametrize(
    ("talk", "groups"),
    [
        ("T: so how did\nT: the week go\nC: fine", [[0, 1], [2]]),
        ("C: I went home,\nC: and slept.", [[0, 1]]),
        ("C: I went home.\nC: And slept.", [[0], [1]]),
        ("C: (Dee) No.\nC: (Ron) Yes.", [[0], [1]]),
        ("T: so\nC: so", [[0], [1]]),
        ("C: i thought\nT: mm\nC: it was over", [[0], [1], [2]]),
    ],
)
def test_a_turn_that_breaks_off_goes_on_in_the_next_of_the_same_speaker(talk, groups):
    assert pieces_of(dialogue(talk)[0]) == groups


def test_in_a_file_cut_throughout_a_cut_may_fall_between_two_sentences():
    cut = "C: i think\nC: it went well.\nC: She came\nC: on time and\nC: we sat\nC: down and\nC: talked.\nT: Good.\nT: And then?"
    assert pieces_of(dialogue(cut)[0]) == [[0, 1, 2, 3, 4, 5, 6], [7, 8]]
    couple = "C: I left.\nC: He left.\nC: i said\nC: he left\nT: Yes."
    assert pieces_of(dialogue(couple)[0]) == [[0], [1], [2, 3], [4]]


def test_an_empty_turn_is_no_piece():
    assert pieces_of([Turn(0, Speaker.CLIENT, ""), Turn(1, Speaker.CLIENT, "fine")]) == [[0], [1]]


def tag(turn_no, start, end, code="cf_complaint_therapist"):
    family = Family.REPAIR if code.startswith("rp") else Family.CONFRONTATION
    return Tag(code, family, turn_no, start, end, Status.LIKELY, 0.9, "x")


def test_a_tag_lands_on_the_piece_where_its_words_begin():
    turns, _ = dialogue("T: so how was\nT: it\nC: you never\nC: wrote it down")
    pieces = pieces_of(turns)
    (whole, late), (episode,) = put_back(
        [tag(1, 0, 24), tag(1, 10, 15)],
        [Episode("confrontation", 1, 1, None, None, Outcome.UNADDRESSED, OrderFlag.NOT_APPLICABLE)],
        turns,
        pieces,
    )
    assert (whole.turn_no, turns[2].text[whole.char_start : whole.char_end]) == (2, "you never")
    assert (late.turn_no, turns[3].text[late.char_start : late.char_end]) == (3, "wrote")
    assert (episode.first_turn, episode.last_turn) == (2, 3)


def test_pieces_keep_their_numbers_words_and_times():
    turns = [
        Turn(4, Speaker.CLIENT, "i thought", 1.0, 2.0),
        Turn(5, Speaker.CLIENT, "it was over", 2.0, 3.5),
        Turn(6, Speaker.THERAPIST, "Over?", 5.0, 6.0),
    ]
    pieces = pieces_of(turns)
    spoken = as_spoken(turns, pieces)
    assert [(t.turn_no, t.text, t.start_s, t.end_s) for t in spoken] == [
        (0, "i thought it was over", 1.0, 3.5),
        (1, "Over?", 5.0, 6.0),
    ]
    assert list(on_pieces(spoken, turns, pieces)) == turns


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Speaker)), st.sampled_from(["so", "i went", "Why?", "", "Then"])), max_size=9
    )
)
def test_every_turn_is_in_one_group_and_words_land_where_they_stood(talk):
    turns = [Turn(2 * i, who, text) for i, (who, text) in enumerate(talk)]
    pieces = pieces_of(turns)
    assert [i for g in pieces for i in g] == list(range(len(turns)))
    for turn in as_spoken(turns, pieces):
        if turn.text:
            (placed,), _ = put_back([tag(turn.turn_no, len(turn.text) - 1, len(turn.text))], [], turns, pieces)
            piece = next(t for t in turns if t.turn_no == placed.turn_no)
            assert piece.text[placed.char_start : placed.char_end] == turn.text[-1]
