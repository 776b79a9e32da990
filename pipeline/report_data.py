"""What the run report shows, read from the research database through the query function it is given. No words.

Plain records, so that the page can be rendered, and tested, without a database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from pipeline.codes import Family

FAMILIES = tuple(f.value for f in Family)  # in the order of the codebook
Rows = Callable[..., list[dict[str, Any]]]  # `Store.rows`: SQL and parameters → rows


@dataclass(frozen=True, slots=True)
class Mark:
    """A code that stands on a turn."""

    turn_no: int
    code: str
    family: str
    status: str
    by_person: bool


@dataclass(frozen=True, slots=True)
class EpisodeSpan:
    first_turn: int
    last_turn: int
    repair_turn: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session in the database: what it is, the marks on its turns and its number of tags by code."""

    session_id: str
    client_id: str
    session_no: int
    status: str
    n_turns: int
    transcript_source: str
    minutes_late: float | None
    written_now: bool
    codes: Mapping[str, int]
    marks: tuple[Mark, ...]
    episodes: tuple[EpisodeSpan, ...]


@dataclass(frozen=True, slots=True)
class ScoreLine:
    name: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class MeasurePanel:
    """The score series of one measure of one client, and the range every client of that measure is drawn on."""

    measure: str
    low: float
    high: float
    lines: tuple[ScoreLine, ...]


@dataclass(frozen=True, slots=True)
class ClientPage:
    client_id: str
    sessions: tuple[SessionPage, ...]
    panels: tuple[MeasurePanel, ...]


@dataclass(frozen=True, slots=True)
class RefusalLine:
    session_id: str
    stage: str
    reason: str
    advice: str
    new: bool
    older_kept: bool  # what an earlier run made of the session is still in the database


@dataclass(frozen=True, slots=True)
class CodeLabel:
    code: str
    family: str
    label: str


