"""Data contracts: what must hold across rows and tables before a session goes on. Only Great Expectations and pandas.

Checked at three boundaries: input as admitted, de-identified turns, coded output. The rules are the suites in
data_contracts/expectations/; types, keys and value lists of single cells belong to tables.sql as well. No words reach
this module's tools (see `pipeline.contract_rows`), so no result, log or report can hold any.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipeline import contract_rows as look
from pipeline.codes import Decision, Episode, Tag
from pipeline.contract_rows import AdmittedTurn, Codes
from pipeline.errors import Quarantined, Reason
from pipeline.session import Session

EXPECTATIONS = Path(__file__).resolve().parent.parent / "data_contracts" / "expectations"
BETWEEN = "\x1f"  # no id has it
ROWS_NAMED = 20  # row ids a failed expectation lists at most


@dataclass(frozen=True, slots=True)
class FailedExpectation:
    """One expectation that did not hold: its type, the column, what it means in words, how often, and where."""

    expectation: str
    column: str
    means: str
    n_unexpected: int
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractResult:
    """One suite on the rows of one subject: a session, a run or the study's scores."""

    suite: str
    subject: str
    success: bool
    n_rows: int
    n_expectations: int
    failed: tuple[FailedExpectation, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A suite and the rows of one subject it has to look at."""

    suite: str
    subject: str
    rows: tuple[look.Row, ...] = field(repr=False)


# ---- the boundaries, each as checks to run: `run_checks([*safe(a), *safe(b), *coded(...)])`


def admitted(planned: Mapping[str, Any], turns: Sequence[AdmittedTurn]) -> list[Check]:
    """Input as admitted, before de-identification. `planned` is the session's row of sessions.csv as a mapping:
    session_id, client_id, therapist_id, session_no, status, transcript_source, minutes_late, day."""
    session_id = planned["session_id"]
    return [
        Check("admitted_sessions", session_id, tuple(look.admitted_session(planned, len(turns)))),
        Check("admitted_turns", session_id, tuple(look.admitted_turns(turns))),
    ]


def safe(session: Session) -> list[Check]:
    """A de-identified session, before and after it is coded."""
    return [
        Check("sessions", session.session_id, tuple(look.session_row(session))),
        Check("turns", session.session_id, tuple(look.turn_rows(session))),
    ]


def coded(session: Session, tags: Sequence[Tag], episodes: Sequence[Episode], *, codes: Codes) -> list[Check]:
    """Tags and episodes against the session they were made from. `codes` is `Lexicon.codes`."""
    return [
        Check("coded_segments", session.session_id, tuple(look.tag_rows(session, tags, codes))),
        Check("episodes", session.session_id, tuple(look.episode_rows(session, tags, episodes))),
    ]


def check_admitted(planned: Mapping[str, Any], turns: Sequence[AdmittedTurn]) -> tuple[ContractResult, ...]:
    """`admitted` of one session, run."""
    return run_checks(admitted(planned, turns))


def check_safe(session: Session) -> tuple[ContractResult, ...]:
    """`safe` of one session, run."""
    return run_checks(safe(session))


def check_coded(
    session: Session, tags: Sequence[Tag], episodes: Sequence[Episode], *, codes: Codes
) -> tuple[ContractResult, ...]:
    """`coded` of one session, run."""
    return run_checks(coded(session, tags, episodes, codes=codes))


def check_scores(scores: Iterable[Any], *, client_of: Mapping[str, str]) -> ContractResult:
    """All alliance scores of a study; `client_of` maps the sessions of sessions.csv to their clients."""
    return run_checks([Check("alliance_scores", "alliance.csv", tuple(look.score_rows(scores, client_of)))])[0]


def check_score_ruptures(
    ruptures: Iterable[Any], *, scores: Iterable[Any], client_of: Mapping[str, str], session_no: Mapping[str, int]
) -> ContractResult:
    """All indirect ruptures and gains of a study, against the scores they were found in."""
    rows = look.rupture_rows(ruptures, scores, client_of, session_no)
    return run_checks([Check("score_ruptures", "alliance.csv", tuple(rows))])[0]


def check_decisions(decisions: Iterable[Decision], *, codes: Codes, sessions: Iterable[str]) -> ContractResult:
    """Coders' decisions before they are merged."""
    return run_checks([Check("decisions", "reviews", tuple(look.decision_rows(decisions, codes, sessions)))])[0]


def check_run(run: Mapping[str, Any]) -> ContractResult:
    """A finished row of `runs`, whose counts have sessions, written, unchanged, refused and quarantined."""
    return run_checks([Check("runs", run["run_id"], tuple(look.run_row(run)))])[0]


def refuse_failed(session_id: str, results: Iterable[ContractResult]) -> None:
    """Raise Quarantined where a contract does not hold; the advice names suite, rule and rows."""
    broken = [
        f"{r.suite}: {f.means} ({f.n_unexpected}: {', '.join(f.rows[:3])}{', ...' if f.n_unexpected > 3 else ''})"
        for r in results
        for f in r.failed
    ]
    if broken:
        raise Quarantined(session_id, Reason.CONTRACT_FAILED, "; ".join(broken))


# ---- the tool


def run_checks(checks: Iterable[Check]) -> tuple[ContractResult, ...]:
    """Results in the order of the checks.

    Sessions are looked at together, one pass a suite, because a pass costs the same for one row and for thousands; only
    where something is wrong is each session looked at by itself.
    """
    todo = list(checks)
    results: dict[int, ContractResult] = {}
    by_suite: dict[str, list[int]] = {}
    for n, check in enumerate(todo):
        if check.rows:
            by_suite.setdefault(check.suite, []).append(n)
        else:  # a missed session has no turns, a quiet one no tags: rules about rows hold of none
            results[n] = ContractResult(check.suite, check.subject, True, 0, len(_suite(check.suite).expectations))
    for suite, numbers in by_suite.items():
        together = [todo[n] for n in numbers]
        all_hold = _batch(together).validate(_suite(suite), result_format="BOOLEAN_ONLY").success
        for n in numbers:
            results[n] = _passed(todo[n]) if all_hold else _look_closely(todo[n])
    return tuple(results[n] for n in range(len(todo)))


def _passed(check: Check) -> ContractResult:
    return ContractResult(check.suite, check.subject, True, len(check.rows), len(_suite(check.suite).expectations))


def _look_closely(check: Check) -> ContractResult:
    counted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["row"]}
    result = _batch([check]).validate(_suite(check.suite), result_format=counted)
    if result.success:
        return _passed(check)
    failed = tuple(_failed(r, len(check.rows)) for r in result.results if not r.success)
    return ContractResult(check.suite, check.subject, False, len(check.rows), len(result.results), failed)


