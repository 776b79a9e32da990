"""What `alliance check` says of a study folder before anything runs. No transcript is opened."""

from __future__ import annotations

from pathlib import Path

from pipeline.study import Problem, SessionEntry, Study

SUFFIXES = (
    ".txt",
    ".vtt",
    ".srt",
    ".docx",
    ".csv",
    ".tsv",
    ".xlsx",
    ".json",
    ".eaf",
    ".textgrid",
    ".cha",
    ".rtf",
    ".odt",
)


def check_study(study: Study) -> list[Problem]:
    """Every problem of the folder with file, row and what to do, in order of file and row."""
    problems = list(study.problems)
    clients = {s.client_id for s in study.sessions}
    people = clients | {s.therapist_id for s in study.sessions}
    granted = {c.client_id for c in study.consents}
    sessions = {(s.client_id, s.session_id) for s in study.sessions}
    if not study.sessions and not study.problems:
        problems.append(Problem("sessions.csv", None, "lists no session yet; add one row a session"))
    for s in study.sessions:
        problems += _transcript(study, s)
        if s.client_id not in granted:
            problems.append(
                Problem("consent.csv", None, f"no row for client {s.client_id}; session {s.session_id} stays closed")
            )
    for row, cells in study.alliance_rows:
        if (cells.get("client_id"), cells.get("session_id")) not in sessions:
            problems.append(Problem("alliance.csv", row, "client_id and session_id are no row of sessions.csv"))
    strangers = sum(k.person_id not in people for k in study.roster)
    if strangers:
        problems.append(
            Problem(
                "roster.csv",
                None,
                f"{strangers} rows have a person_id that is no client_id or therapist_id of sessions.csv",
            )
        )
    return sorted(problems, key=lambda p: (p.file, p.row or 0, p.message))


def _transcript(study: Study, s: SessionEntry) -> list[Problem]:
    if s.transcript is None:
        return []
    path = study.inbox / s.transcript
    if Path(s.transcript).is_absolute() or not path.resolve().is_relative_to(study.inbox.resolve()):
        what = "`transcript` leads out of inbox/; put the file into inbox/ and name it plainly"
    elif not path.is_file():
        what = "`transcript` names a file that is not in inbox/"
    elif path.suffix.lower() not in SUFFIXES:
        what = f"`transcript` has an ending that no reader knows; known are {', '.join(SUFFIXES)}"
    elif path.stat().st_size == 0:
        what = "the transcript file is empty"
    else:
        return []
    return [Problem("sessions.csv", s.row, f"{what} (session {s.session_id})", s.session_id)]
