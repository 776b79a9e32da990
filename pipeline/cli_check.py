"""The verb `alliance check`: every problem of a study folder, before anything is run or any transcript opened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.alliance import parse_row, score_alliance, unverified_keys
from pipeline.alliance_keys import keys_from, read_keys
from pipeline.consent import check_consented
from pipeline.errors import ConsentRefused, StudyProblem
from pipeline.study import Problem, Study, read_study
from pipeline.study_check import check_study

out = Console(highlight=False, soft_wrap=True)


def check(folder: Annotated[Path, typer.Argument(help="the study folder", metavar="DIR")]) -> None:
    """Name every problem of a study folder, with file, row and what to do. No transcript is opened."""
    study = read_study(folder)
    of_scores, notes = alliance_problems(study)
    problems = [*check_study(study), *of_scores]
    for p in problems:
        out.print(str(p), markup=False)
    for note in notes:
        out.print(f"note: {note}", markup=False)
    refused = consent_refusals(study)
    out.print(f"{len(study.sessions)} sessions, {len(refused)} of them without valid consent, {len(problems)} problems")
    if problems:
        raise typer.Exit(StudyProblem.exit_code)


def alliance_problems(study: Study) -> tuple[list[Problem], list[str]]:
    """Rows of alliance.csv that cannot be scored, found by scoring them; and which keys were never checked.

    Raises StudyProblem for a wrong [measures].
    """
    keys = {**read_keys(), **keys_from(study.settings.measures, where="study.toml")}
    rows, problems = [], []
    for row_no, cells in study.alliance_rows:
        try:
            rows.append(parse_row(row_no, cells))
        except StudyProblem as e:
            problems.append(Problem("alliance.csv", row_no, str(e).removeprefix(f"alliance.csv row {row_no}, ")))
    scores, wrong = score_alliance(rows, keys)
    return problems + [Problem("alliance.csv", p.row, p.message) for p in wrong], unverified_keys(scores)


def consent_refusals(study: Study) -> list[ConsentRefused]:
    """Sessions that may not be opened today, each with its reason."""
    today, refused = datetime.now(UTC).date(), []
    for entry in study.sessions:
        try:
            check_consented(entry, study.consents, purpose=study.settings.purpose, today=today)
        except ConsentRefused as e:
            refused.append(e)
    return refused
