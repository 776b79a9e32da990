"""Plain text as typists, Otter, Rev and archives write it. All dialogues are made up."""

import pytest

from pipeline.errors import Reason
from pipeline.ingest_text import read_txt
from pipeline.ingest_turns import Unreadable, as_turns


def turns(text):
    return [(turn.speaker, turn.text) for turn in as_turns(read_txt(text))]


def starts(text):
    return [turn.start_s for turn in as_turns(read_txt(text))]


def test_letters_and_continuation_lines():
    assert turns("T: How was the week?\nC: Long.\n   I slept badly.\n\nC: Very badly.\nT: Mhm.") == [
        ("T", "How was the week?"),
        ("C", "Long. I slept badly. Very badly."),
        ("T", "Mhm."),
    ]


@pytest.mark.parametrize(
    "line", ["Note: she looked away.", "3:15: then we left.", "So: it was bad.", "I meant this: no."]
)
def test_a_colon_is_not_always_a_speaker(line):
    assert turns(f"T: Tell me.\nC: Well.\n{line}\nT: Yes.")[1] == ("C", f"Well. {line}")


def test_a_clock_time_inside_a_line_is_no_label():
    assert turns("T: When?\nC: At 3:15: I was out.")[1] == ("C", "At 3:15: I was out.")


def test_transcribed_events_stay():
    assert turns("T: [pause 6s] And now?\nC: (crying) I [laughs] don't know.") == [
        ("T", "[pause 6s] And now?"),
        ("C", "(crying) I [laughs] don't know."),
    ]


def test_archive_style_capitals_with_times_in_the_middle():
    text = "COUNSELOR: What brings you? [00:05:00] Please.\nCLIENT: [00:05:09] My sleep."
    text = f"BEGIN TRANSCRIPT:\n{text}\nEND TRANSCRIPT"
    assert turns(text) == [("COUNSELOR", "What brings you? Please."), ("CLIENT", "My sleep.")]
    assert starts(text) == [None, 309.0]


def test_otter():
    text = (
        "Tuesday talk\nTue, Mar 3, 2026 9:00AM • 49:59\n\nSUMMARY KEYWORDS\nsleep, work\n\nSPEAKERS\nMira Stone, "
        "Speaker 2\n\n"
        "Mira Stone  00:03\nHello again.\nHow was it?\n\nSpeaker 2  0:10\nOkay.\n\nMira Stone  1:02:03\nOnly okay?\n\n"
        "Transcribed by https://otter.ai\n"
    )
    assert turns(text) == [
        ("Mira Stone", "Hello again. How was it?"),
        ("Speaker 2", "Okay."),
        ("Mira Stone", "Only okay?"),
    ]
    assert starts(text) == [3.0, 10.0, 3723.0]


@pytest.mark.parametrize(
    "text",
    [
        "Speaker 1 (00:03):\nHello.\n\nSpeaker 2 (00:05):\nHi.",
        "Speaker 1: (00:03)\nHello.\nSpeaker 2: (00:05)\nHi.",
        "Speaker 1 (00:03): Hello.\nSpeaker 2 (00:05): Hi.",
        "[00:03] Speaker 1: Hello.\n[00:05] Speaker 2: Hi.",
        "00:03 Speaker 1\nHello.\n00:05 Speaker 2\nHi.",
        "[00:00:03]\nSpeaker 1: Hello.\n[00:00:05]\nSpeaker 2: Hi.",
        "(0:03) Speaker 1:\nHello.\n(0:05) Speaker 2:\nHi.",
        "00:00:03.000 --> 00:00:04.000 Speaker 1: Hello.\n00:00:05.000 --> 00:00:06.000 Speaker 2: Hi.",
    ],
)
def test_times_before_or_after_the_name(text):
    assert turns(text) == [("Speaker 1", "Hello."), ("Speaker 2", "Hi.")]
    assert starts(text) == [3.0, 5.0]


def test_names_with_titles_particles_and_pronouns():
    text = "Dr. O'Neil: And?\nMaría de la Cruz (she/her): So-so.\nJean-Luc: Yes.\n王: 好。"
    assert [speaker for speaker, _ in turns(text)] == ["Dr. O'Neil", "María de la Cruz (she/her)", "Jean-Luc", "王"]


def test_lower_case_names_need_repetition():
    text = "mira stone: a\nrob: b\nmira stone: c\nrob: d\nmira stone: e\nrob: f"
    assert len(turns(text)) == 6


@pytest.mark.parametrize("text", ["only words\nand more of them", "we met. then: nothing", "Note: a\nDate: b"])
def test_without_labels_the_speaker_is_unknown(text):
    with pytest.raises(Unreadable) as refusal:
        read_txt(text)
    assert refusal.value.reason is Reason.UNKNOWN_SPEAKER


def test_too_many_lines_before_the_first_speaker_are_no_heading():
    with pytest.raises(Unreadable, match="31 lines") as refusal:
        read_txt("words of somebody\n" * 31 + "T: hello\nC: hi")
    assert refusal.value.reason is Reason.UNKNOWN_SPEAKER


def test_labels_without_words_are_empty():
    with pytest.raises(Unreadable) as refusal:
        turns("T:\nC:\nT:")
    assert refusal.value.reason is Reason.EMPTY


def test_a_very_long_line_is_read_in_no_time():
    text = "T: " + "word " * 200_000 + "\n" + "A" + " " * 500_000 + "b\nC: ok"
    assert [speaker for speaker, _ in turns(text)] == ["T", "C"]
