"""The research database: one DuckDB file, written session by session.

One process writes, and while it does no other may open the file; readers use the published snapshot. Every session
is one transaction. DuckDB leaves deleted rows readable in its file, so a store that deleted anything rewrites itself
when it is closed (see `pipeline.store_files`). Errors of DuckDB can quote a cell, so none is passed on as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb
import polars as pl

from pipeline import store_files
from pipeline import store_rows as make
from pipeline.codes import Decision, Episode, Tag
from pipeline.errors import CONSENT_REASONS, Reason, StoreProblem
from pipeline.session import Session

SESSION_TABLES = ("sessions", "turns", "coded_segments", "episodes", "session_inputs")
# the parts of a DuckDB message that are made of tables.sql alone and quote no cell
BROKEN_RULE = r'CHECK constraint failed on table "\w+" with expression .*|NOT NULL constraint failed: [\w.]+'
DATA_CONTRACTS = store_files.DATA_CONTRACTS


class Refusal(Protocol):
    """ConsentRefused and Quarantined look like this, and so may any record of them."""

    @property
    def session_id(self) -> str: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def advice(self) -> str: ...


class ScoreRow(Protocol):
    """One alliance score: see `pipeline.alliance.Score`, whose fields are the columns of `alliance_scores`."""

    @property
    def client_id(self) -> str: ...
    @property
    def session_id(self) -> str: ...


def open_store(path: Path, *, read_only: bool = False, contracts: Path = DATA_CONTRACTS) -> Store:
    """Open the research database, making it first where there is none.

    Raises StoreProblem where another process holds it, where its tables are not those of data_contracts/tables.sql,
    or where it is to be read and is not there.
    """
    return Store(path, store_files.open_file(path, read_only=read_only, contracts=contracts), read_only=read_only)


class Store:
    """An open research database. Use it in a `with` block: closing it is what makes deleted rows unreadable."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        self.path, self.read_only = path, read_only
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Rows that were replaced or removed since it was opened are then gone from its bytes."""
        if store_files.has_deleted_rows(self.path) and not self.read_only:
            self.rewrite()
        self._connection.close()

    # ---- reading

    def query(self, sql: str, params: Mapping[str, Any] | Sequence[Any] | None = None) -> pl.DataFrame:
        """Rows of one SELECT as a polars frame; `$name` or `?` in the SQL are filled from `params`.

        Raises StoreProblem: with DuckDB's own words where the SQL is wrong, without them where a cell could be quoted.
        """
        try:
            relation = self._connection.sql(sql, params=params)
            if relation is None:
                raise StoreProblem("the query returns no rows: give one SELECT")
            frame = pl.from_arrow(relation.to_arrow_table())
        except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
            raise StoreProblem(f"the query does not fit the database: {error}") from None
        except duckdb.Error as error:
            raise StoreProblem(f"the query failed while it ran ({type(error).__name__})") from None
        assert isinstance(frame, pl.DataFrame)
        return frame

    def rows(self, sql: str, params: Mapping[str, Any] | Sequence[Any] | None = None) -> list[dict[str, Any]]:
        """Like `query`, as a list of plain dicts: for callers that own no table library."""
        return self.query(sql, params).to_dicts()

    def fingerprints(self) -> dict[str, str]:
        """What each stored session was made from, by session id. An equal fingerprint means: nothing to do."""
        return dict(self.query("SELECT session_id, fingerprint FROM session_inputs ORDER BY ALL").iter_rows())

    # ---- sessions

    def write_session(
        self,
        session: Session,
        tags: Sequence[Tag],
        episodes: Sequence[Episode],
        *,
        run_id: str,
        lexicon_version: str,
        model_version: str,
        fingerprint: str,
    ) -> None:
        """Put one session in the place of what was stored of it, in one transaction. Decisions of people stay."""
        sid = session.session_id
        tagged = make.tag_rows(sid, tags, lexicon_version=lexicon_version, model_version=model_version, run_id=run_id)
        with self._transaction(f"session {sid}"):
            self._delete_sessions([sid])
            self._insert("sessions", make.SESSION_COLUMNS, [make.session_row(session, run_id)])
            self._insert("turns", make.TURN_COLUMNS, make.turn_rows(session))
            self._insert("coded_segments", make.TAG_COLUMNS, tagged)
            self._insert("episodes", make.EPISODE_COLUMNS, make.episode_rows(sid, episodes))
            self._insert("session_inputs", ["session_id", "fingerprint"], [(sid, fingerprint)])

    def write_fingerprint(self, session_id: str, fingerprint: str) -> None:
        """Remember what a quarantined session was, so that it is not tried again before something changes."""
        with self._transaction(f"session {session_id}"):
            rows = [(session_id, fingerprint)]
            self._insert("session_inputs", ["session_id", "fingerprint"], rows, how="INSERT OR REPLACE INTO")

    def remove_session(self, session_id: str) -> None:
        """Take a session out: it left the study, or its consent ran out. Decisions stay; see `forget_client`."""
        with self._transaction(f"session {session_id}"):
            self._delete_sessions([session_id])

    def forget_client(self, client_id: str, *, session_ids: Iterable[str] = ()) -> list[str]:
        """Remove every trace of a client, from the file's bytes too, and return the ids of the sessions removed.

        `session_ids` adds sessions of the client that sessions.csv knows and the store may not (they were refused).
        Published snapshots are files of their own: publish again afterwards, and close readers of the old one.
        """
        known = self.query(
            "SELECT session_id FROM sessions WHERE client_id = $1"
            " UNION SELECT session_id FROM alliance_scores WHERE client_id = $1", [client_id]
        )  # fmt: skip
        theirs = sorted({*known["session_id"].to_list(), *session_ids})
        with self._transaction(f"client {client_id}"):
            store_files.mark_deleted_rows(self.path)
            self._delete_sessions(theirs)
            for table in ("decisions", "refusals"):
                self._connection.execute(f"DELETE FROM {table} WHERE session_id IN (SELECT unnest(?))", [theirs])
            for table in ("alliance_scores", "score_ruptures"):
                self._connection.execute(f"DELETE FROM {table} WHERE client_id = ?", [client_id])
        self.rewrite()
        return theirs

    # ---- study-wide tables

    def write_scores(self, scores: Iterable[ScoreRow]) -> None:
        """Put these alliance scores in the place of all that were stored. Give only scores of consenting clients."""
        self._replace_all("alliance_scores", make.SCORE_COLUMNS, make.score_rows(scores))

    def write_score_ruptures(self, ruptures: Iterable[object]) -> None:
        """Put these records of `pipeline.alliance_ruptures.ScoreRupture` in the place of all that were stored."""
        self._replace_all("score_ruptures", make.RUPTURE_COLUMNS, make.rupture_rows(ruptures))

    def write_refusals(self, refusals: Iterable[Refusal], *, run_id: str) -> None:
        """Put these refusals in the place of all that were stored; one refused before for the same keeps its run."""
        first_runs = {
            (r["session_id"], r["reason"], r["advice"]): r["run_id"] for r in self.rows("SELECT * FROM refusals")
        }
        by_session: dict[str, list[Refusal]] = {}
        for refusal in refusals:
            by_session.setdefault(refusal.session_id, []).append(refusal)
        rows = []
        for session_id, several in sorted(by_session.items()):
            several.sort(key=lambda r: (r.reason not in CONSENT_REASONS, r.reason.value, r.advice))
            reason = several[0].reason  # a session has one reason, consent before all; no advice is lost
            stage = "consent" if reason in CONSENT_REASONS else "quarantine"
            key = (session_id, reason.value, "; ".join(dict.fromkeys(r.advice for r in several)))
            rows.append((session_id, stage, *key[1:], first_runs.get(key, run_id)))
        self._replace_all("refusals", ["session_id", "stage", "reason", "advice", "run_id"], rows)

    def write_codes(self, codes: Mapping[str, Any]) -> None:
        """Add the lexicon's codes (`Lexicon.codes`: id → family, label, speaker). Retired codes stay readable."""
        rows = [(c, v.family.value, v.label, v.speaker.value if v.speaker else None) for c, v in sorted(codes.items())]
        with self._transaction("codes"):
            self._insert("codes", ["code", "family", "label", "speaker"], rows, how="INSERT OR REPLACE INTO")

    def write_decisions(self, decisions: Iterable[Decision]) -> None:
        """Append what people decided; one already here is left alone.

        An accept or reject that leaves code or place open means the auto-tag's: they are written down now, because a
        later run may tag differently and must not change what a person said.
        """
        with self._transaction("decisions"):
            self._insert("decisions", make.DECISION_COLUMNS, make.decision_rows(decisions), how="INSERT OR IGNORE INTO")
            self._connection.execute(
                "UPDATE decisions AS d SET code = coalesce(d.code, t.code), turn_no = coalesce(d.turn_no, t.turn_no),"
                " char_start = coalesce(d.char_start, t.char_start), char_end = coalesce(d.char_end, t.char_end)"
                " FROM coded_segments AS t WHERE t.segment_id = d.segment_id"
                " AND (d.code IS NULL OR (d.char_start IS NULL AND t.char_start IS NOT NULL))"
            )
            unknown = self._connection.execute(
                "SELECT DISTINCT code FROM decisions WHERE code NOT IN (SELECT code FROM codes) ORDER BY 1"
            ).fetchall()
            if unknown:
                names = ", ".join(code for (code,) in unknown)
                raise StoreProblem(
                    f"decisions name codes the database does not know ({names}): write the lexicon's first"
                )

    # ---- runs

    def start_run(
        self, run_id: str, *, started: datetime, code_version: str, lexicon_hash: str,
        model_hashes: Mapping[str, str], settings_hash: str,
    ) -> None:  # fmt: skip
        """Write the run down before its first session."""
        models = json.dumps(dict(model_hashes), sort_keys=True)
        with self._transaction(f"run {run_id}"):
            self._insert(
                "runs", ["run_id", "started", "code_version", "lexicon_hash", "model_hashes", "settings_hash"],
                [(run_id, make.utc(started), code_version, lexicon_hash, models, settings_hash)],
            )  # fmt: skip

    def finish_run(self, run_id: str, *, finished: datetime, counts: Mapping[str, int]) -> None:
        """Write down when the run ended and what it counted."""
        with self._transaction(f"run {run_id}"):
            self._connection.execute(
                "UPDATE runs SET finished = ?, counts = ? WHERE run_id = ?",
                [make.utc(finished), json.dumps(dict(counts), sort_keys=True), run_id],
            )

    # ---- files

    def rewrite(self) -> None:
        """Copy the database into a new file, so that what was deleted is in no byte of it."""
        self._connection = store_files.rewrite(self.path, self._connection)

    def publish(self, snapshot: Path) -> Path:
        """Put a read-only copy at `snapshot` that DuckDB 1.4 and later can read; open readers keep the old one."""
        return store_files.copy_to(self._connection, snapshot, storage="v1.4.0")

    def dump(self, folder: Path) -> list[Path]:
        """Every table as parquet, sorted: the same rows give the same bytes."""
        return store_files.dump(self._connection, folder)

    # ---- inside

    @contextmanager
    def _transaction(self, what: str) -> Iterator[None]:
        if self.read_only:
            raise StoreProblem(f"{self.path.name} is open for reading only: {what} was not written")
        try:
            self._connection.execute("BEGIN")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            with suppress(duckdb.Error):  # DuckDB may have rolled back already
                self._connection.execute("ROLLBACK")
            if not isinstance(error, duckdb.Error):
                raise
            rule = re.search(BROKEN_RULE, str(error))
            raise StoreProblem(f"{what} was not written ({rule.group() if rule else type(error).__name__})") from None

    def _insert(self, table: str, columns: list[str], rows: Sequence[make.Row], how: str = "INSERT INTO") -> None:
        if not rows:
            return
        frame = pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
        self._connection.register("incoming", frame)
        self._connection.execute(f"{how} {table} BY NAME SELECT * FROM incoming")
        self._connection.unregister("incoming")  # after an error the rollback does it

    def _delete_sessions(self, session_ids: list[str]) -> None:
        for table in SESSION_TABLES:
            where = f"FROM {table} WHERE session_id IN (SELECT unnest(?))"
            if self._connection.execute(f"SELECT count(*) {where}", [session_ids]).fetchall()[0][0]:
                store_files.mark_deleted_rows(self.path)  # before the first row goes: a crash must not forget it
                self._connection.execute(f"DELETE {where}", [session_ids])

    def _replace_all(self, table: str, columns: list[str], rows: list[make.Row]) -> None:
        stored = self.query(f"SELECT {', '.join(columns)} FROM {table}").rows()
        if set(stored) == set(rows) and len(stored) == len(rows):
            return
        with self._transaction(table):
            if stored:
                store_files.mark_deleted_rows(self.path)
                self._connection.execute(f"DELETE FROM {table}")
            self._insert(table, columns, rows)
