"""A study folder: everything a lab owns, read and checked. Nothing here opens a transcript.

`read_study` gives what can be used and, beside it, every problem with its file, row and what to do; a session whose
row is broken is left out and reported, the others stay.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

from pipeline.errors import StudyProblem
from pipeline.session import KnownIdentifier, Source, Speaker
from pipeline.study_settings import ID, Settings, read_settings

STATUSES = ("held", "late_cancelled", "cancelled", "no_show")
SESSION_COLUMNS = ("session_id", "client_id", "therapist_id", "session_no", "date", "status", "transcript")
CONSENT_COLUMNS = ("client_id", "purpose", "status", "signed_on")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the study folder to mend. `row` counts lines of the file from 1, the header included."""

    file: str
    row: int | None
    message: str
    session_id: str | None = None

    def __str__(self) -> str:
        return f"{self.file}{f', row {self.row}' if self.row else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One row of sessions.csv."""

    session_id: str
    client_id: str
    therapist_id: str
    session_no: int
    date: date
    status: str
    transcript: str | None
    source: Source = Source.HUMAN
    planned_sessions: int | None = None
    scheduled_start: time | None = None
    actual_start: time | None = None
    roles: tuple[tuple[str, Speaker], ...] = field(default=(), repr=False)
    row: int = 0

    @property
    def minutes_late(self) -> float | None:
        if self.scheduled_start is None or self.actual_start is None:
            return None
        a, b = self.scheduled_start, self.actual_start
        return float((b.hour - a.hour) * 60 + b.minute - a.minute)


@dataclass(frozen=True, slots=True)
class Consent:
    """One row of consent.csv. Consent is ongoing: a client may have several rows, the strictest word counts."""

    client_id: str
    purpose: str
    status: str
    signed_on: date
    expires_on: date | None = None
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class Study:
    folder: Path
    settings: Settings
    sessions: tuple[SessionEntry, ...]
    consents: tuple[Consent, ...]
    roster: tuple[KnownIdentifier, ...]
    alliance_rows: tuple[tuple[int, dict[str, str]], ...]
    problems: tuple[Problem, ...]

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def store_path(self) -> Path:
        return self.folder / "store" / "study.duckdb"

    def of_client(self, client_id: str) -> list[SessionEntry]:
        return sorted((s for s in self.sessions if s.client_id == client_id), key=lambda s: (s.date, s.session_no))


def read_study(folder: Path) -> Study:
    """Read a study folder.

    Raises StudyProblem where nothing can run: no folder, no sessions.csv or consent.csv, a study.toml that cannot be
    read. All else is a Problem in `Study.problems`.
    """
    if not folder.is_dir():
        raise StudyProblem(f"{folder}: no such folder; `alliance init {folder}` makes one")
    settings = read_settings(folder)
    problems: list[Problem] = []
    sessions = list(_sessions(folder / "sessions.csv", problems))
    consents = list(_consents(folder / "consent.csv", problems))
    roster = list(_roster(folder / "roster.csv", problems)) if (folder / "roster.csv").exists() else []
    alliance = (
        list(_rows(folder / "alliance.csv", ("client_id", "measure"), problems))
        if (folder / "alliance.csv").exists()
        else []
    )
    seen: dict[str, int] = {}
    for s in list(sessions):
        if s.session_id in seen:
            problems.append(
                Problem(
                    "sessions.csv",
                    s.row,
                    f"session_id already stands in row {seen[s.session_id]}; make it unique",
                    s.session_id,
                )
            )
            sessions.remove(s)
        seen.setdefault(s.session_id, s.row)
    return Study(folder, settings, tuple(sessions), tuple(consents), tuple(roster), tuple(alliance), tuple(problems))


def _rows(file: Path, columns: tuple[str, ...], problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row number, cells) of a csv; a file that cannot be read at all raises StudyProblem."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise StudyProblem(f"{file.name}: missing; `alliance init` shows what it looks like") from None
    except UnicodeDecodeError:
        raise StudyProblem(f'{file.name}: not UTF-8; save it as "CSV UTF-8"') from None
    reader = csv.DictReader(text.splitlines())
    head = [h.strip() for h in reader.fieldnames or []]
    if missing := [c for c in columns if c not in head]:
        raise StudyProblem(
            f"{file.name}: column `{missing[0]}` is missing; its first line must name {', '.join(columns)}"
        )
    reader.fieldnames = head
    for cells in reader:
        row = reader.line_num
        if None in cells:
            problems.append(Problem(file.name, row, "has more cells than the header; check for commas inside a cell"))
            continue
        cleaned = {k: (v or "").strip() for k, v in cells.items()}
        if any(cleaned.values()):
            yield row, cleaned


