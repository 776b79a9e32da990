"""The whole run on the shipped study: what goes in, what stays out and why, and that a second run changes nothing."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from pipeline.store import open_store
from pipeline.study import read_study
from tests.conftest import alliance


@pytest.fixture
def store(riverside):
    with open_store(riverside.study / "store" / "study.duckdb", read_only=True) as opened:
        yield opened


def one(store, sql):
    return store.query(sql).item()


def test_the_run_leaves_with_some_quarantined(riverside):
    assert riverside.done.returncode == 2, riverside.done.stderr[-3000:]
    assert "study.duckdb" in riverside.done.stdout


def test_every_listed_session_is_in_or_has_a_reason(riverside, store):
    listed = {s.session_id for s in read_study(riverside.study).sessions}
    inside = set(store.query("SELECT session_id FROM sessions")["session_id"])
    refused = {r["session_id"]: (r["stage"], r["reason"]) for r in store.rows("SELECT * FROM refusals")}
    assert inside | set(refused) == listed
    assert not inside & set(refused)
    assert refused == {
        "r_s13": ("consent", "not_yet_signed"),
        "r_s18": ("quarantine", "malformed"),
        "r_s19": ("consent", "withdrawn"),
        "r_s20": ("consent", "other_purpose"),
        "r_s21": ("consent", "expired"),
    }
    lines = (riverside.study / "quarantine" / "quarantine.csv").read_text().splitlines()
    assert lines[0] == "session_id,stage,reason,what_to_do"
    assert {line.split(",")[0] for line in lines[1:]} == set(refused)


def test_all_families_are_found_and_every_tag_points_at_its_words(store):
    families = set(store.query("SELECT DISTINCT family FROM coded_segments")["family"])
    assert families == {"withdrawal", "confrontation", "repair", "attendance"}
    bad = one(
        store,
        "SELECT count(*) FROM coded_segments c LEFT JOIN turns t USING (session_id, turn_no)"
        " WHERE c.turn_no IS NOT NULL AND (trim(t.text[c.char_start + 1 : c.char_end]) = '' OR t.text IS NULL)",
    )
    assert bad == 0
    assert one(store, "SELECT count(*) FROM episodes WHERE outcome = 'resolved'") > 0


def test_attendance_is_coded_without_words(store):
    found = store.rows("SELECT session_id, code FROM coded_segments WHERE family = 'attendance' ORDER BY ALL")
    assert {"session_id": "r_s04", "code": "at_cancelled"} in found
    assert {"session_id": "r_s10", "code": "at_no_show"} in found
    assert any(r["code"] == "at_late" for r in found)


def test_scores_are_of_consenting_clients_only(store):
    clients = set(store.query("SELECT DISTINCT client_id FROM alliance_scores")["client_id"])
    assert clients
    assert not clients & {"c04", "c05", "c06"}
    subscales = set(store.query("SELECT DISTINCT subscale FROM alliance_scores WHERE measure = 'WAI-SR'")["subscale"])
    assert {"task", "goal", "bond"} <= {s.casefold() for s in subscales}


def test_no_calendar_date_is_stored(store):
    stored = store.query("SELECT string_agg(text, ' ') AS t FROM turns").item()
    dates = {s.date.isoformat() for s in read_study(store.path.parent.parent).sessions}
    assert not any(d in stored for d in dates)


def test_a_second_run_changes_not_one_byte_of_the_tables(riverside, tmp_path):
    path = riverside.study / "store" / "study.duckdb"

    def dumped(name):
        with open_store(path, read_only=True) as opened:
            return {f.name: f.read_bytes() for f in opened.dump(tmp_path / name) if not f.name.startswith("runs.")}

    before = dumped("before")
    again = alliance("run", riverside.study, env=riverside.env)
    assert again.returncode == 2, again.stderr
    after = dumped("after")
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []


def test_a_changed_session_replaces_only_its_own_rows_and_withdrawal_leaves_no_trace(riverside, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(riverside.study, study)
    runs = dict(
        duckdb.connect(study / "store" / "study.duckdb", read_only=True)
        .sql("SELECT session_id, run_id FROM sessions")
        .fetchall()
    )
    changed = next(
        s for s in read_study(study).sessions if s.transcript and s.transcript.endswith(".csv") and s.session_id in runs
    )
    with (study / "inbox" / changed.transcript).open("a", encoding="utf-8") as f:
        last = (study / "inbox" / changed.transcript).read_text().strip().splitlines()[-1].split(",")[0]
        f.write(f"{int(last) + 1},T,,,Thank you for coming today.\n")
    gone = "c03" if changed.client_id != "c03" else "c01"
    consent = (study / "consent.csv").read_text().splitlines()
    consent = [line.replace(",granted,", ",withdrawn,") if line.startswith(f"{gone},") else line for line in consent]
    (study / "consent.csv").write_text("\n".join(consent) + "\n")

    done = alliance("run", study, env=riverside.env)
    assert done.returncode in (0, 2), done.stderr
    db = duckdb.connect(study / "store" / "study.duckdb", read_only=True)
    now = dict(db.sql("SELECT session_id, run_id FROM sessions").fetchall())
    theirs = {s.session_id for s in read_study(study).sessions if s.client_id == gone}
    assert now.keys() == runs.keys() - theirs
    assert {s for s in now if now[s] != runs[s]} == {changed.session_id}
    for table in ("turns", "coded_segments", "episodes", "alliance_scores"):
        marks = ",".join(f"'{s}'" for s in theirs)
        assert db.sql(f"SELECT count(*) FROM {table} WHERE session_id IN ({marks})").fetchall() == [(0,)]
    assert db.sql("SELECT count(*) > 0 FROM turns").fetchall() == [(True,)]


def test_the_report_opens_by_itself(riverside):
    pages = list((riverside.study / "reports").glob("*/index.html"))
    assert pages
    page = pages[0].read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "<svg" in page
    for reason in ("withdrawn", "malformed"):
        assert reason in page


def test_the_published_copy_holds_the_same_rows(riverside, store):
    with open_store(riverside.study / "store" / "published.duckdb", read_only=True) as published:
        for table in ("sessions", "turns", "coded_segments", "episodes"):
            assert one(published, f"SELECT count(*) FROM {table}") == one(store, f"SELECT count(*) FROM {table}")
