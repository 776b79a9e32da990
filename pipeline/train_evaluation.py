"""Everything `alliance evaluate` says: the judge and the engine beside four baselines and the coders themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from pipeline.certainty import calibration_error
from pipeline.codes import Status
from pipeline.evaluate import (
    ENGINE,
    FAMILIES,
    JUDGE,
    Verdict,
    calibration,
    cases_of,
    coder_pair,
    draws_of,
    figures,
    session_auc,
)
from pipeline.evaluate_baselines import brevity, keywords, says_nothing
from pipeline.evaluate_forms import FORMS
from pipeline.evaluate_groups import false_positive_rates, groups_of
from pipeline.judge import Judge
from pipeline.train_baseline import embeddings_alone
from pipeline.train_lessons import Lesson, See
from pipeline.train_measure import folds_of, verdicts_of


def engine_verdicts(lesson: Lesson) -> list[Verdict]:
    """What the engine alone says of each turn, by code."""
    place = {t.turn_no: i for i, t in enumerate(lesson.turns)}
    found: list[dict[str, tuple[float, bool]]] = [{} for _ in lesson.turns]
    for tag in lesson.tags:
        if tag.turn_no is not None:
            found[place[tag.turn_no]][tag.code] = (tag.probability, tag.status is Status.LIKELY)
    return list(found)


def evaluation(
    lessons: Sequence[Lesson],
    judges: Mapping[str, Judge],
    *,
    also: Sequence[Lesson],
    see: See,
    codes: Sequence[str],
    seed: int = 7,
    tell: Callable[[str], None] = lambda said: None,
) -> dict[str, Any]:
    """Figures of every system over `lessons`; `judges` names by session the judge that is asked about it.

    `also` are more sessions for the embeddings baseline to learn from, `see` looks at a session in another form.
    """
    sessions, draws = [s.labelled for s in lessons], draws_of(len(lessons), seed=seed)
    tell("the judge and the engine")
    of: dict[str, list[list[Verdict]]] = {
        JUDGE: [verdicts_of(judges[s.session_id], s) for s in lessons],
        ENGINE: [engine_verdicts(s) for s in lessons],
    }
    tell("baselines")
    plain: dict[str, list[Verdict]] = {}
    for others, held in folds_of([*lessons, *also], [s.session_id for s in lessons], seed=seed):
        plain |= embeddings_alone(others, held)
    of |= {
        "embeddings only": [plain[s.session_id] for s in lessons],
        "keywords only": [keywords(s.evidence) for s in lessons],
        "brevity only": [brevity(s.turns, s.before) for s in lessons],
        "majority: no code anywhere": [says_nothing(s.turns) for s in lessons],
    }
    cases = {name: cases_of(sessions, verdicts, FAMILIES) for name, verdicts in of.items()}
    by_code = {name: cases_of(sessions, of[name], codes) for name in (JUDGE, ENGINE)}
    tell("agreement, calibration, groups")
    bins = {family: calibration(cases[JUDGE][family]) for family in FAMILIES}
    found: dict[str, Any] = {
        "sessions": len(sessions),
        "turns": sum(len(s.turns) for s in sessions),
        "families": {n: {f: figures(c[f], draws) for f in FAMILIES} for n, c in cases.items()},
        "codes": {n: {c: figures(k[c], draws) for c in codes} for n, k in by_code.items()},
        "session_auc": {n: session_auc(sessions, v, draws) for n, v in of.items()},
        "rated_sessions": sum(s.impact is not None for s in sessions),
        "coder_pair": coder_pair(sessions, [*FAMILIES, *codes], draws),
        "calibration": {
            f: {"error": round(calibration_error(b), 3), "bins": [asdict(x) for x in b]} for f, b in bins.items()
        },
        "groups": false_positive_rates(cases[JUDGE]["withdrawal"], groups_of(sessions), draws),
    }
    found["forms"] = {}
    for form, rewrite in FORMS.items():
        tell(form)
        verdicts = []
        for s in lessons:
            other = rewrite(s.labelled)
            lesson = see(other.session)
            verdicts.append(other.verdicts(verdicts_of(judges[s.session_id], lesson), lesson.pieces))
        moved = cases_of(sessions, verdicts, FAMILIES)
        found["forms"][form] = {
            f: {
                "f1": figures(moved[f], draws)["f1"],
                "moved": _moved(moved[f].likely, cases[JUDGE][f].likely, cases[JUDGE][f].coded),
            }
            for f in FAMILIES
        }
    return found


def _moved(now: np.ndarray, was: np.ndarray, coded: np.ndarray) -> float:
    """How far F1 moves when the same cases are tagged `now` instead of `was`."""
    f1 = [2 * float((x & coded).sum()) / max(1.0, float(x.sum() + coded.sum())) for x in (now, was)]
    return round(f1[0] - f1[1], 3)
