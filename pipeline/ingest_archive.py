"""Is it safe to open? Zip containers (docx, xlsx, odt) and XML are looked at before any library sees them.

A zip bomb is small on disk and fills the memory when opened; an XML document type can do the same with entities, or
ask for other files. No transcript needs either, so both are refused rather than repaired.
"""

from __future__ import annotations

import io
import re
import xml.sax.handler
import zipfile

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable

MOST_MEMBERS = 5_000
MOST_INFLATED_BYTES = 200_000_000
MOST_XML_BYTES = 50_000_000  # a two-hour session is about 2 MB of document.xml
# Deflated text reaches 1:20, the repetitive XML of word processors 1:50. Apache POI draws the line at 1:100 as well.
MOST_RATIO = 100
RATIO_COUNTS_FROM = 1_000_000

_CHUNK = 1 << 20
_DECLARED_ENCODING = re.compile(rb"<\?xml[^>]{0,80}?encoding\s{0,5}=\s{0,5}[\"']([^\"']{1,40})[\"']")
_KNOWN_ENCODINGS = frozenset({b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1"})
_EBCDIC_XML = b"\x4c\x6f\xa7\x94"
_BOMB = "it grows far beyond its size when opened (a zip bomb): do not open it, ask who sent it"


def check_zip(data: bytes, must_hold: str) -> None:
    """Read every member once, in small pieces, and keep nothing.

    `must_hold` is the member without which the file is not of its format.
    Raises Unreadable: MALFORMED (no zip, damaged, with a password, wrong contents), HOSTILE (bomb, entities).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            members = container.infolist()
            names = [member.filename for member in members]
            declared = sum(member.file_size for member in members)
            if len(members) > MOST_MEMBERS or declared > MOST_INFLATED_BYTES:
                raise Unreadable(Reason.HOSTILE, _BOMB)
            if len(set(names)) != len(names):
                raise Unreadable(Reason.HOSTILE, "it holds two parts of one name: save it again from a word processor")
            if must_hold not in names:
                raise Unreadable(Reason.MALFORMED, "it is not what its suffix says: open it and save it again")
            if any(member.flag_bits & 1 for member in members):
                raise Unreadable(Reason.MALFORMED, "it has a password: save it without one")
            inflated = 0
            for member in members:
                inflated += _check_member(container, member, MOST_INFLATED_BYTES - inflated)
    except Unreadable:
        raise
    except Exception:  # zipfile, zlib and lzma each raise their own kinds on damage
        raise Unreadable(
            Reason.MALFORMED, "it is damaged, cut short or no such document: save or copy it again"
        ) from None


def _check_member(container: zipfile.ZipFile, member: zipfile.ZipInfo, budget: int) -> int:
    """Count the bytes as they come out, whatever the directory says about them."""
    inflated, is_xml, kept = 0, False, io.BytesIO()
    with container.open(member) as stream:
        while piece := stream.read(_CHUNK):
            if inflated == 0:
                is_xml = _looks_like_xml(piece)
            inflated += len(piece)
            too_dense = inflated > RATIO_COUNTS_FROM and inflated > MOST_RATIO * max(member.compress_size, 1)
            if inflated > budget or too_dense or (is_xml and inflated > MOST_XML_BYTES):
                raise Unreadable(Reason.HOSTILE, _BOMB)
            if is_xml:
                kept.write(piece)
    if is_xml:
        check_xml(kept.getvalue())
    return inflated


def _looks_like_xml(piece: bytes) -> bool:
    if piece.startswith(_EBCDIC_XML):
        return True
    start = piece[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"<")


def check_xml(data: bytes) -> None:
    """Refuse document types, entities and rare encodings (a way around a check), and what is not well-formed.

    Raises Unreadable: HOSTILE, MALFORMED. Nothing of the document is kept.
    """
    import defusedxml
    import defusedxml.sax

    declared = _DECLARED_ENCODING.search(data[:400].replace(b"\0", b""))
    rare = declared is not None and declared[1].lower() not in _KNOWN_ENCODINGS
    if rare or data.startswith((_EBCDIC_XML, b"+/v")):
        raise Unreadable(Reason.HOSTILE, "its XML has an unusual encoding: save it again as UTF-8")
    try:
        defusedxml.sax.parseString(data, xml.sax.handler.ContentHandler(), forbid_dtd=True)
        return
    except defusedxml.DefusedXmlException:
        reason, advice = Reason.HOSTILE, "its XML declares a document type or entities: do not open it, ask who sent it"
    except Exception:  # its message can quote the document
        reason, advice = Reason.MALFORMED, "its XML is damaged or cut short: save or copy it again"
    raise Unreadable(reason, advice)
