"""The door of the pipeline: what is let in, what is refused and why, and that nothing said gets into a message."""

import importlib.util
import io
import json
import os
import pickle
import sys
import traceback
import tracemalloc
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odfdo import Document, Paragraph

import pipeline.ingest as ingest
from pipeline.errors import Quarantined, Reason
from pipeline.session import RawTurn

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("make_docx", HERE / "formats" / "make_docx.py")
make = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)

T, C = "Tamsin", "Cosimo"
WORDS = ("quokka zephyr", "marzipan obelisk")  # telling words: none may stand in a message


def xlsx():
    book = openpyxl.Workbook()
    for row in (["speaker", "text"], [T, WORDS[0]], [C, WORDS[1]]):
        book.active.append(row)
    return book.save


def odt():
    document = Document("text")
    document.body.clear()
    for line in (f"{T}: {WORDS[0]}", f"{C}: {WORDS[1]}"):
        document.body.append(Paragraph(line))
    return document.save


def bytes_of(save):
    data = io.BytesIO()
    save(data)
    return data.getvalue()


def eaf():
    slots = "".join(f'<TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{n}000"/>' for n in range(4))
    tiers = "".join(
        f'<TIER LINGUISTIC_TYPE_REF="l" TIER_ID="{name}"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{n}" '
        f'TIME_SLOT_REF1="ts{2 * n}" TIME_SLOT_REF2="ts{2 * n + 1}"><ANNOTATION_VALUE>{words}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
        for n, (name, words) in enumerate(((T, WORDS[0]), (C, WORDS[1])))
    )
    schema = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="x"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT VERSION="3.0" {schema}>'
        f"<TIME_ORDER>{slots}</TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>"
    ).encode()


def textgrid():
    tiers = "".join(
        f'"IntervalTier"\n"{name}"\n0\n4\n1\n{n}\n{n + 1}\n"{words}"\n'
        for n, (name, words) in enumerate(((T, WORDS[0]), (C, WORDS[1])))
    )
    return f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n4\n<exists>\n2\n{tiers}'.encode()


VALID = {
    "txt": f"{T}: {WORDS[0]}\n{C}: {WORDS[1]}\n".encode(),
    "vtt": (
        f"WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\n<v {T}>{WORDS[0]}</v>\n\n"
        f"2\n00:00:01.000 --> 00:00:02.000\n<v {C}>{WORDS[1]}</v>\n"
    ).encode(),
    "srt": (
        f"1\n00:00:00,000 --> 00:00:01,000\n{T}: {WORDS[0]}\n\n2\n00:00:01,000 --> 00:00:02,000\n{C}: {WORDS[1]}\n"
    ).encode(),
    "docx": make.docx(make.says(f"{T}: {WORDS[0]}", f"{C}: {WORDS[1]}")),
    "csv": f'turn,speaker,start_s,end_s,text\n0,{T},0,1,"{WORDS[0]}"\n1,{C},1,2,{WORDS[1]}\n'.encode(),
    "tsv": f"speaker\ttext\n{T}\t{WORDS[0]}\n{C}\t{WORDS[1]}\n".encode(),
    "xlsx": bytes_of(xlsx()),
    "json": json.dumps({"segments": [{"speaker": T, "text": WORDS[0]}, {"speaker": C, "text": WORDS[1]}]}).encode(),
    "eaf": eaf(),
    "TextGrid": textgrid(),
    "cha": (
        f"@UTF8\n@Begin\n@Languages:\teng\n@Participants:\tTAM {T} Adult, COS {C} Adult\n"
        f"*TAM:\t{WORDS[0]} .\n*COS:\t{WORDS[1]} .\n@End\n"
    ).encode(),
    "rtf": rf"{{\rtf1\ansi\ansicpg1252 {T}: {WORDS[0]}\par {C}: {WORDS[1]}\par}}".encode(),
    "odt": bytes_of(odt()),
}
assert {f".{suffix.lower()}" for suffix in VALID} == set(ingest.FORMATS)
TELLING = {word for words in (*WORDS, T, C) for word in words.split()}


