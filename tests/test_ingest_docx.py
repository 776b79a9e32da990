import importlib.util
from pathlib import Path

import pytest

from pipeline.errors import Reason
from pipeline.ingest_docx import docx_blocks, read_blocks
from pipeline.ingest_turns import Unreadable, as_turns

_spec = importlib.util.spec_from_file_location("make_docx", Path(__file__).parent / "formats" / "make_docx.py")
make = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)


def turns(body):
    return [(turn.speaker, turn.text) for turn in as_turns(read_blocks(docx_blocks(make.docx(body))))]


def test_paragraphs():
    assert turns(make.says("Session four", "T: How are you &amp; yours?", "C: Fine.", "Really.", "T: Mhm.")) == [
        ("T", "How are you & yours?"),
        ("C", "Fine. Really."),
        ("T", "Mhm."),
    ]


def test_tracked_insertions_are_kept_deletions_and_moves_are_not():
    body = make.paragraph(
        make.run("T: It was ")
        + '<w:ins w:id="1" w:author="A"><w:r><w:t>very </w:t></w:r></w:ins>'
        + '<w:del w:id="2" w:author="A"><w:r><w:delText>hidden </w:delText></w:r></w:del>'
        + '<w:moveFrom w:id="3"><w:r><w:t>hidden </w:t></w:r></w:moveFrom>'
        + make.run("hard.")
    )
    assert turns(body + make.says("C: Yes."))[0] == ("T", "It was very hard.")


def test_what_nobody_said_is_left_out():
    body = (
        make.paragraph(
            '<w:commentRangeStart w:id="0"/>' + make.run("T: Well") + '<w:commentRangeEnd w:id="0"/>'
            '<w:r><w:commentReference w:id="0"/></w:r><w:r><w:footnoteReference w:id="2"/></w:r>' + make.run(".")
        )
        + make.paragraph('<w:hyperlink r:id="rlink">' + make.run("C: See the page.") + "</w:hyperlink>")
        + make.paragraph(
            '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>' + make.run("T: Numbered.")
        )
        + make.paragraph('<w:r><w:drawing><a:x xmlns:a="urn:a" descr="hidden picture"/></w:drawing></w:r>')
    )
    assert turns(body) == [("T", "Well."), ("C", "See the page."), ("T", "Numbered.")]


def test_tabs_and_line_breaks():
    body = make.paragraph("<w:r><w:t>T:</w:t><w:tab/><w:t>Hi.</w:t><w:br/><w:t>C: Hello.</w:t></w:r>")
    assert turns(body) == [("T", "Hi."), ("C", "Hello.")]


@pytest.mark.parametrize(
    "rows",
    [
        [["Speaker", "Text"], ["T", "Hi."], ["C", "Hello."]],
        [["T", "Hi."], ["C:", "Hello."]],
        [["00:03", "T", "Hi."], ["[00:05]", "C", "Hello."]],
        [
            ["Turn", "Time", "Speaker", "Utterance", "Notes"],
            ["1", "0:03", "T", "Hi.", ""],
            ["2", "", "C", "Hello.", "x"],
        ],
    ],
)
def test_tables(rows):
    assert turns(make.table(*rows)) == [("T", "Hi."), ("C", "Hello.")]


def test_a_cell_that_claims_a_billion_columns():
    wide = make.table(["T", "Hi."], ["C", "Hello."]).replace(
        "<w:tc>", '<w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr>', 1
    )
    assert turns(wide) == [("T", "Hi."), ("C", "Hello.")]


@pytest.mark.parametrize(
    "body",
    [make.table(["a", "b", "c", "d"]), make.says("T: Hi.") + make.table(["Speaker", "Text"], ["T", "a"], ["C", "b"])],
)
def test_tables_we_do_not_understand_are_refused(body):
    with pytest.raises(Unreadable) as refusal:
        turns(body)
    assert refusal.value.reason is Reason.MALFORMED
