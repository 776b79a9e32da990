"""Bad input never loses good data: a study full of broken and hostile files, and one good session that comes through."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.store import open_store
from tests.conftest import alliance, home_of_its_own
from tests.formats.make_docx import docx, says

GOOD = "T: What was it like, that week?\nC: Fine.\n" * 10


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("word/document.xml", b"<w>" + b" " * 300_000_000 + b"</w>")
    return out.getvalue()


ENTITIES = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
FILES = {
    "empty.txt": (b"", "empty"),
    "latin.txt": (GOOD.replace("week", "wéek").encode("latin-1"), "wrong_encoding"),
    "cut.docx": (docx(says("T: Hello.", "C: Fine."))[:200], "malformed"),
    "bomb.docx": (zip_bomb(), "hostile"),
    "entities.docx": (docx(says("T: Hello.", "C: Fine."), prolog=ENTITIES), "hostile"),
    "entities.eaf": (f"{ENTITIES}<ANNOTATION_DOCUMENT>&c;</ANNOTATION_DOCUMENT>".encode(), "hostile"),
    "cut.json": (b'{"segments": [{"speaker": "A", "te', "malformed"),
    "film.mp4": (b"\x00\x01\x02", "unknown_format"),
    "noise.txt": (b"T: Hello\x00\x07\x1b[31m", "malformed"),
    "one.txt": (b"T: Hello.\nT: Are you there?\n", "one_speaker"),
    "who.txt": (GOOD.encode() + b"Q: And me?\n", "unknown_speaker"),
    "../../outside.txt": (None, "outside_inbox"),
    "gone.txt": (None, "missing_file"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    study, env = folder / "study", home_of_its_own(folder / "places")
    inbox = study / "inbox"
    inbox.mkdir(parents=True)
    (folder / "outside.txt").write_text(GOOD)
    (inbox / "good.txt").write_text(GOOD)
    rows = [
        "session_id,client_id,therapist_id,session_no,date,status,transcript",
        "good,c1,t1,1,2026-03-01,held,good.txt",
    ]
    for n, (name, (data, _)) in enumerate(FILES.items(), 2):
        if data is not None:
            (inbox / name).write_bytes(data)
        rows.append(f"s{n},c1,t1,{n},2026-03-{n:02d},held,{name}")
    with (inbox / "huge.txt").open("wb") as f:  # a hole of 100 MB: refused by its size, never read
        f.truncate(100_000_000)
    rows.append("huge,c1,t1,98,2026-04-01,held,huge.txt")
    (study / "sessions.csv").write_text("\n".join(rows) + "\n")
    (study / "consent.csv").write_text("client_id,purpose,status,signed_on\nc1,research,granted,2026-01-05\n")
    done = alliance("run", study, env=env)
    with open_store(study / "store" / "study.duckdb", read_only=True) as store:
        yield done, study, dict(store.query("SELECT session_id, reason FROM refusals").iter_rows()), store


def test_the_good_session_is_in_and_the_run_says_some_are_not(ran):
    done, _, _, store = ran
    assert done.returncode == 2, done.stderr
    assert store.query("SELECT session_id FROM sessions")["session_id"].to_list() == ["good"]


@pytest.mark.parametrize(("n", "name", "reason"), [(n, name, r) for n, (name, (_, r)) in enumerate(FILES.items(), 2)])
def test_each_bad_file_is_quarantined_with_its_reason(ran, n, name, reason):
    assert ran[2][f"s{n}"] == reason, name


def test_a_file_of_100_mb_is_refused_by_its_size(ran):
    assert ran[2]["huge"] == "too_large"


def test_check_would_have_named_the_paths(ran):
    done, study, _, _ = ran
    del done
    said = alliance("check", study, env=home_of_its_own(study.parent / "again")).stdout
    assert "leads out of inbox" in said
    assert "not in inbox" in said
    assert "no reader knows" in said
