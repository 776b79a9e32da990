"""audits.sqlite in the study folder: what people found in samples of stored turns. Appended to, never changed.

Holds ids, turn numbers, word counts, verdicts and kinds; no words. `forget_sessions` is the one exception to "never
changed": a client who withdraws leaves no trace, also not here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pipeline.audit import Finding, StoredTurn, Verdict
from pipeline.errors import StudyProblem

FILE = "audits.sqlite"
_GUARDS = """
CREATE TRIGGER IF NOT EXISTS findings_stay BEFORE UPDATE ON findings BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS findings_are_kept BEFORE DELETE ON findings BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""
_TABLES = f"""
CREATE TABLE IF NOT EXISTS findings (
  finding_id INTEGER PRIMARY KEY,
  found_at TEXT NOT NULL,
  auditor TEXT NOT NULL,
  seed INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  turn_no INTEGER NOT NULL,
  n_words INTEGER NOT NULL CHECK (n_words > 0),
  verdict TEXT NOT NULL CHECK (verdict IN ('clean', 'leak', 'skip')),
  kind TEXT CHECK ((kind IS NOT NULL) = (verdict = 'leak'))
) STRICT;
{_GUARDS}
"""


class AuditLog:
    """The findings of a study. StudyProblem where the file is no log of audits."""

    def __init__(self, study: Path) -> None:
        self.path = study / FILE

    def record(self, finding: Finding, *, seed: int, auditor: str, now: datetime | None = None) -> None:
        at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
        turn = finding.turn
        row = (at, auditor, seed, turn.session_id, turn.turn_no, turn.n_words, finding.verdict.value, finding.kind)
        with closing(self._open()) as db, db:
            db.execute(
                "INSERT INTO findings (found_at, auditor, seed, session_id, turn_no, n_words, verdict, kind) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def findings(self) -> list[Finding]:
        """All findings, oldest first."""
        if not self.path.exists():
            return []
        with closing(self._open()) as db:
            rows = db.execute(
                "SELECT session_id, turn_no, n_words, verdict, kind FROM findings ORDER BY finding_id"
            ).fetchall()
        return [Finding(StoredTurn(s, t, n), Verdict(v), k) for s, t, n, v, k in rows]

    def forget_sessions(self, session_ids: Iterable[str]) -> int:
        """Remove what was found in these sessions (consent withdrawn), from the bytes of the file too."""
        ids = [(s,) for s in session_ids]
        if not self.path.exists() or not ids:
            return 0
        with closing(self._open()) as db:
            with db:
                db.execute("DROP TRIGGER findings_are_kept")
                before = db.total_changes
                db.executemany("DELETE FROM findings WHERE session_id = ?", ids)
                removed = db.total_changes - before
            db.executescript(_GUARDS)
            db.execute("VACUUM")
        return removed

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.touch(mode=0o600)
            db = sqlite3.connect(self.path, timeout=30)
            db.execute("PRAGMA secure_delete = ON")
            db.executescript(_TABLES)
        except (sqlite3.Error, OSError):
            raise StudyProblem(f"{self.path.name} is no log of audits: move it away, and a new one is made") from None
        return db
