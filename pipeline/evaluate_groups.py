"""Are clients who speak shortly, in a second language or literally tagged where others would not be?

The figure is the false positive rate for withdrawal: of client turns that carry no withdrawal code, the share that is
tagged `likely`. A group's rate is set beside that of all sessions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.evaluate import Cases, with_limits
from pipeline.labelled import LabelledSession
from pipeline.session import Turn, usual_words

SHORT_ANSWERS = "short answers are usual"
SHORTEST = 0.25  # the share of sessions whose clients count as usually speaking shortly


def groups_of(sessions: Sequence[LabelledSession]) -> dict[str, list[int]]:
    """By group the places of its sessions: what the labels say of the client, and who usually answers shortly."""
    found = {SHORT_ANSWERS: np.flatnonzero(who_speaks_shortly([s.turns for s in sessions])[0]).tolist()}
    for group in sorted({g for s in sessions for g in s.groups}):
        found[group.replace("_", " ")] = [i for i, s in enumerate(sessions) if group in s.groups]
    return found


def who_speaks_shortly(talks: Sequence[Sequence[Turn]]) -> tuple[np.ndarray, float]:
    """Which talks are of clients who usually speak shortest, and the median words up to which they count as such."""
    usual = np.array([usual_words(turns) for turns in talks])
    bound = float(np.quantile(usual, SHORTEST)) if len(usual) else 0.0
    return usual <= bound, bound


def false_positive_rates(cases: Cases, groups: dict[str, list[int]], draws: np.ndarray) -> list[dict[str, object]]:
    """By group: sessions, uncoded turns, rate, and its ratio to the rate over all sessions, with limits."""
    n = draws.shape[1]
    false = np.bincount(cases.session[~cases.coded & cases.likely], minlength=n)
    uncoded = np.bincount(cases.session[~cases.coded], minlength=n)
    overall = (draws @ false) / np.maximum(draws @ uncoded, 1)
    rows = []
    for group, members in {"all sessions": list(range(n)), **groups}.items():
        mine = np.zeros(n)
        mine[members] = 1
        cases_there = draws @ (uncoded * mine)
        rate = np.divide(draws @ (false * mine), cases_there, out=np.full(len(draws), np.nan), where=cases_there > 0)
        ratio = np.divide(rate, overall, out=np.full(len(draws), np.nan), where=overall > 0)
        rows.append(
            {
                "group": group,
                "sessions": len(members),
                "turns": int((uncoded * mine).sum()),
                "false_positive_rate": with_limits(rate),
                "ratio": with_limits(ratio),
            }
        )
    return rows
