from pathlib import Path

import pytest

from pipeline.errors import Reason
from pipeline.ingest_textgrid import read_textgrid
from pipeline.ingest_turns import Unreadable, as_turns

FORMATS = Path(__file__).parent / "formats"
LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 9
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "Therapist"
        xmin = 0
        xmax = 9
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 2.5
            text = "How are you?"
        intervals [2]:
            xmin = 2.5
            xmax = 6
            text = ""
        intervals [3]:
            xmin = 6
            xmax = 9
            text = "You said ""fine""."
    item [2]:
        class = "IntervalTier"
        name = "Client"
        xmin = 0
        xmax = 9
        intervals: size = 1
        intervals [1]:
            xmin = 2
            xmax = 3
            text = "Fine."
"""


def turns(text):
    return [(turn.speaker, turn.text, turn.start_s, turn.end_s) for turn in as_turns(read_textgrid(text))]


def test_tiers_are_speakers_in_the_order_of_time_and_may_overlap():
    assert turns(LONG) == [
        ("Therapist", "How are you?", 0.0, 2.5),
        ("Client", "Fine.", 2.0, 3.0),
        ("Therapist", 'You said "fine".', 6.0, 9.0),
    ]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("bobby_words.TextGrid", ("word", "BOBBY")),
        ("bobby_words_with_newlines_longfile_elan.TextGrid", ('"word"', '"""BOBBY""" Noun')),
        ("mary.TextGrid", ("phone", "m")),
    ],
)
def test_real_files_long_short_and_from_elan(name, first):
    assert turns((FORMATS / name).read_text(encoding="utf-8"))[0][:2] == first


@pytest.mark.parametrize("cut", ["intervals [3]", "item [2]", "        intervals [1]:\n            xmin = 2"])
def test_cut_short(cut):
    with pytest.raises(Unreadable) as refusal:
        read_textgrid(LONG[: LONG.index(cut)])
    assert refusal.value.reason is Reason.MALFORMED


def test_the_short_form_cut_short():
    text = (FORMATS / "mary.TextGrid").read_text(encoding="utf-8")
    with pytest.raises(Unreadable) as refusal:
        read_textgrid(text[: text.index('"d"')])
    assert refusal.value.reason is Reason.MALFORMED
