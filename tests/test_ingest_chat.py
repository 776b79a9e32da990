from pathlib import Path

import pytest

from pipeline.errors import Reason
from pipeline.ingest_chat import plain_words, read_chat
from pipeline.ingest_turns import Unreadable, as_turns

FORMATS = Path(__file__).parent / "formats"


def turns(name):
    return [(turn.speaker, turn.text) for turn in as_turns(read_chat((FORMATS / name).read_text()))]


def test_pauses_and_events():
    assert turns("pauses-and-events.cha") == [
        ("CHI", "I [pause] want [pause 3s] a cookie [pause] please [pause]."),
        ("MOT", "[yawn] who are you [cough]?"),
        ("CHI", "he said [other speaker: yeah] and left."),
        ("MOT", "[laughs] that is funny."),
        ("CHI", "foo [head no] bar. a [pause 123s] b [pause 3.4s] c [pause 123.4s] d."),
    ]


def test_interruptions_and_trailing_off():
    said = turns("ca-pauses-prosody.cha")
    assert said[0][1].endswith("I was [pause 0.5s] wondering about that. so I went to the ...")
    assert said[1] == ("LSN", "what did you --")


def test_overlaps_leave_the_words():
    assert turns("overlaps.cha") == [
        ("SPK", "one two."),
        ("LSN", "one. two."),
        ("SPK", "a b c d."),
        ("LSN", "e f g h."),
    ]


def test_times_are_seconds():
    first, second = as_turns(read_chat((FORMATS / "media-bullets.cha").read_text()))
    assert (first.start_s, first.end_s, second.start_s) == (2041.689, 2042.652, 5041.689)


def test_continued_lines_and_no_dependent_tiers():
    (child, mother) = turns("multiline-continuation.cha")
    assert child[1].endswith("the swings and the slide and the monkey bars.")
    assert mother == ("MOT", "maybe after lunch we can go.")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("I [/] I <want to> [//] need [: to need] it [*] .", "I I want to need it."),
        ("&-um (be)cause &~th no:o ice_cream@c .", "um because th noo ice cream."),
        ("that [=! crying] is [= the dog] xxx www .", "that [crying] is [unintelligible] [not transcribed]."),
        ("+< yes +^ so +, and 0is gone .", "yes so and gone."),
        ("&=laughs .", "[laughs]."),
        ("0 .", ""),
        ("what +..?", "what ..."),
        ("wait (0.5) here .", "wait [pause 0.5s] here."),
        ("the 3 cats .", "the 3 cats."),
    ],
)
def test_codes_become_plain_words(line, words):
    assert plain_words(line) == words


@pytest.mark.parametrize("cut", ["@Begin", "@End"])
def test_a_part_of_a_file_is_refused(cut):
    text = (FORMATS / "overlaps.cha").read_text().replace(cut, "")
    with pytest.raises(Unreadable) as refusal:
        read_chat(text)
    assert refusal.value.reason is Reason.MALFORMED
