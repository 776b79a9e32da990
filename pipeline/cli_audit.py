"""`alliance audit`: a person looks at a random sample of what is stored and says what was left.

One key a turn. The turns are shown as they are stored, on this screen only; what is recorded are ids and kinds.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from pipeline.audit import LEAK_KINDS, Finding, LeakRate, StoredTurn, Verdict, draw, leak_rate
from pipeline.errors import StoreProblem, StudyProblem
from pipeline.study import read_study
from pipeline.study_settings import ID

HELP = "c clean   " + "   ".join(f"{n} {kind}" for n, kind in enumerate(LEAK_KINDS, 1)) + "   s skip   q stop"


def audit(
    folder: Annotated[Path, typer.Argument(help="the study folder", metavar="DIR")],
    sample: Annotated[int, typer.Option(min=1, help="how many turns to look at")] = 100,
    seed: Annotated[int | None, typer.Option(help="draw the same sample again")] = None,
    auditor: Annotated[str, typer.Option(help="a code for who looks, never a name")] = "a1",
    report: Annotated[bool, typer.Option("--report", help="print the figure so far and leave")] = False,
) -> None:
    """Look at a random sample of stored turns and get the leak rate with its interval.

    Keys: c clean; 1-9 a leak, by kind; s skip; q stop (what was said stays, the next call goes on with other turns).
    Recorded in audits.sqlite: ids, turn numbers and kinds, never words.
    """
    from pipeline.audit_log import AuditLog
    from pipeline.store import open_store

    if not ID.fullmatch(auditor):
        raise StudyProblem("--auditor must be a code of letters, digits, `_`, `-`, `.`, never a name")
    out = Console(highlight=False, soft_wrap=False)
    study, log = read_study(folder), AuditLog(folder)
    if not study.store_path.exists():
        raise StudyProblem(f"nothing was run yet: `alliance run {folder}`, then audit")
    try:
        store = open_store(study.store_path, read_only=True)
    except StoreProblem:  # a run holds it: its published copy will do
        store = open_store(study.store_path.with_name("published.duckdb"), read_only=True)
    with store:
        turns = [
            StoredTurn(r["session_id"], r["turn_no"], r["n_words"])
            for r in store.rows("SELECT session_id, turn_no, n_words FROM turns WHERE n_words > 0")
        ]
        if not report:
            number = secrets.randbelow(1 << 31) if seed is None else seed
            seen = [(f.turn.session_id, f.turn.turn_no) for f in log.findings()] if seed is None else []
            chosen = draw(turns, sample, seed=number, seen=seen)
            out.print(f"{len(chosen)} turns of {len(turns)}, drawn with seed {number}. {HELP}", style="dim")
            for n, turn in enumerate(chosen, 1):
                out.rule(f"{n} of {len(chosen)}", style="dim")
                _show(out, store.rows(_AROUND, {"session": turn.session_id, "turn": turn.turn_no}), turn)
                finding = ask(turn, read_key, lambda: out.print(HELP, style="dim"))
                if finding is None:
                    break
                log.record(finding, seed=number, auditor=auditor)
    sessions = {t.session_id for t in turns}
    found = leak_rate(log.findings(), words_per_session=sum(t.n_words for t in turns) / max(1, len(sessions)))
    for line in said(found):
        out.print(line)


_AROUND = (
    "SELECT turn_no, speaker, text FROM turns WHERE session_id = $session AND turn_no BETWEEN $turn - 1 AND $turn + 1 "
    "ORDER BY turn_no"
)


def _show(out: Console, rows: list[dict[str, object]], turn: StoredTurn) -> None:
    for row in rows:
        own = row["turn_no"] == turn.turn_no
        out.print(Text(f"{row['speaker']}: {row['text']}", style="bold" if own else "dim"))


def ask(turn: StoredTurn, key: Callable[[], str], remind: Callable[[], object]) -> Finding | None:
    """The finding for one turn by single keys; None where the person stops (or the input ends)."""
    while True:
        pressed = key().casefold()
        if pressed in ("", "q", "\x03", "\x04"):
            return None
        if pressed == "c":
            return Finding(turn, Verdict.CLEAN)
        if pressed == "s":
            return Finding(turn, Verdict.SKIP)
        if pressed.isdigit() and 1 <= int(pressed) <= len(LEAK_KINDS):
            return Finding(turn, Verdict.LEAK, LEAK_KINDS[int(pressed) - 1])
        if not pressed.isspace():
            remind()


def read_key() -> str:
    """One key press; from a pipe, one character."""
    return typer.getchar() if sys.stdin.isatty() else sys.stdin.read(1)


def said(found: LeakRate | None) -> list[str]:
    """The figure for a review board, in words."""
    if found is None:
        return ["No turn has been judged yet: the leak rate is not known."]
    words, turns = found.words, found.turns
    lines = [
        f"Judged: {turns.of} turns, {words.of} words, from {found.n_sessions} sessions; {found.n_skipped} skipped.",
        f"Leaks: {words.found}, in {turns.found} of {turns.of} turns"
        + (f" ({', '.join(f'{n} {kind}' for kind, n in found.kinds)})." if found.kinds else "."),
        f"Leaks per 1,000 words: {1000 * words.share:.2f} (95 % interval {1000 * words.low:.2f} to {1000 * words.high:.2f}).",
        "Leaks per session of average length: {:.2f} (95 % interval {:.2f} to {:.2f}).".format(*found.per_session),
        f"Turns with a leak: {turns.share:.2%} (95 % interval {turns.low:.2%} to {turns.high:.2%}; Clopper-Pearson).",
    ]
    if words.rule_of_three is not None and turns.rule_of_three is not None:
        lines.append(
            f"None was found; by the rule of three the rate is below {1000 * words.rule_of_three:.2f} per 1,000 words "
            f"and below {turns.rule_of_three:.2%} of turns, with 95 % confidence."
        )
    return lines
