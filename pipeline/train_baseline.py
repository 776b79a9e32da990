"""The plain classifier that a colleague would try first: sentence vectors of a turn and of the one it answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.codes import Family, family_of
from pipeline.evaluate import Verdict, can_carry
from pipeline.train_lessons import Lesson

INNER_FOLDS = 4


def embeddings_alone(lessons: Sequence[Lesson], held: Sequence[Lesson]) -> dict[str, list[Verdict]]:
    """Verdicts by family on the `held` sessions, learnt on `lessons`: one logistic regression a family.

    Its threshold is the one with the best F1 on turns of `lessons` held out in turn.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    x = np.vstack([_seen(s) for s in lessons])
    group = np.repeat(np.arange(len(lessons)), [len(s.turns) for s in lessons])
    found: dict[str, list[dict[str, tuple[float, bool]]]] = {s.session_id: [{} for _ in s.turns] for s in held}
    for family in (Family.WITHDRAWAL, Family.CONFRONTATION, Family.REPAIR):
        y = np.array([any(family_of(c) is family for c in codes) for s in lessons for codes in s.codes])
        use = np.array([can_carry(family, t.speaker) for s in lessons for t in s.turns])
        if y[use].sum() < INNER_FOLDS:
            continue
        model = LogisticRegression(max_iter=500)
        folds = GroupKFold(INNER_FOLDS)
        p = cross_val_predict(model, x[use], y[use], groups=group[use], cv=folds, method="predict_proba")[:, 1]
        grid = np.arange(0.05, 0.8, 0.02)
        f1 = [2 * (y[use] & (p >= t)).sum() / (y[use].sum() + (p >= t).sum()) for t in grid]
        bound = float(grid[int(np.argmax(f1))])
        model.fit(x[use], y[use])
        for s in held:
            chances = model.predict_proba(_seen(s))[:, 1]
            for verdict, turn, chance in zip(found[s.session_id], s.turns, chances, strict=True):
                if can_carry(family, turn.speaker):
                    verdict[family.value] = (round(float(chance), 4), bool(chance >= bound))
    return {k: list(v) for k, v in found.items()}


def _seen(lesson: Lesson) -> np.ndarray:
    """One row a turn: its vector, that of the turn it answers (zeros without one), both lengths, who speaks."""
    v = lesson.vectors
    asked = np.vstack([v[b] if b is not None else np.zeros(v.shape[1]) for b in lesson.before])
    length = np.log1p([t.n_words for t in lesson.turns])
    before = np.array([length[b] if b is not None else 0.0 for b in lesson.before])
    speaker = np.array([t.speaker == "client" for t in lesson.turns], dtype=float)
    return np.hstack([v, asked, length[:, None], before[:, None], speaker[:, None]])
