import io

from odfdo import Document, Header, List, ListItem, Paragraph, Table

from pipeline.ingest_docx import read_blocks
from pipeline.ingest_odt import odt_blocks
from pipeline.ingest_turns import as_turns


def odt(*elements):
    document = Document("text")
    document.body.clear()
    for element in elements:
        document.body.append(element)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def turns(data):
    return [(turn.speaker, turn.text) for turn in as_turns(read_blocks(odt_blocks(data)))]


def test_paragraphs_headings_lists_and_breaks():
    items = List()
    items.append(ListItem("T: And\tnow?"))
    data = odt(Header(1, "Session"), Paragraph("T: How  are you?"), Paragraph("C: Fine.\nReally."), items)
    assert turns(data) == [("T", "How are you?"), ("C", "Fine. Really."), ("T", "And now?")]


def test_comments_and_notes_are_left_out():
    noted = Paragraph("T: deep water")
    noted.insert_note(after="deep", note_id="n1", citation="1", body="hidden note")
    commented = Paragraph("C: well then")
    commented.insert_annotation(after="well", body="hidden comment", creator="hidden author")
    assert turns(odt(noted, commented)) == [("T", "deep water"), ("C", "well then")]


def test_tracked_deletions_are_left_out():
    document = Document(io.BytesIO(odt(Paragraph("T: It was hard."), Paragraph("C: Yes."))))
    xml = document.get_part("content.xml").serialize().decode()
    changes = (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info/>'
        "<text:p>C: hidden words</text:p></text:deletion></text:changed-region></text:tracked-changes>"
    )
    changed = xml.replace("<text:p>T: It was", f'{changes}<text:p>T: It<text:change text:change-id="c1"/> was')
    assert changed != xml
    document.set_part("content.xml", changed.encode())
    data = io.BytesIO()
    document.save(data)
    assert turns(data.getvalue()) == [("T", "It was hard."), ("C", "Yes.")]


def test_table():
    table = Table("turns")
    table.set_values([["Speaker", "Text"], ["T", "Hi."], ["C", "Hello."]])
    assert turns(odt(table)) == [("T", "Hi."), ("C", "Hello.")]


def test_a_space_of_a_billion_characters():
    paragraph = Paragraph("T: a  b")
    paragraph.get_elements("descendant::text:s")[0].set_attribute("text:c", "999999999")
    assert turns(odt(paragraph, Paragraph("C: c"))) == [("T", "a b"), ("C", "c")]
