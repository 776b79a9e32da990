"""The command `alliance`. Each verb wires edges together and imports what is heavy only when it is needed."""

from __future__ import annotations

import csv
import gc
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

from pipeline import __version__, cli_audit, cli_check, cli_coding, cli_evaluate, cli_research
from pipeline.cli_check import consent_refusals
from pipeline.cli_vault import vault_app
from pipeline.errors import EXIT_ALL_IN, EXIT_SOME_QUARANTINED, AllianceError, StudyProblem
from pipeline.study import Study, read_study
from pipeline.study_settings import CHECKOUT
from pipeline.study_template import write_new_study

USAGE, STOPPED = 64, 130  # as sysexits.h and shells have them

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, which may hold what was said
    help="From consented therapy-session transcripts to a research database of alliance ruptures and repairs.\n\n"
    "Exit codes: 0 all in; 2 ran, some quarantined; 3 the study folder needs mending; 4 the codebook does; "
    "5 the vault cannot be opened; 6 a language model is missing; 7 the database is held or of another version.",
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

VERBS = (
    cli_check.check,
    cli_coding.explain,
    cli_coding.train,
    cli_evaluate.evaluate,
    cli_research.export,
    cli_research.methods,
    cli_audit.audit,
)  # from modules of their own; the others stand below

StudyFolder = Annotated[Path, typer.Argument(help="the study folder", metavar="DIR")]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="file that holds the vault key, outside the study")]


@app.command()
def init(folder: StudyFolder) -> None:
    """Make a study folder: a commented study.toml and empty csv files."""
    written = write_new_study(folder)
    out.print(f"{folder}: wrote {', '.join(written)}" if written else f"{folder}: everything is there already")
    out.print("Next: put transcripts into inbox/, fill sessions.csv and consent.csv, then `alliance check`.")


@app.command()
def run(folder: StudyFolder, key_file: KeyFile = None) -> None:
    """Take the study through every stage into store/study.duckdb. Safe to repeat: unchanged sessions are left alone."""
    from flows.local import stay_local

    stay_local()
    read_study(folder)  # a broken folder is said at once, before Prefect starts
    _check_key(folder, key_file)
    from flows.code_sessions import code_sessions

    counts = code_sessions(str(folder.resolve()), str(key_file.resolve()) if key_file else None)
    table = Table(show_header=False, box=None)
    for name, n in counts.items():
        table.add_row(name.replace("_", " "), str(n))
    out.print(table)
    out.print(f"database  {folder / 'store' / 'study.duckdb'}", markup=False)
    out.print(f"report    {_newest_report(folder) / 'index.html'}", markup=False)
    if counts["problems"]:
        out.print(f"to mend   `alliance check {folder}` names each row; so does the report", markup=False)
    if counts["quarantined"]:
        out.print(f"why not   {folder / 'quarantine' / 'quarantine.csv'}", markup=False)
    raise typer.Exit(EXIT_SOME_QUARANTINED if counts["quarantined"] else EXIT_ALL_IN)


@app.command()
def status(folder: StudyFolder) -> None:
    """What is in, what is not and why: consent, quarantine, codes."""
    study = read_study(folder)
    table = Table(title=f"{study.settings.id}: {len(study.sessions)} sessions listed", title_justify="left")
    table.add_column("sessions", justify="right")
    table.add_column("state")
    table.add_column("why")
    refused = consent_refusals(study)
    for reason, n in sorted(Counter(r.reason.value for r in refused).items()):
        table.add_row(str(n), "not opened (consent)", reason.replace("_", " "))
    if not study.store_path.exists():
        out.print(table)
        out.print(f"nothing was run yet: `alliance run {folder}`", markup=False)
        return
    with _read(study) as store:
        for r in store.rows(
            "SELECT reason, count(*) AS n FROM refusals WHERE stage = 'quarantine' GROUP BY ALL ORDER BY ALL"
        ):
            table.add_row(str(r["n"]), "quarantined", r["reason"].replace("_", " "))
        for r in store.rows("SELECT status, count(*) AS n FROM sessions GROUP BY ALL ORDER BY ALL"):
            table.add_row(str(r["n"]), "in the database", r["status"].replace("_", " "))
        out.print(table)
        codes = Table(title="tags", title_justify="left")
        for column in ("family", "code"):
            codes.add_column(column)
        for column in ("likely", "possible", "sessions"):
            codes.add_column(column, justify="right")
        for r in store.rows(
            "SELECT family, code, count(*) FILTER (status = 'likely') AS likely,"
            " count(*) FILTER (status = 'possible') AS possible, count(DISTINCT session_id) AS sessions"
            " FROM coded_segments GROUP BY ALL ORDER BY ALL"
        ):
            codes.add_row(r["family"], r["code"], str(r["likely"]), str(r["possible"]), str(r["sessions"]))
        out.print(codes)
        last = store.rows("SELECT run_id, finished FROM runs ORDER BY started DESC LIMIT 1")
        for r in last:
            out.print(f"last run {r['run_id']}, {'finished' if r['finished'] else 'did not finish'}")