class Failure(Protocol):
    @property
    def expectation(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def means(self) -> str: ...
    @property
    def n_unexpected(self) -> int: ...
    @property
    def rows(self) -> tuple[str, ...]: ...


class Contract(Protocol):
    """See `pipeline.contracts.ContractResult`."""

    @property
    def suite(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def success(self) -> bool: ...
    @property
    def n_rows(self) -> int: ...
    @property
    def n_expectations(self) -> int: ...
    @property
    def failed(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class SuiteLine:
    """What one contract suite found in this run."""

    suite: str
    n_subjects: int
    n_rows: int
    n_expectations: int
    failures: tuple[tuple[str, str, int, tuple[str, ...]], ...]  # subject, meaning, how many, row ids


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that the report shows."""

    study_id: str
    run_id: str
    started: datetime
    finished: datetime | None
    counts: Mapping[str, int]
    versions: tuple[tuple[str, str], ...]
    codes: tuple[CodeLabel, ...]
    clients: tuple[ClientPage, ...]
    refusals: tuple[RefusalLine, ...]
    suites: tuple[SuiteLine, ...]
    problems: tuple[str, ...]
    n_decided: int

    @property
    def sessions(self) -> list[SessionPage]:
        return [s for c in self.clients for s in c.sessions]

    @property
    def n_known(self) -> int:
        """Sessions in the database or refused, each once: one refused now may be there from an earlier run."""
        return len({s.session_id for s in self.sessions} | {r.session_id for r in self.refusals})


def collect(
    rows: Rows, run_id: str, *, study_id: str, contracts: Iterable[Contract] = (), problems: Iterable[str] = ()
) -> ReportData:
    """Everything for the report of one run. `rows` is `Store.rows`; `contracts` are the results of this run."""
    [run] = rows("SELECT * FROM runs WHERE run_id = ?", [run_id])
    sessions = _sessions(rows, run_id)
    stored = {s.session_id for s in sessions}
    panels = _panels(rows)
    models = json.loads(run["model_hashes"])
    return ReportData(
        study_id=study_id,
        run_id=run_id,
        started=run["started"],
        finished=run["finished"],
        counts=json.loads(run["counts"] or "{}"),
        versions=(
            ("program", run["code_version"]),
            ("codebook hash", run["lexicon_hash"]),
            ("settings hash", run["settings_hash"]),
            *(("model " + name, value) for name, value in sorted(models.items())),
        ),
        codes=_codes(rows),
        clients=tuple(
            ClientPage(client_id, tuple(theirs), panels.get(client_id, ()))
            for client_id, theirs in groupby(sessions, key=lambda s: s.client_id)
        ),
        refusals=tuple(
            RefusalLine(
                r["session_id"], r["stage"], r["reason"], r["advice"], r["run_id"] == run_id, r["session_id"] in stored
            )
            for r in rows("SELECT * FROM refusals ORDER BY stage, reason, session_id")
        ),
        suites=_suites(contracts),
        problems=tuple(problems),
        n_decided=rows("SELECT count(*) AS n FROM final_codes WHERE decided_by = 'human'")[0]["n"],
    )


def _sessions(rows: Rows, run_id: str) -> list[SessionPage]:
    marks: dict[str, list[Mark]] = {}
    counts: dict[str, dict[str, int]] = {}
    for r in rows("SELECT * FROM final_codes ORDER BY session_id, turn_no, code"):
        by_code = counts.setdefault(r["session_id"], {})
        by_code[r["code"]] = by_code.get(r["code"], 0) + 1
        if r["turn_no"] is not None:
            mark = Mark(r["turn_no"], r["code"], r["family"], r["status"], r["decided_by"] == "human")
            marks.setdefault(r["session_id"], []).append(mark)
    episodes: dict[str, list[EpisodeSpan]] = {}
    for r in rows("SELECT * FROM episodes ORDER BY session_id, first_turn"):
        span = EpisodeSpan(r["first_turn"], r["last_turn"], r["repair_turn"], r["outcome"])
        episodes.setdefault(r["session_id"], []).append(span)
    return [
        SessionPage(
            r["session_id"], r["client_id"], r["session_no"], r["status"], r["n_turns"], r["transcript_source"],
            r["minutes_late"], r["run_id"] == run_id, counts.get(r["session_id"], {}),
            tuple(marks.get(r["session_id"], ())), tuple(episodes.get(r["session_id"], ())),
        )
        for r in rows("SELECT * FROM sessions ORDER BY client_id, session_no, session_id")
    ]  # fmt: skip


def _codes(rows: Rows) -> tuple[CodeLabel, ...]:
    """Every code of the lexicon, and any that stands without being in it, in the order of the codebook's families."""
    found = rows(
        "SELECT code, any_value(family) AS family, any_value(label) AS label"
        " FROM (SELECT code, family, label FROM codes UNION ALL SELECT code, family, NULL FROM final_codes)"
        " GROUP BY code ORDER BY code"
    )
    order = {family: n for n, family in enumerate(FAMILIES)}
    found.sort(key=lambda r: order[r["family"]])
    return tuple(CodeLabel(r["code"], r["family"], r["label"] or r["code"]) for r in found)


def _panels(rows: Rows) -> dict[str, tuple[MeasurePanel, ...]]:
    """By client: the total of each measure, or its subscales where it has no total; forms and timings apart."""
    scores = rows(
        "SELECT *, bool_or(subscale = 'total') OVER (PARTITION BY measure) AS has_total FROM client_trajectory"
        " WHERE score IS NOT NULL QUALIFY subscale = 'total' OR NOT has_total"
        " ORDER BY client_id, measure, subscale, form, timing, session_no, session_id"
    )
    ranges = {}
    for measure in {r["measure"] for r in scores}:
        ranges[measure] = _range([r for r in scores if r["measure"] == measure])
    panels: dict[str, tuple[MeasurePanel, ...]] = {}
    for (client_id, measure), group in groupby(scores, key=lambda r: (r["client_id"], r["measure"])):
        lines = tuple(
            ScoreLine(name, tuple((r["session_no"], r["score"]) for r in series))
            for name, series in groupby(group, key=lambda r: f"{r['subscale']}, {r['form']}, {r['timing']}")
        )
        panels[client_id] = (*panels.get(client_id, ()), MeasurePanel(measure, *ranges[measure], lines))
    return panels


def _range(scores: list[dict[str, Any]]) -> tuple[float, float]:
    low, high = min(r["score"] for r in scores), max(r["score"] for r in scores)
    least = [r["scale_min"] for r in scores if r["scale_min"] is not None]
    most = [r["scale_max"] for r in scores if r["scale_max"] is not None]
    if least and most and min(least) <= low and high <= max(most):
        return min(least), max(most)
    room = (high - low) * 0.1 or 1.0  # a sum of items has another range than its items
    return low - room, high + room


def _suites(contracts: Iterable[Contract]) -> tuple[SuiteLine, ...]:
    by_suite: dict[str, list[Contract]] = {}
    for result in contracts:
        by_suite.setdefault(result.suite, []).append(result)
    return tuple(
        SuiteLine(
            name,
            len(results),
            sum(r.n_rows for r in results),
            results[0].n_expectations,
            tuple((r.subject, f.means, f.n_unexpected, tuple(f.rows)) for r in results for f in r.failed),
        )
        for name, results in by_suite.items()
    )
