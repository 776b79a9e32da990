import pytest

from pipeline.errors import Reason
from pipeline.ingest_rtf import rtf_lines
from pipeline.ingest_text import read_lines
from pipeline.ingest_turns import Unreadable, as_turns

RTF = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Helvetica;}}{\info{\author hidden author}{\title hidden title}}"
    r"{\header\pard hidden header\par}{\footer\pard hidden footer\par}"
    r"\pard\f0 T: How {\b are} you, Andr\'e9?\par C: Fine.{\*\annotation hidden comment}{\footnote hidden note}\line"
    r" Really \u8211? yes."
    r" \u-10179?\u-8638?\par T: See {\field{\*\fldinst{HYPERLINK "
    r'"http://hidden.example"}}{\fldrslt{the page}}}.\par}'
)


def turns(text):
    return [(turn.speaker, turn.text) for turn in as_turns(read_lines(rtf_lines(text)))]


def test_words_without_properties_headers_comments_notes_and_addresses():
    assert turns(RTF) == [("T", "How are you, André?"), ("C", "Fine. Really – yes. 🙂"), ("T", "See the page.")]


def test_a_lone_surrogate_is_mended():
    assert "\ufffd" in turns(RTF.replace(r"\u-8638?", ""))[1][1]


def test_table_rows_name_their_speaker():
    rows = r"{\rtf1\ansi \trowd T\cell Hi.\cell\row \trowd C\cell Hello.\cell\row}"
    assert turns(rows) == [("T", "Hi."), ("C", "Hello.")]


@pytest.mark.parametrize(
    "text",
    [
        "T: no rtf",
        RTF[:-1],
        RTF + "}",
        RTF.replace(r"{\b are}", r"{\deleted are}"),
        RTF.replace(r"{\b are}", r"{\pict\bin4 {{{{}"),
        r"{\rtf1" + "{" * 500 + "}" * 500 + "}",
    ],
)
def test_refused(text):
    with pytest.raises(Unreadable) as refusal:
        rtf_lines(text)
    assert refusal.value.reason is Reason.MALFORMED


def test_the_character_set_of_a_font_decides_its_letters():
    fonts = r"{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fnil\fcharset204 Arial Cyr;}}"
    text = r"{\rtf1\ansi\ansicpg1252" + fonts + r"\f0 T: \'e9\par\f1 C: \'c4\'e0\par}"
    assert turns(text) == [("T", "é"), ("C", "Да")]


@pytest.mark.timeout(30)
def test_an_endless_font_table_takes_no_time():
    fonts = r"{\fonttbl " + r"\f1 " * 100_000 + r"\f1\fcharset0 " * 20_000 + "}"
    assert turns(r"{\rtf1" + fonts + r"T: a\par C: b\par}") == [("T", "a"), ("C", "b")]