@app.command()
def query(
    folder: StudyFolder,
    name: Annotated[str | None, typer.Argument(help="a query by name; without one, list them all")] = None,
) -> None:
    """Answer one of the shipped research questions, or list them."""
    study = read_study(folder)
    files = sorted((CHECKOUT / "data_contracts" / "queries").glob("*.sql"))
    if name is None:
        for f in files:
            question = f.read_text(encoding="utf-8").splitlines()[0].lstrip("- ")
            out.print(f"{f.stem}\n    {question}", markup=False)
        return
    file = next((f for f in files if f.stem == name), None)
    if file is None:
        raise StudyProblem(f"no query of that name; `alliance query {folder}` lists them")
    with _read(study) as store:
        rows = store.rows(file.read_text(encoding="utf-8"))
    if not rows:
        err.print("no rows")
        return
    cells = [[f"{v:.6g}" if isinstance(v, float) else "" if v is None else str(v) for v in r.values()] for r in rows]
    if not out.is_terminal:  # for a file or another program
        csv.writer(sys.stdout).writerows([list(rows[0]), *cells])
        return
    table = Table(box=None, header_style="bold")
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*row)
    out.print(table)


@app.command()
def schedule(
    folder: StudyFolder,
    cron: Annotated[str, typer.Option(help="when to run, as a cron line")] = "0 2 * * *",
    key_file: KeyFile = None,
) -> None:
    """Run the study every night until stopped: serves a Prefect deployment named after the study."""
    from flows.local import stay_local

    stay_local()
    study = read_study(folder)
    _check_key(folder, key_file)
    from flows.code_sessions import code_sessions

    parameters = {"study_dir": str(folder.resolve()), "key_file": str(key_file.resolve()) if key_file else None}
    code_sessions.serve(name=study.settings.id, cron=cron, parameters=parameters)


def _read(study: Study):
    """The database, or its published copy while a run holds the database."""
    from pipeline.errors import StoreProblem
    from pipeline.store import open_store

    try:
        return open_store(study.store_path, read_only=True)
    except StoreProblem:
        published = study.store_path.with_name("published.duckdb")
        if not published.exists():
            raise
        return open_store(published, read_only=True)


def _check_key(folder: Path, key_file: Path | None) -> None:
    """Say where a new key was put, and that the vault opens with the key there is, before anything long starts."""
    import os

    from pipeline.vault import Vault, find_key

    key = find_key(folder, key_file=key_file, environ=os.environ)
    Vault(folder / "vault", key).check_key()
    if key.made:
        err.print(
            f"A vault key was made: {key.file}. Keep a copy apart from the study: without it pseudonyms cannot be "
            "traced back, and later sessions get new ones.",
            markup=False,
        )


def _newest_report(folder: Path) -> Path:
    return max((folder / "reports").iterdir(), key=lambda p: p.name)


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="show the version and leave")] = False) -> None:
    if show:
        out.print(f"alliance {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point: errors of this project become one line and their exit code; nothing else may show its text."""
    code = _run()
    gc.collect()  # an error held in a cycle would keep database handles open into the interpreter's end
    sys.exit(code)


def _run() -> int:
    for verb in VERBS:
        app.command()(verb)
    app.add_typer(vault_app, name="vault")
    try:
        return app(standalone_mode=False) or EXIT_ALL_IN
    except AllianceError as e:
        err.print(f"alliance: {e}", markup=False)
        return e.exit_code
    except TyperException as e:  # a misspelt command or option
        err.print(f"alliance: {e.format_message()} Try `alliance --help`.", markup=False)
        return USAGE
    except KeyboardInterrupt:
        err.print("alliance: stopped. What was written stays; run again to go on.")
        return STOPPED
    except Exception as e:
        # whatever broke may quote a person: say what kind of error and where, never its text
        frame = traceback.extract_tb(e.__traceback__)[-1]
        place = f"{type(e).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
        err.print(f"alliance: an error in the program ({place}). Nothing half-done was stored.", markup=False)
        return AllianceError.exit_code
