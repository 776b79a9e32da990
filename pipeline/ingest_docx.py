"""Word documents (.docx) to blocks of words, and what rows of a document's table mean."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from pipeline.errors import Reason
from pipeline.ingest_labels import speaker_labels
from pipeline.ingest_tables import read_table
from pipeline.ingest_text import read_lines
from pipeline.ingest_turns import CLOCK, Unreadable, Utterance

# Taken out of the document before it is read: words that moved away, notes, comments and fields (they carry names),
# pictures with their descriptions, the second copy of every text box, list numbers ("1)" would hide the speaker's
# label), and merged cells (their declared width can fill the memory).
_NOT_SPOKEN = (
    *("moveFrom", "del", "footnoteReference", "endnoteReference", "commentReference", "commentRangeStart"),
    *("commentRangeEnd", "annotationRef", "drawing", "pict", "object", "Fallback", "numPr", "gridSpan", "vMerge"),
    "instrText",
)
_USUAL_HEADINGS = {
    **dict.fromkeys(("speaker", "name", "who"), "speaker"),
    **dict.fromkeys(("text", "words", "transcript", "utterance"), "text"),
    **dict.fromkeys(("start", "start_s", "time", "timestamp"), "start_s"),
    **dict.fromkeys(("end", "end_s"), "end_s"),
    "turn": "turn",
}


def docx_blocks(data: bytes) -> list[str | list[str]]:
    """The body in order: a paragraph is a str, a table row is the list of its cells. Call `check_zip` first.

    Headers, footers, comments, footnotes and properties are left out: they carry identities, and nobody said them.
    Tracked insertions are kept, tracked deletions are not (docx2python; python-docx loses the insertions).
    """
    from docx2python import docx2python

    with docx2python(io.BytesIO(data), duplicate_merged_cells=False) as document:
        main = document.docx_reader.file_of_type("officeDocument")
        _strip(main.root_element)
        tables = document.body
    blocks: list[str | list[str]] = []
    for table in tables:
        for row in table:
            if len(row) == 1:
                blocks.extend(line for paragraph in row[0] for line in paragraph.split("\n"))
            else:
                blocks.append([" ".join(paragraph for paragraph in cell if paragraph) for cell in row])
    return blocks


def _strip(root: Any) -> None:
    for tag in _NOT_SPOKEN:
        for element in list(root.iter("{*}" + tag)):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    for link in root.iter("{*}hyperlink"):
        link.attrib.clear()  # else the address stands in the words


def read_blocks(blocks: Sequence[str | list[str]]) -> list[Utterance]:
    """Paragraphs and table rows of a document to utterances.

    A table is read by its heading (speaker, text, turn, start, end), else as speaker | text or time | speaker | text.
    Raises Unreadable: MALFORMED for another table, and whatever `read_lines` and `read_table` raise.
    """
    rows = [block for block in blocks if isinstance(block, list) and any(cell.strip() for cell in block)]
    if rows and (heading := _heading(rows[0])):
        outside = [block for block in blocks if isinstance(block, str)]
        if speaker_labels(line.strip() for line in outside):
            raise Unreadable(
                Reason.MALFORMED, "it has speakers in a table and outside it: put all turns into the table"
            )
        width = len(heading)
        numbered = [(at, [*row, *[""] * (width - len(row))]) for at, row in enumerate(rows[1:], start=2)]
        return read_table([(1, heading), *numbered])
    return read_lines([block if isinstance(block, str) else _line(block) for block in blocks])


def _heading(cells: Sequence[str]) -> list[str] | None:
    names = [_USUAL_HEADINGS.get(cell.strip().casefold(), "") for cell in cells]
    if "speaker" not in names or "text" not in names:
        return None
    return [name or f"column {at}" for at, name in enumerate(names)]


def _line(cells: Sequence[str]) -> str:
    """A row without heading as a line that names its speaker."""
    kept = [cell.strip() for cell in cells]
    if not any(kept):
        return ""
    clock = ""
    if len(kept) == 3 and re.fullmatch(rf"[\[(]?{CLOCK}[\])]?", kept[0]):
        clock, kept = f"[{kept[0].strip('[]()')}] ", kept[1:]
    if len(kept) != 2:
        raise Unreadable(
            Reason.MALFORMED, f"a table with {len(cells)} columns and no heading: give it the heading speaker | text"
        )
    label, words = kept[0].rstrip(": "), kept[1]
    return f"{clock}{label}: {words}" if label else words
