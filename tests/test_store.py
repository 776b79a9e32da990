"""The research database: what is written, replaced, kept, forgotten, published; with a real DuckDB file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.codes import Decision, Episode, Family, OrderFlag, Outcome, Status, Tag
from pipeline.errors import ConsentRefused, Quarantined, Reason, StoreProblem
from pipeline.session import Session, Source, Speaker, Turn
from pipeline.store import open_store
from pipeline.store_rows import identified_episodes, identified_tags

ROOT = Path(__file__).parent.parent
CLIENT, THERAPIST = Speaker.CLIENT, Speaker.THERAPIST


def a_session(session_id: str = "s1", client_id: str = "c1", secret: str = "heron", **changes) -> Session:
    turns = (
        Turn(0, THERAPIST, "What was it like to sit with that?", 0.0, 3.0),
        Turn(1, CLIENT, f"Fine. The {secret} was there.", 5.5, 7.0, latency_s=2.5),
        Turn(2, THERAPIST, "I moved on too fast there. That was mine.", 8.0, 11.0, latency_s=1.0),
        Turn(3, CLIENT, "Yes. I felt pushed, and I went quiet.", 11.5, 15.0, latency_s=0.5),
    )
    made = Session(session_id, client_id, "t1", turns, session_no=1, phase="early", day=0, minutes_late=4.0)
    return replace(made, **changes)


def a_tag(
    code: str = "wd_minimal_response", turn_no: int | None = 1, start: int | None = 0, end: int | None = 5
) -> Tag:
    families = {"wd": Family.WITHDRAWAL, "cf": Family.CONFRONTATION, "rp": Family.REPAIR, "at": Family.ATTENDANCE}
    return Tag(code, families[code[:2]], turn_no, start, end, Status.LIKELY, 0.8, "bare_reply", (("n_words", 1.0),))


EPISODE = Episode("withdrawal", 1, 3, 2, 1.0, Outcome.RESOLVED, OrderFlag.OK)
HOW = {"lexicon_version": "2026.1", "model_version": "md-3.7.1"}


def write(store, session: Session, tags=None, episodes=(EPISODE,), run_id="r1", fingerprint="f1") -> None:
    tags = [a_tag(), a_tag("rp_accountability", 2, 0, 27)] if tags is None else tags
    store.write_session(session, tags, episodes, run_id=run_id, fingerprint=fingerprint, **HOW)


class AScore:
    def __init__(self, client_id: str, session_id: str, score: float | None = 4.25) -> None:
        self.client_id, self.session_id, self.score = client_id, session_id, score
        self.measure, self.form, self.timing, self.subscale = "WAI-SR", "client", "post", "bond"
        self.n_items, self.n_missing, self.scale_min, self.scale_max = 4, 0, 1.0, 5.0
        self.key_verified, self.key_version = True, "1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "study.duckdb"


def start(store, run_id: str) -> None:
    moment = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    store.start_run(
        run_id, started=moment, code_version="0.1", lexicon_hash="l", model_hashes={"ner": "abc"}, settings_hash="s"
    )
    store.finish_run(run_id, finished=moment.replace(hour=23), counts={"sessions_in": 2})


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in folder.iterdir()}


# ---- writing and reading


def test_a_session_is_written_with_all_its_rows(path):
    with open_store(path) as store:
        write(store, a_session())
        [session] = store.rows("SELECT * FROM sessions")
        assert session == {
            "session_id": "s1", "client_id": "c1", "therapist_id": "t1", "session_no": 1, "phase": "early", "day": 0,
            "status": "held", "minutes_late": 4.0, "transcript_source": "human", "n_turns": 4, "duration_s": 15.0,
            "run_id": "r1",
        }  # fmt: skip
        turns = store.rows("SELECT * FROM turns ORDER BY turn_no")
        assert [t["n_words"] for t in turns] == [8, 5, 9, 8]
        assert turns[1]["latency_s"] == 2.5
        assert turns[0]["latency_s"] is None
        assert store.rows("SELECT measures->>'$.n_words' AS n FROM coded_segments LIMIT 1") == [{"n": "1.0"}]
        assert store.rows("SELECT outcome, order_flag FROM episodes") == [{"outcome": "resolved", "order_flag": "ok"}]
        assert store.fingerprints() == {"s1": "f1"}


def test_evidence_offsets_point_at_the_words(path):
    with open_store(path) as store:
        write(store, a_session())
        found = store.rows(
            "SELECT substr(text, char_start + 1, char_end - char_start) AS words FROM coded_segments JOIN turns"
            " USING (session_id, turn_no) ORDER BY turn_no"
        )
        assert [r["words"] for r in found] == ["Fine.", "I moved on too fast there. "[:27]]


def test_offsets_are_code_points_in_sql_as_in_python(path):
    text = "Jose\u0301 \U0001f44d\U0001f3fd fine"  # a combining accent and an emoji of two code points
    start = text.index("fine")
    session = a_session(turns=(Turn(0, THERAPIST, "Well?"), Turn(1, CLIENT, text)))
    with open_store(path) as store:
        write(store, session, [a_tag(start=start, end=start + 4)], [])
        cut = "SELECT substr(text, char_start + 1, char_end - char_start) AS words, length(text) AS n"
        [row] = store.rows(f"{cut} FROM coded_segments JOIN turns USING (session_id, turn_no)")
    assert row == {"words": "fine", "n": len(text)}


def test_a_missed_session_has_attendance_tags_and_no_turns(path):
    with open_store(path) as store:
        missed = a_session(turns=(), status="no_show", minutes_late=None, source=Source.ASR)
        write(store, missed, [a_tag("at_no_show", None, None, None)], [])
        assert store.rows("SELECT turn_no, char_start FROM coded_segments") == [{"turn_no": None, "char_start": None}]
        assert store.rows("SELECT duration_s, n_turns FROM sessions") == [{"duration_s": None, "n_turns": 0}]


def test_ids_repeat_and_do_not_depend_on_order_or_on_the_words_marked():
    tags = [a_tag(), a_tag("wd_denial", 3, 0, 4), a_tag("at_late", None, None, None)]
    ids = {t.code: i for i, t in identified_tags("s1", tags)}
    again = {t.code: i for i, t in identified_tags("s1", [replace(tags[0], char_end=3), *tags[:0:-1]])}
    assert ids == again
    assert len(set(ids.values())) == 3
    assert {i for i, _ in identified_tags("s2", tags)}.isdisjoint(ids.values())
    assert len({i for i, _ in identified_tags("s1", [a_tag(), a_tag(start=2)])}) == 2
    assert len({i for i, _ in identified_episodes("s1", [EPISODE, replace(EPISODE, last_turn=2)])}) == 2


# ---- a re-run


def test_rerunning_an_unchanged_study_changes_not_one_byte_of_the_exported_tables(path, tmp_path):
    quarantined = [
        Quarantined("s3", Reason.EMPTY, "the file has no turns"),
        ConsentRefused("s4", Reason.EXPIRED, "ask"),
    ]
    for run_id in ("r1", "r2"):
        with open_store(path) as store:
            start(store, run_id)
            for session_id in ("s1", "s2"):
                if store.fingerprints().get(session_id) != "f1":
                    write(store, a_session(session_id), run_id=run_id)
            store.write_scores([AScore("c1", "s1"), AScore("c1", "s2", None)])
            store.write_refusals(quarantined[:: 1 if run_id == "r1" else -1], run_id=run_id)
            store.dump(tmp_path / run_id)
    first, second = bytes_of(tmp_path / "r1"), bytes_of(tmp_path / "r2")
    assert len(first) == 11
    assert first.pop("runs.parquet") != second.pop("runs.parquet"), "a run that changed nothing is still a run"
    assert first == second


def test_writing_the_same_session_again_gives_the_same_bytes(path, tmp_path):
    with open_store(path) as store:
        for session_id in ("s1", "s2"):
            write(store, a_session(session_id))
        store.dump(tmp_path / "before")
        write(store, a_session("s1"), tags=[a_tag("rp_accountability", 2, 0, 27), a_tag()])
        store.dump(tmp_path / "after")
    assert bytes_of(tmp_path / "before") == bytes_of(tmp_path / "after")


def test_a_changed_session_replaces_only_its_own_rows(path):
    with open_store(path) as store:
        write(store, a_session("s1"))
        write(store, a_session("s2"))
        write(
            store,
            a_session("s1", turns=a_session().turns[:3]),
            tags=[a_tag()],
            episodes=[],
            run_id="r2",
            fingerprint="f2",
        )
        assert store.rows("SELECT session_id, n_turns, run_id FROM sessions ORDER BY 1") == [
            {"session_id": "s1", "n_turns": 3, "run_id": "r2"},
            {"session_id": "s2", "n_turns": 4, "run_id": "r1"},
        ]
        counts = "SELECT session_id, count(*) AS n FROM {} GROUP BY 1 ORDER BY 1"
        assert [r["n"] for r in store.rows(counts.format("turns"))] == [3, 4]
        assert [r["n"] for r in store.rows(counts.format("coded_segments"))] == [1, 2]
        assert [r["session_id"] for r in store.rows(counts.format("episodes"))] == ["s2"]
        assert store.fingerprints() == {"s1": "f2", "s2": "f1"}


def test_a_session_that_breaks_a_rule_is_not_written_at_all_and_the_old_one_stays(path):
    with open_store(path) as store:
        write(store, a_session())
        broken = replace(a_session(secret="otter"), phase="otter-ish")
        with pytest.raises(StoreProblem, match=r"session s1 was not written .*phase") as caught:
            write(store, broken, run_id="r2")
        assert "otter" not in str(caught.value).replace("phase IN", "")
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert store.rows("SELECT run_id, phase FROM sessions") == [{"run_id": "r1", "phase": "early"}]
        assert "heron" in store.rows("SELECT text FROM turns WHERE turn_no = 1")[0]["text"]


def test_two_turns_of_one_number_are_refused_without_their_words(path):
    with open_store(path) as store:
        turns = a_session().turns
        with pytest.raises(StoreProblem) as caught:
            write(store, a_session(turns=(*turns, turns[1])))
        assert "heron" not in str(caught.value)
        assert "s1" in str(caught.value)
        assert store.rows("SELECT * FROM sessions") == []


def test_scores_and_refusals_are_the_latest_state(path):
    with open_store(path) as store:
        store.write_scores([AScore("c1", "s1"), AScore("c2", "s2")])
        store.write_scores([AScore("c2", "s2", 3.0)])
        assert store.rows("SELECT client_id, score FROM alliance_scores") == [{"client_id": "c2", "score": 3.0}]
        expired = ConsentRefused("s1", Reason.EXPIRED, "renew it")
        store.write_refusals([expired], run_id="r1")
        store.write_refusals([expired, Quarantined("s2", Reason.EMPTY, "no turns")], run_id="r2")
        assert store.rows("SELECT session_id, stage, reason, run_id FROM refusals ORDER BY 1") == [
            {"session_id": "s1", "stage": "consent", "reason": "expired", "run_id": "r1"},
            {"session_id": "s2", "stage": "quarantine", "reason": "empty", "run_id": "r2"},
        ]
        store.write_refusals([], run_id="r3")
        assert store.rows("SELECT * FROM refusals") == []


def test_a_session_refused_twice_has_one_row_and_all_the_advice(path):
    with open_store(path) as store:
        twice = [Quarantined("s1", Reason.MALFORMED, "row 4: bad date"), ConsentRefused("s1", Reason.EXPIRED, "renew")]
        store.write_refusals(twice, run_id="r1")
        store.write_refusals([*twice[::-1], twice[0]], run_id="r2")
        assert store.rows("SELECT * FROM refusals") == [
            {
                "session_id": "s1",
                "stage": "consent",
                "reason": "expired",
                "advice": "renew; row 4: bad date",
                "run_id": "r1",
            }
        ]


def test_a_run_is_written_down_with_its_counts(path):
    with open_store(path) as store:
        start(store, "r1")
        [run] = store.rows("SELECT *, counts->>'$.sessions_in' AS n FROM runs")
    assert (run["n"], run["started"], run["finished"]) == ("2", datetime(2026, 3, 2, 22), datetime(2026, 3, 2, 23))


# ---- people's decisions


def decided(segment_id: str, decision: str, code: str | None = None, **place) -> Decision:
    return Decision(segment_id, "s1", "coder_a", decision, code, place.pop("decided_at", "2026-04-01T10:00:00+02:00"),
                    "2026.1", **place)  # fmt: skip


def test_a_person_has_the_last_word_and_keeps_it_through_a_rerun(path):
    tags = [a_tag(), a_tag("wd_denial", 3, 0, 4), a_tag("rp_accountability", 2, 0, 27), a_tag("wd_giving_up", 3, 5, 9)]
    ids = {t.code: i for i, t in identified_tags("s1", tags)}
    decisions = [
        decided(ids["wd_minimal_response"], "accept"),
        decided(ids["wd_denial"], "reject"),
        decided(ids["wd_giving_up"], "reject"),
        decided(ids["wd_giving_up"], "relabel", "wd_denial", decided_at="2026-04-02T10:00:00+02:00"),
        decided("added-1", "add", "rp_client_reengage", turn_no=3, char_start=5, char_end=36),
    ]
    with open_store(path) as store:
        store.write_codes({code: _Code(code) for code in [*ids, "rp_client_reengage"]})
        write(store, a_session(), tags)
        store.write_decisions(decisions)
        store.write_decisions(decisions)
        assert store.rows("SELECT count(*) AS n, min(decided_at) AS first FROM decisions") == [
            {"n": 5, "first": datetime(2026, 4, 1, 8)}
        ]
        final = (
            "SELECT code, family, turn_no, char_start, char_end, decided_by, coder FROM final_codes"
            " ORDER BY turn_no, code"
        )
        before = store.rows(final)
        assert [(r["code"], r["decided_by"]) for r in before] == [
            ("wd_minimal_response", "human"),
            ("rp_accountability", "auto"),
            ("rp_client_reengage", "human"),
            ("wd_denial", "human"),
        ]
        assert [r["family"] for r in before] == ["withdrawal", "repair", "repair", "withdrawal"]
        # the next codebook no longer nominates what the person accepted, and moves another mark
        write(store, a_session(), tags[1:], run_id="r2", fingerprint="f2")
        assert store.rows(final) == before


def test_a_decision_for_a_code_nobody_knows_is_refused(path):
    with open_store(path) as store:
        write(store, a_session())
        with pytest.raises(StoreProblem, match=r"wd_mystery"):
            store.write_decisions([decided("added-1", "add", "wd_mystery", turn_no=3, char_start=0, char_end=3)])
        assert store.rows("SELECT * FROM decisions") == []


class _Code:
    def __init__(self, code: str) -> None:
        self.family, self.label = {"wd": Family.WITHDRAWAL, "rp": Family.REPAIR}[code[:2]], code.title()
        self.speaker = CLIENT


# ---- withdrawal and deletion


def test_a_forgotten_client_is_in_no_row_and_in_no_byte(path, tmp_path):
    snapshot = path.parent / "published.duckdb"
    with open_store(path) as store:
        write(store, a_session("s1", "c1", "kingfisher " * 50))
        write(store, a_session("s2", "c2", "moorhen " * 50))
        store.write_codes({"wd_minimal_response": _Code("wd_minimal_response")})
        store.write_decisions([decided(identified_tags("s1", [a_tag()])[0][0], "accept")])
        store.write_scores([AScore("c1", "s1"), AScore("c2", "s2")])
        store.write_refusals([Quarantined("s9", Reason.EMPTY, "no turns")], run_id="r1")
        store.publish(snapshot)
    assert b"kingfisher" in path.read_bytes()
    with open_store(path) as store:
        assert store.forget_client("c1", session_ids=["s9"]) == ["s1", "s9"]
        store.publish(snapshot)
        for table in ("sessions", "turns", "coded_segments", "episodes", "session_inputs", "decisions", "refusals"):
            assert store.rows(f"SELECT * FROM {table} WHERE session_id IN ('s1', 's9')") == [], table
        assert store.rows("SELECT client_id FROM alliance_scores") == [{"client_id": "c2"}]
    for file in (f for f in path.parent.rglob("*") if f.is_file()):
        assert b"kingfisher" not in file.read_bytes(), file.name
    assert b"moorhen" in path.read_bytes()


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_rows_replaced_or_removed_are_gone_from_the_bytes_once_closed(path, how):
    with open_store(path) as store:
        write(store, a_session(secret="kingfisher " * 50))
        write(store, a_session("s2"))
    with open_store(path) as store:
        if how == "replaced":
            write(store, a_session(secret="[NAME_1]"))
        else:
            store.remove_session("s1")
    assert [f.name for f in path.parent.iterdir()] == [path.name]
    assert b"kingfisher" not in path.read_bytes()
    with open_store(path, read_only=True) as store:  # keys, checks and comments came along
        assert "s2" in store.fingerprints()
        tables = "SELECT table_name FROM duckdb_tables()"
        silent = f"SELECT * FROM duckdb_columns() WHERE comment IS NULL AND table_name IN ({tables})"
        assert store.rows(silent) == []
        keys = "SELECT count(*) AS n FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        assert store.rows(keys) == [{"n": 11}]


def test_a_process_killed_before_it_could_rewrite_is_made_good_by_the_next(path):
    with open_store(path) as store:
        write(store, a_session(secret="kingfisher " * 50))
    script = (
        "import sys, os, signal; from pathlib import Path; from pipeline.store import open_store;"
        "store = open_store(Path(sys.argv[1])); store.remove_session('s1'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    (path.parent / "published.duckdb.unfinished").write_bytes(b"kingfisher")
    with open_store(path) as store:
        assert store.rows("SELECT * FROM sessions") == []
    assert [f.name for f in path.parent.iterdir()] == [path.name]
    assert b"kingfisher" not in path.read_bytes()


def test_removing_a_session_keeps_what_people_decided(path):
    with open_store(path) as store:
        write(store, a_session())
        store.write_codes({"wd_minimal_response": _Code("wd_minimal_response")})
        store.write_decisions([decided(identified_tags("s1", [a_tag()])[0][0], "accept")])
        store.remove_session("s1")
        assert len(store.rows("SELECT * FROM decisions")) == 1
        assert store.rows("SELECT * FROM final_codes") == [], "a session that is not there has no codes"


# ---- the file


def test_a_second_process_is_told_who_holds_the_file(path):
    with open_store(path) as store:
        write(store, a_session())
        script = (
            "import sys; from pathlib import Path\n"
            "from pipeline.store import open_store; from pipeline.errors import StoreProblem\n"
            "try: open_store(Path(sys.argv[1]), read_only=True)\n"
            "except StoreProblem as e: print(e); sys.exit(e.exit_code)\n"
        )
        command = [sys.executable, "-c", script, str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert f"process {os.getpid()}" in done.stdout
    assert "snapshot" in done.stdout


def test_the_snapshot_can_be_read_while_the_store_is_written_and_swaps_in_whole(path):
    snapshot = path.parent / "published.duckdb"
    with open_store(path) as store:
        write(store, a_session("s1"))
        store.publish(snapshot)
        with open_store(snapshot, read_only=True) as reader:
            write(store, a_session("s2"))
            store.publish(snapshot)
            assert len(reader.rows("SELECT * FROM sessions")) == 1, "an open reader keeps the old file"
        with open_store(snapshot, read_only=True) as reader:
            assert len(reader.rows("SELECT * FROM session_summary")) == 2
            [file] = reader.rows("SELECT tags['storage_version'] AS version FROM duckdb_databases() WHERE NOT internal")
            assert file["version"].startswith("v1.4")
    assert sorted(f.name for f in path.parent.iterdir()) == ["published.duckdb", "study.duckdb"]


def test_what_cannot_be_opened_says_what_to_do(path, tmp_path):
    with pytest.raises(StoreProblem, match=r"alliance run"):
        open_store(path, read_only=True)
    junk = tmp_path / "junk.duckdb"
    junk.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreProblem, match=r"junk.duckdb"):
        open_store(junk)
    with open_store(path), pytest.raises(StoreProblem, match=r"process|already open"):
        open_store(path, read_only=True)


def test_a_database_of_another_version_is_refused_by_table_name(path, tmp_path):
    older = tmp_path / "contracts"
    older.mkdir()
    for name in ("tables.sql", "views.sql"):
        text = (ROOT / "data_contracts" / name).read_text()
        text = text.replace("    cue             VARCHAR NOT NULL,\n", "")
        (older / name).write_text(text.replace("COMMENT ON COLUMN coded_segments.cue", "-- "))
    open_store(path, contracts=older).close()
    with pytest.raises(StoreProblem, match=r"tables that differ: coded_segments\)"):
        open_store(path)


def test_nothing_is_written_through_a_reader(path):
    open_store(path).close()
    with open_store(path, read_only=True) as store, pytest.raises(StoreProblem, match=r"reading only"):
        write(store, a_session())


def test_a_wrong_query_is_explained_and_a_failing_one_quotes_no_cell(path):
    with open_store(path) as store:
        write(store, a_session())
        with pytest.raises(StoreProblem, match=r"no_such_column"):
            store.query("SELECT no_such_column FROM turns")
        with pytest.raises(StoreProblem) as caught:
            store.query("SELECT CAST(text AS INTEGER) FROM turns")
        assert "Fine" not in str(caught.value)
        assert "heron" not in str(caught.value)
        assert store.query("SELECT turn_no FROM turns WHERE turn_no > $least", {"least": 1}).height == 2
        assert len(store.rows("SELECT * FROM turns")) == 4, "the connection still works after an error"
