import io
import struct
import zipfile

import pytest

from pipeline.errors import Reason
from pipeline.ingest_archive import check_xml, check_zip
from pipeline.ingest_turns import Unreadable

XML = b'<?xml version="1.0" encoding="UTF-8"?><a>words</a>'
LAUGHS = b'<!DOCTYPE a [<!ENTITY x "haha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'


def zipped(parts):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts:
            container.writestr(name, content)
    return data.getvalue()


def reason_of(check, *arguments):
    with pytest.raises(Unreadable) as refusal:
        check(*arguments)
    assert "words" not in str(refusal.value)
    return refusal.value.reason


def test_a_good_container_and_good_xml_pass():
    check_xml(XML)
    check_zip(zipped([("main.xml", XML), ("media/picture.png", b"\x89PNG" + bytes(range(256)))]), "main.xml")


def test_a_bomb_that_says_so():
    assert (
        reason_of(check_zip, zipped([("main.xml", XML), ("x.bin", b"\0" * 30_000_000)]), "main.xml") is Reason.HOSTILE
    )


def test_a_bomb_that_lies_about_its_size():
    """The directory says 100 bytes; more come out, which is damage at best."""
    data = bytearray(zipped([("main.xml", XML), ("x.bin", b"\0" * 30_000_000)]))
    size = struct.pack("<I", 30_000_000)
    assert data.count(size) == 2
    for _ in range(2):
        at = data.index(size)
        data[at : at + 4] = struct.pack("<I", 100)
    assert reason_of(check_zip, bytes(data), "main.xml") in {Reason.HOSTILE, Reason.MALFORMED}


def test_too_many_parts():
    assert (
        reason_of(check_zip, zipped([("main.xml", XML), *((f"{n}", b"") for n in range(5_001))]), "main.xml")
        is Reason.HOSTILE
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name():
    assert reason_of(check_zip, zipped([("main.xml", XML), ("main.xml", XML)]), "main.xml") is Reason.HOSTILE


@pytest.mark.parametrize("name", ["main.xml", "other.bin"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le"])
def test_entities_in_any_part_and_any_unicode_form(name, codec):
    hostile = LAUGHS.decode().encode(codec)
    parts = dict([("main.xml", XML)]) | {name: hostile}
    assert reason_of(check_zip, zipped(list(parts.items())), "main.xml") in {Reason.HOSTILE, Reason.MALFORMED}


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (LAUGHS, Reason.HOSTILE),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', Reason.HOSTILE),
        (LAUGHS.decode().encode("utf-16"), Reason.HOSTILE),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', Reason.HOSTILE),
        ('<?xml version="1.0" encoding="cp037"?><a/>'.encode("cp037"), Reason.HOSTILE),
        (XML[:-3], Reason.MALFORMED),
        (b"", Reason.MALFORMED),
    ],
)
def test_xml(xml, reason):
    assert reason_of(check_xml, xml) is reason


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"words", zipped([("main.xml", XML)])[:-30], zipped([("b.xml", XML)])]
)
def test_no_such_container(data):
    assert reason_of(check_zip, data, "main.xml") is Reason.MALFORMED


def test_a_password():
    data = bytearray(zipped([("main.xml", XML)]))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    assert reason_of(check_zip, bytes(data), "main.xml") is Reason.MALFORMED
