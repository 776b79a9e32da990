"""Rich text (.rtf) to lines. Needs the extra `rtf` (striprtf)."""

from __future__ import annotations

import re

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable

MOST_CHARACTERS = 10_000_000  # an hour of talk is about 0.2 MB
DEEPEST_GROUP = 200
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def rtf_lines(text: str) -> list[str]:
    """The lines of the document body; headers, footers, comments, notes and properties are left out.

    Rows of tables come as "first cell: the other cells". Raises Unreadable: MALFORMED, TOO_LARGE.
    """
    from striprtf.striprtf import font_table_group, rtf_to_text

    if not text.startswith("{\\rtf") or not _is_balanced(text):
        raise Unreadable(Reason.MALFORMED, "not a whole RTF document: save or copy it again")
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(Reason.TOO_LARGE, f"more than {MOST_CHARACTERS} characters: save it without pictures")
    if re.search(r"\\bin\d", text):
        raise Unreadable(Reason.MALFORMED, "it holds binary pictures: save it without pictures")
    if re.search(r"\\deleted(?![a-z])", text):
        raise Unreadable(Reason.MALFORMED, "it holds tracked deletions: accept or reject all changes, then save it")
    fonts: str = font_table_group(text)
    text = text.replace(fonts, _short_font_table(fonts), 1) if fonts else text
    # A line break in RTF source means nothing, but keeps striprtf's search for links short and their addresses out.
    plain: str = rtf_to_text(text.replace("}", "}\n"), errors="replace")
    return [_row(line) for line in plain.split("\n")]


def _short_font_table(fonts: str) -> str:
    """Number and character set of each font, all we need; on a long table striprtf's search takes hours."""
    entries = []
    for piece in re.split("[{};]", fonts):
        number, charset = re.search(r"\\f(\d{1,5})", piece), re.search(r"\\fcharset(\d{1,3})", piece)
        if number and charset:
            entries.append(f"{{\\f{number[1]}\\fcharset{charset[1]} x;}}")
    return "{\\fonttbl" + "".join(entries) + "}"


def _row(line: str) -> str:
    if not line.endswith("|"):
        return line
    cells = [cell.strip() for cell in line[:-1].split("|")]
    return f"{cells[0].rstrip(':')}: {' '.join(cells[1:])}" if len(cells) > 1 else cells[0]


def _is_balanced(text: str) -> bool:
    depth = 0
    for mark in _BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth < 0 or depth > DEEPEST_GROUP:
            return False
    return depth == 0
