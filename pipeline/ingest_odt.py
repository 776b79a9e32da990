"""OpenDocument text (.odt) to blocks of words. Needs the extra `odt` (odfdo)."""

from __future__ import annotations

import io
from typing import Any

# Comments, notes, deleted passages, indexes and frames are not what was said in the session.
_NOT_SPOKEN = (
    *("office:annotation", "text:note", "text:tracked-changes", "text:table-of-content", "office:forms"),
    *("draw:frame", "draw:g", "text:sequence-decls", "text:user-field-decls"),
)
_LONGEST_SPACE = 1_000


def odt_blocks(data: bytes) -> list[str | list[str]]:
    """The body in order: a paragraph is a str, a table row is the list of its cells. Call `check_zip` first.

    Headers, footers and document properties lie in other parts of the file and are never read. Inserted words under
    change tracking are kept, deleted ones are not.
    """
    from odfdo import Document

    body: Any = Document(io.BytesIO(data)).body
    for tag in _NOT_SPOKEN:
        for element in body.xpath(f"descendant::{tag}"):
            element.delete(keep_tail=True)
    for space in body.xpath("descendant::text:s"):
        if int(space.get_attribute("text:c") or 1) > _LONGEST_SPACE:
            space.set_attribute("text:c", "1")  # a space of a billion characters fills the memory
    blocks: list[str | list[str]] = []
    for child in body.children:
        _walk(child, blocks)
    return blocks


def _walk(element: Any, blocks: list[str | list[str]]) -> None:
    if element.tag in ("text:p", "text:h"):
        blocks.extend(str(element.inner_text).split("\n"))
    elif element.tag == "table:table-row":
        cells = [child for child in element.children if child.tag == "table:table-cell"]
        blocks.append([" ".join(str(p.inner_text) for p in cell.xpath("descendant::text:p")) for cell in cells])
    else:  # lists, sections, tables and their groups of rows
        for child in element.children:
            _walk(child, blocks)
