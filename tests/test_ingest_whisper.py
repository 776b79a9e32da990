import json

import pytest

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable, as_turns
from pipeline.ingest_whisper import read_whisper

SEGMENTS = [
    {
        "start": 0.5,
        "end": 2,
        "text": " How are you?",
        "speaker": "SPEAKER_00",
        "words": [{"word": "How", "start": 0.5}],
    },
    {"start": 2.5, "end": 3.0, "text": " Fine.", "speaker": "SPEAKER_01"},
    {"text": " Really.", "speaker": "SPEAKER_01"},
    {"start": 3.0, "end": 4.0, "text": " ", "words": []},
]


def refused(document):
    with pytest.raises(Unreadable) as refusal:
        as_turns(read_whisper(document if isinstance(document, str) else json.dumps(document)))
    assert "Fine" not in str(refusal.value)
    return refusal.value.reason


@pytest.mark.parametrize("document", [{"text": "…", "segments": SEGMENTS, "language": "en"}, SEGMENTS])
def test_segments_with_speakers_and_some_times(document):
    turns = as_turns(read_whisper(json.dumps(document)))
    assert [(turn.speaker, turn.text, turn.start_s, turn.end_s) for turn in turns] == [
        ("SPEAKER_00", "How are you?", 0.5, 2.0),
        ("SPEAKER_01", "Fine. Really.", 2.5, 3.0),
    ]


def test_plain_whisper_must_be_diarised():
    assert refused({"segments": [{"start": 0, "end": 1, "text": "Fine."}]}) is Reason.UNKNOWN_SPEAKER


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(SEGMENTS)[:-20],
        "[" * 100_000,
        {"text": "Fine."},
        {"segments": ["Fine."]},
        [{"speaker": "A", "text": 3}],
        [{"speaker": "A", "text": "Fine.", "start": "soon"}],
        [{"speaker": "A", "text": "Fine.", "start": -1}],
        '[{"speaker": "A", "text": "Fine.", "start": NaN}]',
        '[{"speaker": "A", "text": "Fine.", "start": 1e999}]',
    ],
)
def test_malformed(document):
    assert refused(document) is Reason.MALFORMED


def test_no_words():
    assert refused({"segments": []}) is Reason.EMPTY


def test_halves_of_characters_are_mended():
    text = '[{"speaker": "A\\ud800", "text": "\\ud83d\\ude42 and \\ud83d"}]'
    (turn,) = as_turns(read_whisper(text))
    assert (turn.speaker, turn.text) == ("A\ufffd", "🙂 and \ufffd")