def read(folder, name, data, **settings):
    (folder / name).write_bytes(data)
    return ingest.read_transcript(folder / name, session_id="s07", inbox=folder, **settings)


def refusal_of(call, *arguments, **settings):
    with pytest.raises(Quarantined) as caught:
        call(*arguments, **settings)
    refusal = caught.value
    assert refusal.session_id == "s07"
    assert refusal.advice
    said = "".join(traceback.format_exception(refusal))
    assert refusal.__cause__ is None
    assert refusal.__context__ is None
    assert not any(word in said for word in TELLING)
    assert pickle.loads(pickle.dumps(refusal)).reason is refusal.reason
    return refusal


@pytest.mark.parametrize("suffix", VALID)
def test_every_format_gives_the_same_turns(suffix, tmp_path):
    turns = read(tmp_path, f"a.{suffix}", VALID[suffix])
    assert all(isinstance(turn, RawTurn) for turn in turns)
    assert [turn.turn_no for turn in turns] == [0, 1]
    assert [turn.text.rstrip(".") for turn in turns] == list(WORDS)
    assert [turn.speaker for turn in turns] == (["TAM", "COS"] if suffix == "cha" else [T, C])


TALK = [
    ("T", "So how did it go with the letter you were going to write to your brother over the weekend?"),
    ("C", "I did it. Well, I started it, and then it sat on the table and I sort of walked round it for two days."),
    ("T", "Okay."),
    ("C", "You don't have to say okay every time."),
]


@pytest.mark.parametrize(
    "labels", [("T", "C"), ("Therapist", "Client"), ("Dr Quill", "Fenn"), ("SPEAKER_00", "SPEAKER_01")]
)
def test_other_labels_give_the_same_turns(labels, tmp_path):
    name = dict(zip("TC", labels, strict=True))
    (tmp_path / "s.txt").write_text("".join(f"{name[who]}: {said}\n" for who, said in TALK))
    found = ingest.read_transcript(tmp_path / "s.txt", session_id="s", inbox=tmp_path)
    assert [(t.speaker, t.text) for t in found] == [(name[who], said) for who, said in TALK]