def _sessions(file: Path, problems: list[Problem]) -> Iterator[SessionEntry]:
    for row, c in _rows(file, SESSION_COLUMNS, problems):
        sid = c["session_id"] if ID.fullmatch(c["session_id"]) else None
        try:
            yield SessionEntry(
                session_id=_id(c, "session_id"),
                client_id=_id(c, "client_id"),
                therapist_id=_id(c, "therapist_id"),
                session_no=_whole(c, "session_no"),
                date=_date(c, "date"),
                status=_one_of(c, "status", STATUSES),
                transcript=_transcript(c),
                source=Source(_one_of(c, "transcript_source", ("human", "asr"), "human")),
                planned_sessions=_whole(c, "planned_sessions") if c.get("planned_sessions") else None,
                scheduled_start=_clock(c, "scheduled_start"),
                actual_start=_clock(c, "actual_start"),
                roles=_roles(c.get("speaker_map", "")),
                row=row,
            )
        except ValueError as e:
            problems.append(Problem(file.name, row, str(e), sid))


def _consents(file: Path, problems: list[Problem]) -> Iterator[Consent]:
    for row, c in _rows(file, CONSENT_COLUMNS, problems):
        try:
            yield Consent(
                client_id=_id(c, "client_id"),
                purpose=c["purpose"],
                status=_one_of(c, "status", ("granted", "withdrawn", "refused")),
                # a withdrawal or a refusal counts whether or not its date was written down
                signed_on=_date(c, "signed_on") if c["status"] == "granted" or c["signed_on"] else date.max,
                expires_on=_date(c, "expires_on") if c.get("expires_on") else None,
                withdrawn_on=_date(c, "withdrawn_on") if c.get("withdrawn_on") else None,
            )
        except ValueError as e:
            problems.append(Problem(file.name, row, str(e)))
            if ID.fullmatch(c["client_id"]):
                # it may have been a withdrawal: until it is mended, the client stays closed
                yield Consent(c["client_id"], c["purpose"], "unreadable", date.max)


def _roster(file: Path, problems: list[Problem]) -> Iterator[KnownIdentifier]:
    for row, c in _rows(file, ("person_id", "role", "kind", "value"), problems):
        if not c["value"]:
            problems.append(Problem(file.name, row, "`value` is empty; give the name as it is spoken, or drop the row"))
            continue
        yield KnownIdentifier(c["person_id"], c["role"], c["kind"], c["value"])


def _id(c: dict[str, str], key: str) -> str:
    # the value is not echoed: a name or a path may stand where an id should
    if not ID.fullmatch(c[key]):
        raise ValueError(f"`{key}` must be 1-64 letters, digits, `_`, `-`, `.`; use a study code, never a name")
    return c[key]


def _whole(c: dict[str, str], key: str) -> int:
    if not c.get(key, "").isdigit() or int(c[key]) < 1:
        raise ValueError(f"`{key}` must be a whole number from 1")
    return int(c[key])


def _date(c: dict[str, str], key: str) -> date:
    try:
        return date.fromisoformat(c.get(key, ""))
    except ValueError:
        raise ValueError(f"`{key}` must be a date as 2026-03-31") from None


def _clock(c: dict[str, str], key: str) -> time | None:
    value = c.get(key, "")
    if not value:
        return None
    try:
        return time.fromisoformat(value[-8:] if "T" in value or " " in value else value.zfill(5))
    except ValueError:
        raise ValueError(f"`{key}` must be a time as 09:30") from None


def _one_of(c: dict[str, str], key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    value = c.get(key) or default
    if value not in allowed:
        raise ValueError(f"`{key}` must be one of {', '.join(allowed)}")
    return value


def _transcript(c: dict[str, str]) -> str | None:
    if c["status"] == "held" and not c["transcript"]:
        raise ValueError("a held session needs a `transcript`: the name of its file in inbox/")
    return c["transcript"] or None


def _roles(cell: str) -> tuple[tuple[str, Speaker], ...]:
    """`Dr Lee=therapist;Sam=client`. The labels may be names, so they are not echoed."""
    roles = []
    for part in filter(None, (p.strip() for p in cell.split(";"))):
        label, _, role = part.rpartition("=")
        if not label or role.strip().lower() not in ("client", "therapist"):
            raise ValueError("`speaker_map` must read like  Dr Lee=therapist;Sam=client")
        roles.append((label.strip(), Speaker(role.strip().lower())))
    return tuple(roles)
