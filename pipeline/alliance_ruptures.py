"""Ruptures and sudden changes seen in alliance scores alone: indirect signs, kept apart from what was said in a session.

A series is one measure, form, timing and subscale of one client, its scored sessions in order. Client and therapist
forms and scores before and after a session are never mixed: alliance falls between sessions and rises within them
(Zlotnick et al. 2020). `pipeline.alliance_criteria` has the formulas and their sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from pipeline.alliance import Score
from pipeline.alliance_criteria import CRITERIA, Client, Criteria, Found, Point, Spread, regained, spreads

series_of = attrgetter("measure", "form", "timing", "subscale")


@dataclass(frozen=True, slots=True)
class ScoreRupture:
    """One row of the table `score_ruptures`. `change` and `threshold` are in points of the scale, a drop is negative.

    `regained_session_id` is the first session within reach that was back at the level before (stiles_like: that rose
    by the threshold); None where there was none.
    """

    client_id: str
    measure: str
    form: str
    timing: str
    subscale: str
    criterion: str
    spread: str
    kind: str
    session_id: str
    before_session_id: str
    level_before: float
    change: float
    threshold: float
    regained_session_id: str | None
    sessions_to_regain: int | None
    parameters: str


def score_ruptures(
    scores: Iterable[Score], session_no: Mapping[str, int], *, criteria: Criteria | None = None
) -> list[ScoreRupture]:
    """Every criterion met in every series, sorted. Scores that are missing, or of sessions unknown here, are left out.

    `session_no` maps session ids to their running number in the treatment. Without `criteria` the defaults are used
    twice, with SD and with MAD.
    """
    wanted = [criteria] if criteria else [Criteria(), replace(Criteria(), spread=Spread.MAD)]
    known = [s for s in scores if s.score is not None and s.session_id in session_no]
    found: list[ScoreRupture] = []
    for identity, in_series in groupby(sorted(known, key=series_of), key=series_of):
        clients: dict[str, list[Point]] = {}
        for s in in_series:
            assert s.score is not None
            clients.setdefault(s.client_id, []).append(Point(s.session_id, session_no[s.session_id], s.score))
        for points in clients.values():
            points.sort(key=lambda p: (p.session_no, p.session_id))
        for c in wanted:
            usual = spreads(list(clients.values()), c)
            for client_id, points in clients.items():
                for name in CRITERIA:
                    found += [_row(client_id, identity, points, f, c) for f in name(points, usual, c)]
    return sorted(found, key=lambda r: (r.client_id, *series_of(r), r.criterion, r.spread, r.session_id))


def _row(client_id: str, identity: tuple[str, ...], points: Client, f: Found, c: Criteria) -> ScoreRupture:
    back = regained(points, f, c)
    now = points[f.at]
    measure, form, timing, subscale = identity
    return ScoreRupture(
        client_id, measure, form, timing, subscale, f.criterion, c.spread.value, f.kind.value, now.session_id,
        points[f.at - 1].session_id, f.level, now.score - f.level, f.threshold, back.session_id if back else None,
        back.session_no - now.session_no if back else None, f.parameters,
    )  # fmt: skip
