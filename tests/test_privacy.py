"""Privacy is a test: names planted in every corner of a study must turn up nowhere but where a lab put them."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from pathlib import Path

import pytest

from pipeline.session import Speaker, Turn
from pipeline.store import open_store
from tests.conftest import alliance, home_of_its_own
from tests.formats.make_docx import docx, says

# Made-up people and places, unlike any word of English, so that a find is a leak. Ordinary-looking ones are measured
# on labelled sessions instead; here the question is where a word can travel, not whether it is recognised.
CLIENT, THERAPIST, SISTER, TOWN = "Zephrina Qualtrough", "Dr Ottoline Vexworth", "Mirabelka", "Brackenhurstwick"
CANARIES = [
    "zephrina",
    "qualtrough",
    "ottoline",
    "vexworth",
    "mirabelka",
    "brackenhurstwick",
    "zeffie",
    "07700900417",
    "qz884213",
]

TALK = [
    ("T", f"Hello {CLIENT.split()[0]}, come in. What was the week like?"),
    ("C", f"Fine. My sister {SISTER} came over from {TOWN}."),
    ("T", "And how did that feel, having her there?"),
    ("C", f"I don't know. Nothing. {SISTER} calls me Zeffie and you never listen, {THERAPIST}."),
    ("T", "I got that wrong. I should have asked you first. I'm sorry."),
    ("C", "Yes. I felt small when you laughed, and I nearly didn't come back."),
    ("T", "What would you need from me to make it useful?"),
    ("C", "My number is 07700 900417 if you want to ring, and my hospital number is QZ884213."),
]


def write(path: Path, rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("privacy")
    study, env = folder / "study", home_of_its_own(folder / "places")
    inbox = study / "inbox"
    inbox.mkdir(parents=True)
    lines = [f"{CLIENT if who == 'C' else THERAPIST}: {said}" for who, said in TALK]
    named = f"{CLIENT} {TOWN}.txt"  # the file's name says who it is
    (inbox / named).write_text("\n".join(lines), encoding="utf-8")
    parts = {
        "docProps/core.xml": f'<cp xmlns="urn:x"><creator>{THERAPIST}</creator><title>{CLIENT}, {TOWN}</title></cp>'
    }
    (inbox / "b.docx").write_bytes(docx(says(*lines), more=parts))
    cues = [f"00:00:{i:02d}.000 --> 00:00:{i + 1:02d}.000\n{line}\n" for i, line in enumerate(lines)]
    (inbox / "c.vtt").write_text(f"WEBVTT\n\nNOTE recorded in {TOWN}\n\n" + "\n".join(cues), encoding="utf-8")
    (inbox / "bad.json").write_text(f'{{"segments": [{{"speaker": "{CLIENT}", "text": "{SISTER} was', encoding="utf-8")
    (inbox / "who.txt").write_text("\n".join([*lines, f"{SISTER}: I am here too."]), encoding="utf-8")
    (inbox / "never.txt").write_text("\n".join(lines), encoding="utf-8")
    speakers = f"{CLIENT}=client;{THERAPIST}=therapist"
    head = [
        "session_id",
        "client_id",
        "therapist_id",
        "session_no",
        "date",
        "status",
        "transcript",
        "transcript_source",
        "speaker_map",
    ]
    rows = [
        [f"p_{n}", client, "t01", str(n), f"2026-03-{n:02d}", "held", file, "human", speakers]
        for n, (client, file) in enumerate(
            [
                ("c01", named),
                ("c01", "b.docx"),
                ("c01", "c.vtt"),
                ("c01", "bad.json"),
                ("c01", "who.txt"),
                ("c02", "never.txt"),
            ],
            1,
        )
    ]
    rows.append([CLIENT, "c01", "t01", "9", "2026-03-09", "held", named, "human", speakers])  # a name for an id
    write(study / "sessions.csv", [head, *rows])
    write(
        study / "consent.csv",
        [["client_id", "purpose", "status", "signed_on"], ["c01", "research", "granted", "2026-01-05"]],
    )
    write(
        study / "roster.csv",
        [["person_id", "role", "kind", "value"], ["c01", "client", "name", CLIENT], ["c01", "client", "place", TOWN]],
    )
    write(
        study / "alliance.csv",
        [
            ["client_id", "session_id", "measure", "form", "timing", "item", "value"],
            ["c01", "p_1", CLIENT, "client", "post", "1", SISTER],
        ],
    )
    done = [
        alliance(*words, env=env)
        for words in (("check", study), ("run", study), ("status", study), ("query", study, "outcomes_by_type"))
    ]
    assert done[1].returncode == 2, done[1].stderr
    return folder, study, done


def files_outside_the_labs_own(folder: Path, study: Path):
    own = {study / name for name in ("sessions.csv", "consent.csv", "roster.csv", "alliance.csv")}
    for path in folder.rglob("*"):
        if path.is_file() and path not in own and study / "inbox" not in path.parents:
            yield path


def traces(data: bytes) -> list[str]:
    low = data.lower()
    wide = data.decode("utf-16-le", "ignore").lower().encode()
    return [c for c in CANARIES if c.encode() in low or c.encode() in wide]


def test_no_file_anywhere_holds_a_planted_name(ran):
    folder, study, _ = ran
    looked = 0
    for path in files_outside_the_labs_own(folder, study):
        data = path.read_bytes()
        looked += 1
        assert traces(data) == [], path.name
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as z:
                assert [t for name in z.namelist() for t in traces(z.read(name))] == []
    assert looked > 5
    assert any(p.name == "prefect.db" for p in files_outside_the_labs_own(folder, study)), (
        "Prefect's storage was looked at"
    )


def test_no_name_of_a_file_or_folder_tells(ran):
    folder, study, _ = ran
    assert not [p for p in files_outside_the_labs_own(folder, study) if traces(str(p.relative_to(folder)).encode())]


def test_nothing_on_the_screen_tells(ran):
    for done in ran[2]:
        assert traces(done.stdout.encode() + done.stderr.encode()) == [], done.args


def test_no_table_tells_and_the_sessions_are_there(ran):
    _, study, _ = ran
    with open_store(study / "store" / "study.duckdb", read_only=True) as store:
        assert set(store.query("SELECT session_id FROM sessions")["session_id"]) == {"p_1", "p_2", "p_3"}
        for (table,) in store.query("SELECT table_name FROM information_schema.tables").iter_rows():
            for row in store.rows(f'SELECT * FROM "{table}"'):
                assert traces(repr(row).encode()) == [], table
        reasons = dict(store.query("SELECT session_id, reason FROM refusals").iter_rows())
    assert reasons == {"p_4": "malformed", "p_5": "unknown_speaker", "p_6": "no_consent"}


def test_the_same_person_is_the_same_pseudonym_in_all_sessions(ran):
    _, study, _ = ran
    with open_store(study / "store" / "study.duckdb", read_only=True) as store:
        greetings = store.query("SELECT text FROM turns WHERE turn_no = 0 ORDER BY session_id")["text"].to_list()
    assert len(set(greetings)) == 1
    assert "[NAME_" in greetings[0]


def test_the_vault_can_be_read_by_its_owner_only(ran):
    _, study, _ = ran
    for path in (study / "vault").iterdir():
        assert os.stat(path).st_mode & 0o077 == 0, path.name


def test_an_error_in_the_middle_keeps_its_words_to_itself(ran, monkeypatch, tmp_path):
    """A library that quotes what it cannot read becomes the kind and place of the error."""
    from flows import batch

    def quoting(*_, **__):
        raise ValueError(f"cannot code {CLIENT} of {TOWN}")

    monkeypatch.setattr(batch, "code_session", quoting)
    turns = (Turn(0, Speaker.THERAPIST, "And then?"), Turn(1, Speaker.CLIENT, "Nothing."))
    monkeypatch.setattr(batch, "make_safe", lambda raws, **_: [batch.Deidentified(r.session_id, turns) for r in raws])
    from pipeline.lexicon import read_lexicon
    from pipeline.study import read_study
    from pipeline.vault import Key, Vault

    study = read_study(ran[1])
    models = type("Models", (), {"detect": None, "embed": None})()
    results = batch.code_entries(
        study,
        study.of_client("c01")[:1],
        vault=Vault(tmp_path / "v", Key(b"k" * 32)),
        lexicon=read_lexicon(study.settings.lexicons),
        models=models,
    )
    (refused,) = [r.refused for r in results]
    assert refused is not None
    assert refused.reason.value == "internal"
    assert traces(repr(results).encode()) == []
    assert "ValueError in test_privacy.py" in refused.advice