@pytest.mark.parametrize("most", [1, 4, 7])
def test_a_session_cut_into_the_cues_of_a_recogniser_gives_the_same_turns(most, tmp_path):
    lines, at = ["WEBVTT", ""], 0
    for who, said in TALK:
        words = said.split()
        for i in range(0, len(words), most):
            lines += [
                f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{at // 60:02}:{at % 60:02}.900",
                f"<v {who}>{' '.join(words[i : i + most])}</v>",
                "",
            ]
            at += 1
    (tmp_path / "s.vtt").write_text("\n".join(lines))
    found = ingest.read_transcript(tmp_path / "s.vtt", session_id="s", inbox=tmp_path)
    assert [(t.speaker, t.text) for t in found] == TALK
    assert found[0].start_s == 0.0


def test_the_same_file_gives_the_same_turns_twice(tmp_path):
    assert read(tmp_path, "a.docx", VALID["docx"]) == read(tmp_path, "a.docx", VALID["docx"])


# --- admission -----------------------------------------------------------------------------------------------------


def test_a_relative_path_is_one_in_the_inbox(tmp_path, monkeypatch):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.txt").write_bytes(VALID["txt"])
    monkeypatch.chdir(tmp_path)
    for path in (Path("a.txt"), Path("inbox/a.txt")):
        assert len(ingest.read_transcript(path, session_id="s07", inbox=Path("inbox"))) == 2


@pytest.mark.parametrize(
    "path", ["../a.txt", "../../../../etc/hostname.txt", "/etc/hostname.txt", "link.txt", "folder/a.txt"]
)
def test_outside_the_inbox(path, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "a.txt").write_bytes(VALID["txt"])
    (inbox / "link.txt").symlink_to(tmp_path / "a.txt")
    (inbox / "folder").symlink_to(tmp_path)
    for given_path in (Path(path), inbox / path):
        assert (
            refusal_of(ingest.read_transcript, given_path, session_id="s07", inbox=inbox).reason is Reason.OUTSIDE_INBOX
        )


@pytest.mark.parametrize("name", ["none.txt", "folder.txt", "pipe.txt", "loop.txt", "a\0b.txt", "x" * 300 + ".txt"])
def test_no_file(name, tmp_path):
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    refusal = refusal_of(ingest.read_transcript, tmp_path / name, session_id="s07", inbox=tmp_path)
    assert refusal.reason is Reason.MISSING_FILE


def test_a_file_of_100_megabytes_is_not_read(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    refusal = refusal_of(ingest.read_transcript, tmp_path / "a.csv", session_id="s07", inbox=tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal.reason is Reason.TOO_LARGE
    assert peak < 5_000_000


@pytest.mark.parametrize("name", ["a.pdf", "a.doc", "a", "a.mp3", ".txt"])
def test_unknown_formats(name, tmp_path):
    assert refusal_of(read, tmp_path, name, b"words").reason is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("suffix", VALID)
def test_nothing_in_it(suffix, tmp_path):
    assert refusal_of(read, tmp_path, f"a.{suffix}", b"").reason is Reason.EMPTY


def test_a_suffix_may_be_written_in_capitals(tmp_path):
    assert len(read(tmp_path, "a.TXT", VALID["txt"])) == 2


# --- encoding ------------------------------------------------------------------------------------------------------

TEXT_FORMATS = [suffix for suffix in VALID if suffix not in {"docx", "xlsx", "odt", "eaf"}]


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_a_byte_order_mark_is_no_word(suffix, tmp_path):
    assert read(tmp_path, f"a.{suffix}", b"\xef\xbb\xbf" + VALID[suffix]) == read(
        tmp_path, f"a.{suffix}", VALID[suffix]
    )


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_another_encoding_must_be_named(suffix, tmp_path):
    data = VALID[suffix].decode().encode("utf-16")
    assert refusal_of(read, tmp_path, f"a.{suffix}", data).reason is Reason.WRONG_ENCODING
    assert read(tmp_path, f"a.{suffix}", data, encoding="utf-16") == read(tmp_path, f"a.{suffix}", VALID[suffix])


def test_encoding_is_never_guessed(tmp_path):
    data = "T: Wie geht's Ihnen?\nC: Schön.".encode("cp1252")
    assert refusal_of(read, tmp_path, "a.txt", data).reason is Reason.WRONG_ENCODING
    assert read(tmp_path, "a.txt", data, encoding="cp1252")[1].text == "Schön."
    for unknown in ("no-such", "rot13", "hex", "a\0b"):
        assert refusal_of(read, tmp_path, "a.txt", data, encoding=unknown).reason is Reason.WRONG_ENCODING


def test_nul_bytes_are_no_text(tmp_path):
    assert refusal_of(read, tmp_path, "a.txt", b"T: \0hi").reason is Reason.MALFORMED


def test_windows_and_old_mac_line_ends(tmp_path):
    for end in (b"\r\n", b"\r"):
        assert len(read(tmp_path, "a.txt", VALID["txt"].replace(b"\n", end))) == 2


# --- hostile files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["docx", "xlsx", "odt"])
def test_a_zip_bomb(suffix, tmp_path):
    bomb = make.docx("", more={name: b" " * 40_000_000 for name in ("xl/workbook.xml", "content.xml")})
    assert len(bomb) < 200_000
    assert refusal_of(read, tmp_path, f"a.{suffix}", bomb).reason is Reason.HOSTILE


DOCTYPE = '<!DOCTYPE x [<!ENTITY quokka "zephyr"><!ENTITY b "&quokka;&quokka;">]>'


def test_entities_in_word_documents(tmp_path):
    body = make.docx(make.says("T: &b;", "C: hi"), prolog=DOCTYPE)
    assert refusal_of(read, tmp_path, "a.docx", body).reason is Reason.HOSTILE


def test_entities_in_elan_files(tmp_path):
    data = VALID["eaf"].replace(b"?><ANN", b"?>" + DOCTYPE.encode() + b"<ANN")
    assert refusal_of(read, tmp_path, "a.eaf", data).reason is Reason.HOSTILE


def test_headers_footers_comments_notes_and_properties_of_a_document_are_not_read(tmp_path):
    assert b"hidden" not in b"".join(turn.text.encode() for turn in read(tmp_path, "a.docx", VALID["docx"]))


@pytest.mark.parametrize(
    ("module", "suffix"),
    [("praatio", "TextGrid"), ("pylangacq", "cha"), ("striprtf", "rtf"), ("odfdo", "odt"), ("openpyxl", "xlsx")],
)
def test_a_missing_extra_says_which(module, suffix, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    refusal = refusal_of(read, tmp_path, f"a.{suffix}", VALID[suffix])
    assert refusal.reason is Reason.EXTRA_NOT_INSTALLED
    assert f"pip install 'alliance-rupture-pipeline[{ingest.EXTRAS[f'.{suffix.lower()}']}]'" in refusal.advice


# --- whatever the bytes --------------------------------------------------------------------------------------------

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(folder, name, data, capfd):
    """The turns, or None where the file was refused as it should be: quietly and without its words."""
    (folder / name).write_bytes(data)
    turns, refusal = None, None
    try:
        turns = ingest.read_transcript(folder / name, session_id="s07", inbox=folder)
    except Quarantined as refused:
        refusal = refused
    if refusal is not None:
        assert not any(word in "".join(traceback.format_exception(refusal)) for word in TELLING)
        assert refusal.__context__ is None
    out, err = capfd.readouterr()
    assert not any(word in out + err for word in TELLING)
    for number, turn in enumerate(turns or ()):
        assert turn.turn_no == number
        assert turn.speaker == turn.speaker.strip() != ""
        turn.text.encode()
    return turns


@pytest.mark.parametrize("suffix", VALID)
@often
@given(data=st.binary(min_size=1, max_size=400))
def test_random_bytes(suffix, data, tmp_path, capfd):
    read_or_refuse(tmp_path, f"a.{suffix}", data, capfd)


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@often
@given(text=st.text(max_size=300))
def test_random_text_behind_a_good_beginning(suffix, text, tmp_path, capfd):
    whole = VALID[suffix].decode()
    for data in (text, whole + text, whole.replace(WORDS[0], text)):
        read_or_refuse(tmp_path, f"a.{suffix}", data.encode(), capfd)


@pytest.mark.parametrize("suffix", VALID)
@often
@given(share=st.floats(0, 1, exclude_max=True))
def test_files_cut_short(suffix, share, tmp_path, capfd):
    data = VALID[suffix]
    turns = read_or_refuse(tmp_path, f"a.{suffix}", data[: max(1, int(len(data) * share))], capfd)
    assert turns is None or len(turns) <= 2
    if suffix in {"docx", "xlsx", "odt", "eaf", "json", "rtf"}:
        assert turns is None  # these formats say where they end


@pytest.mark.parametrize("suffix", VALID)
@often
@given(share=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), more=st.binary(max_size=3))
def test_files_with_changed_bytes(suffix, share, byte, more, tmp_path, capfd):
    data = bytearray(VALID[suffix])
    at = int(len(data) * share)
    data[at : at + 1] = bytes([byte]) + more
    read_or_refuse(tmp_path, f"a.{suffix}", bytes(data), capfd)