def _batch(checks: Sequence[Check]) -> Any:
    """The rows of some subjects as one frame; the subject before each row id keeps ids of two sessions apart."""
    import pandas as pd

    rows = [{**row, "row": f"{check.subject}{BETWEEN}{row['row']}"} for check in checks for row in check.rows]
    return _batches().get_batch(batch_parameters={"dataframe": pd.DataFrame(rows)})


def _failed(result: Any, n_rows: int) -> FailedExpectation:
    config = result.expectation_config
    column = config.kwargs.get("column") or f"{config.kwargs['column_A']}, {config.kwargs['column_B']}"
    means = config.meta["means"]
    if result.exception_info.get("raised_exception", True) is True or "unexpected_index_list" not in result.result:
        return FailedExpectation(config.type, column, f"{means} (could not be looked at)", n_rows, ())
    found = result.result["unexpected_index_list"]
    where = tuple(str(index["row"]).split(BETWEEN, 1)[1] for index in found[:ROWS_NAMED])
    return FailedExpectation(config.type, column, means, len(found), where)


@cache
def _great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when it is imported
    os.environ["DO_NOT_TRACK"] = "1"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    import great_expectations

    return great_expectations


@cache
def _batches() -> Any:
    """Where frames are handed in: one context in memory a process, nothing written, no progress bars."""
    gx = _great_expectations()
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    # everything in memory: no documentation site, which would be a folder outside the study
    plain = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False), analytics_enabled=False
    )
    context = gx.get_context(mode="ephemeral", project_config=plain)
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("records").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


@cache
def _suite(name: str) -> Any:
    import json

    suite = _great_expectations().ExpectationSuite
    return suite(**json.loads((EXPECTATIONS / f"{name}.json").read_text(encoding="utf-8")))
