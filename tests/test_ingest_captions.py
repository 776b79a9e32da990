from pathlib import Path

import pytest

from pipeline.errors import Reason
from pipeline.ingest_captions import read_srt, read_vtt
from pipeline.ingest_turns import Unreadable, as_turns

FORMATS = Path(__file__).parent / "formats"

ZOOM = """WEBVTT

1
00:00:01.000 --> 00:00:02.500
Mira Stone: How are things at home &amp; at work?

2
00:00:02.700 --> 00:00:04.000
Mira Stone: Take your time.

3
00:00:09.000 --> 00:00:10.000
rob: Fine.

4
00:00:10.000 --> 00:00:11.000
That's all.
"""
TEAMS = """WEBVTT

NOTE made by the meeting tool

8d6b/12-0
00:00:01.000 --> 00:00:02.000
<v Mira Stone>Hello &lt;there&gt;.</v>

8d6b/13-0
00:00:02.000 --> 00:00:05.000
<v Rob>Hi. <i>Well</i></v><v.loud Mira &amp; Co>Yes?</v>
"""


def turns(utterances):
    return [(turn.speaker, turn.text, turn.start_s, turn.end_s) for turn in as_turns(utterances)]


def test_zoom():
    assert turns(read_vtt(ZOOM.replace("rob", "Rob"))) == [
        ("Mira Stone", "How are things at home & at work? Take your time.", 1.0, 4.0),
        ("Rob", "Fine. That's all.", 9.0, 11.0),
    ]


def test_cues_without_empty_lines_between_them_lose_nothing():
    dense = "\n".join(line for line in ZOOM.split("\n") if line).replace("WEBVTT", "WEBVTT\n").replace("rob", "Rob")
    assert turns(read_vtt(dense)) == turns(read_vtt(ZOOM.replace("rob", "Rob")))
    unnumbered = "\n".join(line for line in dense.split("\n") if not line.isdecimal())
    assert turns(read_vtt(unnumbered)) == turns(read_vtt(dense))


def test_teams_with_two_voices_in_one_cue():
    assert turns(read_vtt(TEAMS)) == [
        ("Mira Stone", "Hello <there>.", 1.0, 2.0),
        ("Rob", "Hi. Well", 2.0, 5.0),
        ("Mira & Co", "Yes?", 2.0, 5.0),
    ]


def test_a_voice_file_with_a_nameless_cue_is_refused():
    with pytest.raises(Unreadable, match="1 captions") as refusal:
        read_vtt(TEAMS + "\n00:00:06.000 --> 00:00:07.000\nWho said this?\n")
    assert refusal.value.reason is Reason.UNKNOWN_SPEAKER


@pytest.mark.parametrize(
    "broken",
    [
        ZOOM.replace("00:00:09.000 --> ", "00:00:09 --> "),  # no milliseconds: webvtt-py leaves the cue out
        ZOOM.replace("00:00:09.000 --> 00:00:10.000\n", ""),  # words without a time
        ZOOM.replace("Fine.", "Fine.\n\nAnd more."),  # an empty line ends a cue, what follows would be lost
        ZOOM.replace("WEBVTT", "VTT"),
        ZOOM[: ZOOM.index("--> 00:00:10")],
    ],
)
def test_what_would_be_lost_in_silence_is_malformed(broken):
    with pytest.raises(Unreadable) as refusal:
        read_vtt(broken)
    assert refusal.value.reason is Reason.MALFORMED
    assert "Fine" not in str(refusal.value)


@pytest.mark.parametrize("name", ["captions_with_bom.vtt", "comments.vtt", "cue_tags.vtt"])
def test_real_files_without_speakers(name):
    with pytest.raises(Unreadable) as refusal:
        read_vtt((FORMATS / name).read_text(encoding="utf-8-sig"))
    assert refusal.value.reason is Reason.UNKNOWN_SPEAKER


def test_real_file_with_its_cues_named():
    text = (FORMATS / "comments.vtt").read_text().replace("- Ta", "T: Ta", 1)
    (turn,) = as_turns(read_vtt(text))
    assert turn.start_s == 135.0
    assert "translation" not in turn.text


SRT = """1
00:00:00,500 --> 00:00:02,000
T: <i>How</i> are you?

2
00:00:02,100 --> 00:00:03,000
C: Fine.

3
00:00:03,000 --> 00:00:04,000
Really.
"""


def test_srt():
    assert turns(read_srt(SRT)) == [("T", "How are you?", 0.5, 2.0), ("C", "Fine. Really.", 2.1, 4.0)]


def test_srt_of_a_real_tool_with_an_empty_caption():
    text = (FORMATS / "missing_caption_text.srt").read_text().replace("Caption", "T: Caption")
    (turn,) = as_turns(read_srt(text))
    assert turn.text.count("Caption") == 4


@pytest.mark.parametrize("broken", [SRT.replace("00:00:02,100 -->", "00:00: -->"), SRT.replace("-->", "-"), "T: hi"])
def test_srt_malformed(broken):
    with pytest.raises(Unreadable) as refusal:
        read_srt(broken)
    assert refusal.value.reason is Reason.MALFORMED
    assert refusal.value.__cause__ is None


def test_srt_without_speakers():
    with pytest.raises(Unreadable) as refusal:
        read_srt(SRT.replace("T: ", "").replace("C: ", ""))
    assert refusal.value.reason is Reason.UNKNOWN_SPEAKER
