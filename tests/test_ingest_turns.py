import math

import pytest

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable, Utterance, as_turns, mend_surrogates, seconds_of_clock
from pipeline.session import RawTurn


def test_pieces_of_one_speaker_become_one_turn_with_the_outer_times():
    pieces = [Utterance("T", "a", 1.0, 2.0), Utterance("T", "b", 2.5, 3.0), Utterance("C", "c", None, None)]
    assert as_turns(pieces) == (RawTurn(0, "T", "a b", 1.0, 3.0), RawTurn(1, "C", "c", None, None))


def test_numbered_turns_stay_as_the_file_has_them():
    pieces = [
        Utterance("T", "a", turn=4),
        Utterance("T", "b", turn=4),
        Utterance("T", "c", turn=7),
        Utterance("C", "", turn=8),
    ]
    assert [(turn.turn_no, turn.text) for turn in as_turns(pieces)] == [(0, "a b"), (1, "c"), (2, "")]


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (Utterance("T", "a", math.nan), Reason.MALFORMED),
        (Utterance("T", "a", -1.0), Reason.MALFORMED),
        (Utterance("T", "a", 2.0, 1.0), Reason.MALFORMED),
        (Utterance(" ", "a"), Reason.UNKNOWN_SPEAKER),
        (Utterance("T", "  "), Reason.EMPTY),
    ],
)
def test_impossible_pieces_are_refused(piece, reason):
    with pytest.raises(Unreadable) as refusal:
        as_turns([piece])
    assert refusal.value.reason is reason


def test_words_hide_from_repr():
    assert "secret" not in repr(Utterance("secret", "secret words"))


def test_surrogates():
    assert mend_surrogates("a\ud83d\ude42b") == "a🙂b"
    assert mend_surrogates("a\ud83db") == "a\ufffdb"
    assert mend_surrogates("é🙂") == "é🙂"


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ("0:03", 3.0),
        ("1:02:03", 3723.0),
        ("00:00:01,500", 1.5),
        ("75:00", 4500.0),
        ("1:75:00", None),
        ("12", None),
        ("a:b", None),
    ],
)
def test_clock(clock, seconds):
    assert seconds_of_clock(clock) == seconds


def test_a_file_that_is_no_session():
    with pytest.raises(Unreadable) as refusal:
        as_turns(Utterance("T", "a") for _ in range(200_001))
    assert refusal.value.reason is Reason.TOO_LARGE
