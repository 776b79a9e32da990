import pytest

from pipeline.ingest_labels import speaker_labels, split_label


@pytest.mark.parametrize(
    ("line", "label", "text", "start"),
    [
        ("T: hello", "T", "hello", None),
        ("T:hello", "T", "hello", None),
        ("THERAPIST : hello", "THERAPIST", "hello", None),
        ("[1:02:03] T: hello", "T", "hello", 3723.0),
        ("T [0:03]: hello", "T", "hello", 3.0),
        ("T: [0:03] hello", "T", "hello", 3.0),
        ("Mira Stone  0:03", "Mira Stone", "", 3.0),
        ("0:03 Mira Stone", "Mira Stone", "", 3.0),
        ("C: I came at 3:15: late", "C", "I came at 3:15: late", None),
    ],
)
def test_split(line, label, text, start):
    found = split_label(line)
    assert found is not None
    assert (found.label, found.text, found.start_s) == (label, text, start)


@pytest.mark.parametrize(
    "line", ["3:15: late", "https://example.org", "no label here", "", ": words", "[pause 6s]: x", "a\\:b"]
)
def test_no_label(line):
    assert split_label(line) is None or not speaker_labels([line])


def test_captions_have_no_header_lines():
    assert split_label("Mira Stone  0:03", headers=False) is None


def test_labels_hide_from_repr():
    assert "Mira" not in repr(split_label("Mira: words"))


def test_notes_and_openers_are_no_speakers_and_phrases_need_a_name():
    lines = ["Note: x", "Session 3: x", "But: x", "and he said to me: x", "Really? Yes: x", "T: x", "Mother: x", "I: x"]
    assert speaker_labels(lines) == {"T", "Mother", "I"}
