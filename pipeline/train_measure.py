"""Judge labelled sessions by models that never saw them, and write the record that stands beside a model file."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certainty import calibration_error
from pipeline.errors import StudyProblem
from pipeline.evaluate import FAMILIES, Verdict, calibration, cases_of, draws_of, figures
from pipeline.judge import Judge
from pipeline.judge_file import unpacked
from pipeline.labelled import with_source
from pipeline.train import fit
from pipeline.train_lessons import Lesson

FOLDS = 6
NOT_CLINICIANS = (
    "Figures are by cross-validation over whole sessions that two coders labelled; the coders are language models "
    "following the codebook, not clinicians. A lab should measure on its own sessions before it counts."
)


def folds_of(
    lessons: Sequence[Lesson], measured: Iterable[str], *, folds: int = FOLDS, seed: int = 7
) -> Iterator[tuple[list[Lesson], list[Lesson]]]:
    """Sessions to learn from and sessions to judge, `folds` times: each of the `measured` is judged once.

    Raises StudyProblem where there are fewer sessions to measure on than folds.
    """
    wanted = set(measured)
    held = sorted((s for s in lessons if s.session_id in wanted), key=lambda s: s.session_id)
    if len(held) < folds:
        raise StudyProblem(f"{len(held)} sessions to measure on; at least {folds} are needed, one a fold")
    random.Random(seed).shuffle(held)
    for k in range(folds):
        out = {s.session_id for s in held[k::folds]}
        yield [s for s in lessons if s.session_id not in out], held[k::folds]


def refitted(
    lessons: Sequence[Lesson],
    measured: Iterable[str],
    *,
    examples: Sequence[Lesson] = (),
    folds: int = FOLDS,
    seed: int = 7,
    done: Callable[[], None] = lambda: None,
) -> dict[str, Judge]:
    """By session the judge that was trained without it (nor its thresholds, nor its wordings). `done` after each fold."""
    judges: dict[str, Judge] = {}
    for others, held in folds_of(lessons, measured, folds=folds, seed=seed):
        judge = unpacked(fit(others, examples=examples, seed=seed))
        judges |= {s.session_id: judge for s in held}
        done()
    return judges


def verdicts_of(judge: Judge, lesson: Lesson) -> list[Verdict]:
    """What the judge says of each turn, by code."""
    judged = judge.judge(lesson.turns, before=lesson.before, evidence=lesson.evidence, vectors=lesson.vectors)
    return [{j.code: (j.probability, j.likely) for j in row} for row in judged]


def cross_validate(
    lessons: Sequence[Lesson],
    measured: Iterable[str],
    *,
    examples: Sequence[Lesson] = (),
    folds: int = FOLDS,
    seed: int = 7,
) -> dict[str, Any]:
    """Figures by family over the `measured` sessions, each judged by a model (and thresholds) that never saw it."""
    judges = refitted(lessons, measured, examples=examples, folds=folds, seed=seed)
    held = [s for s in lessons if s.session_id in judges]
    verdicts = [verdicts_of(judges[s.session_id], s) for s in held]
    cases, draws = cases_of([s.labelled for s in held], verdicts, FAMILIES), draws_of(len(held), seed=seed)
    return {
        name: {**figures(found, draws), "calibration_error": round(calibration_error(calibration(found)), 3)}
        for name, found in cases.items()
    }


def training_record(
    files: Sequence[Path],
    lessons: Sequence[Lesson],
    measured: Mapping[str, Any],
    *,
    body: bytes,
    seed: int,
    examples: int = 0,
) -> dict[str, Any]:
    """What belongs beside a model file: what it was trained on (hashes, counts), how good it is, on whose word."""
    codes: dict[str, int] = defaultdict(int)
    for s in lessons:
        for found in s.codes:
            for code in found:
                codes[code] += 1
    return {
        "model_sha256": hashlib.sha256(body).hexdigest(),
        "seed": seed,
        "made_with": {"numpy": np.__version__, "scikit-learn": version("scikit-learn")},
        "thresholds": {k: json.loads(body)[k] for k in ("likely", "possible", "short_answers")},
        "examples_of_the_codebook": examples,
        "files": {with_source(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
        "sessions": len(lessons),
        "sessions_that_weigh_more": {
            f"{w:g} times": n for w, n in sorted(Counter(s.weight for s in lessons).items()) if w != 1
        },
        "seen": sorted(s.labelled.mark for s in lessons),
        "turns": sum(len(s.turns) for s in lessons),
        "coded_turns": dict(sorted(codes.items())),
        "cross_validation": dict(measured),
        "read_this": NOT_CLINICIANS,
    }
