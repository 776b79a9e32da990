"""The report of a run: one HTML file that opens by double click, prints, asks for nothing and quotes no one.

`pipeline.report_data.collect` gathers what it shows. Only jinja2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from pipeline import report_figures as draw
from pipeline.identifiers_fairness import WORDS, Fairness
from pipeline.report_data import ClientPage, MeasurePanel, RefusalLine, ReportData, SessionPage
from pipeline.report_page import page_template

CONDITIONS = ((True, True), (True, False), (False, True), (False, False))  # with capitals, on a list of names
DETAILED = 80  # sessions drawn one by one; a report has to stay light enough to open


def write_report(data: ReportData, fairness: Fairness, folder: Path) -> Path:
    """Write `folder`/index.html and return its path. The same data gives the same bytes.

    `fairness` is how often names of each origin are found, as measured for this version of the program.
    """
    sessions = data.sessions
    longest = max([1, *(s.n_turns for s in sessions)])
    occurring = {code for s in sessions for code in s.codes}
    used = [c for c in data.codes if c.code in occurring]
    drawn = [s for s in sessions if s.marks][:DETAILED]
    html = page_template("report_template.html").render(
        data=data,
        draw=draw,
        longest=longest,
        labels={c.code: c.label for c in data.codes},
        families=[(family, list(codes)) for family, codes in groupby(used, key=lambda c: c.family)],
        groups=_groups(data),
        followed=[(c, _followed(c)) for c in data.clients if _followed(c)],
        drawn=drawn,
        not_drawn=sum(bool(s.marks) for s in sessions) - len(drawn),
        refused=[r for r in data.refusals if r.stage == "consent"],
        quarantined=[r for r in data.refusals if r.stage == "quarantine"],
        reasons=_reasons(data.refusals),
        names=_names(fairness),
        gap=max((g.by_origin for g in fairness.gaps), default=0.0),
        measured_with=fairness.measured_with,
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(html, encoding="utf-8")
    return page


def _groups(data: ReportData) -> list[tuple[str, list[SessionPage]]]:
    """Sessions by client; clients seen once stand together, or a study of single sessions would be all headings."""
    groups = [(f"Client {c.client_id}", list(c.sessions)) for c in data.clients if len(c.sessions) > 1]
    once = [s for c in data.clients if len(c.sessions) == 1 for s in c.sessions]
    return [*groups, ("Clients seen once", once)] if once else groups


def _followed(client: ClientPage) -> list[MeasurePanel]:
    """The measures a client has two scores of: one point is no trajectory."""
    return [p for p in client.panels if any(len(line.points) > 1 for line in p.lines)]


def _names(fairness: Fairness) -> list[tuple[str, list[float | None]]]:
    """By origin the share of names found in each condition of CONDITIONS, both sexes together, each name said once."""
    rows = []
    for origin in sorted({r.origin for r in fairness.recalls}, key=lambda o: (o == WORDS, o)):
        shares: list[float | None] = []
        for cased, listed in CONDITIONS:
            mine = [
                r for r in fairness.recalls if (r.origin, r.cased, r.listed) == (origin, cased, listed) and r.times == 1
            ]
            shares.append(sum(r.found for r in mine) / sum(r.n for r in mine) if mine else None)
        rows.append((origin, shares))
    return rows


def _reasons(refusals: Sequence[RefusalLine]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for refusal in refusals:
        counted[refusal.reason] = counted.get(refusal.reason, 0) + 1
    return counted
