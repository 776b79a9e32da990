"""Where `likely` and `possible` begin: chosen from probabilities of sessions that the numbers were not trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.evaluate_groups import who_speaks_shortly
from pipeline.judge_features import FAMILY_OF
from pipeline.train_lessons import Lesson, answers_of

NEAR_BEST = 0.97  # thresholds may give up this little of the best F1 for the family's aim
POSSIBLE_RECALL = 0.85  # of out-of-fold positives offered for review
LEAST_POSSIBLE = 0.05
# Confrontation is rare and predicts drop-out: find it. Withdrawal is common and ambiguous: be sure (method sheet).
AIM = {"confrontation": "recall", "withdrawal": "precision", "repair": "f1"}


def thresholds(
    sessions: Sequence[Lesson], chance: Mapping[str, np.ndarray]
) -> tuple[dict[str, float], dict[str, float]]:
    """Per family where `likely` and `possible` begin, from out-of-fold probabilities."""
    likely, possible = {}, {}
    for family, aim in AIM.items():
        questions = [q for q in chance if FAMILY_OF[q] == family]
        if not questions:
            continue
        use, yes = zip(*(answers_of(q, sessions) for q in questions), strict=True)
        p = np.maximum.reduce([chance[q] for q in questions])
        asked, y = np.logical_or.reduce(use), np.logical_or.reduce(yes)
        likely[family] = choose_threshold(p[asked], y[asked], aim)
        reached = np.quantile(p[asked & y], 1 - POSSIBLE_RECALL)
        possible[family] = round(float(min(likely[family], max(LEAST_POSSIBLE, reached))), 3)
    return likely, possible


def bound_for_short_answers(
    sessions: Sequence[Lesson], chance: np.ndarray | None, likely: Mapping[str, float]
) -> dict[str, float]:
    """From where withdrawal is likely for the quarter of clients who usually speak shortest.

    There, no more of the turns without withdrawal may be tagged than of all clients' such turns.
    """
    if chance is None:
        return {}
    shortly, bound = who_speaks_shortly([s.turns for s in sessions])
    short = np.repeat(shortly, [len(s.turns) for s in sessions])
    use, yes = answers_of("withdrawal", sessions)
    uncoded = use & ~yes
    allowed = (chance[uncoded] >= likely["withdrawal"]).mean()
    for strict in np.arange(likely["withdrawal"], 0.95, 0.02):
        if (chance[uncoded & short] >= strict).mean() <= allowed:
            break
    return {"words": bound, "withdrawal": round(float(strict), 2)}


def choose_threshold(p: np.ndarray, y: np.ndarray, aim: str) -> float:
    """The bound with the best F1, or near it the one that serves the aim: `recall`, `precision` or `f1`."""
    grid = np.round(np.arange(0.1, 0.81, 0.02), 2)
    score = np.array([2 * (y & (p >= t)).sum() / max(1, y.sum() + (p >= t).sum()) for t in grid])
    smooth = np.convolve(np.pad(score, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    near = grid[smooth >= NEAR_BEST * smooth.max()]
    return float({"recall": near.min(), "precision": near.max(), "f1": grid[smooth.argmax()]}[aim])
