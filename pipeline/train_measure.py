"""Read labelled sessions, and measure the judge on sessions it was not trained on.

A code that only one of two coders gave is `contested` and counts on neither side. Figures are by turn: every turn
that can carry a code is a case, coded or not. The coders of the sessions this project ships are language models
following the codebook, not clinicians; the training record says so.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import StudyProblem
from pipeline.judge import Judge, unpacked
from pipeline.judge_features import FAMILY_OF, question_of
from pipeline.session import Source, Speaker, Turn
from pipeline.train import LabelledSession, fit

FOLDS = 6
BINS = 10  # of the calibration error
# turns as they came in, and who wrote them down → prepared turns, the turn each answers, evidence, sentence vectors
LookAt = Callable[
    [Sequence[Turn], Source],
    tuple[Sequence[Turn], Sequence[int | None], Sequence[Mapping[str, float]], np.ndarray],
]


def read_labelled(file: Path, look_at: LookAt) -> list[LabelledSession]:
    """Read a JSON list of labelled sessions (turn, speaker T|C, start_s, end_s, text, codes, contested).

    Raises StudyProblem naming the file and the session, never its words.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as e:
        raise StudyProblem(f"{file.name}: no readable labelled sessions ({type(e).__name__})") from None
    found = []
    for place, s in enumerate(data if isinstance(data, list) else ()):
        try:
            who = {"C": Speaker.CLIENT, "T": Speaker.THERAPIST}
            turns = [
                Turn(t["turn"], who[t["speaker"]], t["text"], t.get("start_s"), t.get("end_s")) for t in s["turns"]
            ]
            codes = tuple(frozenset(c["code_id"] for c in t.get("codes", ())) for t in s["turns"])
            contested = tuple(frozenset(t.get("contested", ())) for t in s["turns"])
            source, session_id = Source.ASR if s.get("asr") else Source.HUMAN, str(s["session_id"])
        except (KeyError, TypeError, AttributeError):
            raise StudyProblem(f"{file.name}: session {place + 1} lacks a field; see `alliance train --help`") from None
        if turns:
            prepared, before, evidence, vectors = look_at(turns, source)
            found.append(
                LabelledSession(session_id, tuple(prepared), tuple(before), tuple(evidence), vectors, codes, contested)
            )
    if not found:
        raise StudyProblem(f"{file.name}: no labelled sessions in it")
    return found


def cross_validate(
    sessions: Sequence[LabelledSession],
    measured: Iterable[str],
    *,
    examples: Sequence[LabelledSession] = (),
    folds: int = FOLDS,
    seed: int = 7,
) -> dict[str, Any]:
    """Figures per family over the `measured` sessions, each judged by a model (and thresholds) that never saw it."""
    wanted = set(measured)
    held = sorted((s for s in sessions if s.session_id in wanted), key=lambda s: s.session_id)
    if len(held) < folds:
        raise StudyProblem(f"{len(held)} sessions to measure on; at least {folds} are needed, one a fold")
    random.Random(seed).shuffle(held)
    cases: dict[str, list[tuple[float, bool, bool]]] = defaultdict(list)
    for k in range(folds):
        test = held[k::folds]
        out = {s.session_id for s in test}
        judge = unpacked(fit([s for s in sessions if s.session_id not in out], examples=examples, seed=seed))
        for session in test:
            for name, found in judged_cases(judge, session).items():
                cases[name] += found
    return {name: figures(found) for name, found in sorted(cases.items())}


def judged_cases(judge: Judge, session: LabelledSession) -> dict[str, list[tuple[float, bool, bool]]]:
    """Per family (and rupture) and turn: probability, is it likely, is it coded. Contested turns are left out."""
    judged = judge.judge(session.turns, before=session.before, evidence=session.evidence, vectors=session.vectors)
    cases: dict[str, list[tuple[float, bool, bool]]] = defaultdict(list)
    for turn, said, codes, contested in zip(session.turns, judged, session.codes, session.contested, strict=True):
        for name in ("withdrawal", "confrontation", "repair", "rupture"):
            mine = {name} if name != "rupture" else {"withdrawal", "confrontation"}
            coded = any(family_of(c) in mine for c in codes)
            unsure = any(family_of(c) in mine for c in contested)
            if (name != "repair" and turn.speaker is not Speaker.CLIENT) or (unsure and not coded):
                continue
            own = [(j.probability, j.probability >= judge.likely[f]) for j in said if (f := family_of(j.code)) in mine]
            cases[name].append((max((p for p, _ in own), default=0.0), any(x for _, x in own), coded))
    return cases


def family_of(code: str) -> str:
    """The family of a code by its question; an empty word for codes that are not judged."""
    question = question_of(code)
    return FAMILY_OF[question] if question else ""


def figures(cases: Sequence[tuple[float, bool, bool]]) -> dict[str, float]:
    """Precision, recall, F1, average precision and expected calibration error of (probability, likely, coded)."""
    p = np.array([c[0] for c in cases])
    likely, coded = np.array([c[1] for c in cases]), np.array([c[2] for c in cases])
    hit = int((likely & coded).sum())
    return {
        "turns": len(cases),
        "coded": int(coded.sum()),
        "likely": int(likely.sum()),
        "precision": round(hit / max(1, int(likely.sum())), 3),
        "recall": round(hit / max(1, int(coded.sum())), 3),
        "f1": round(2 * hit / max(1, int(likely.sum() + coded.sum())), 3),
        "average_precision": round(average_precision(p, coded), 3),
        "calibration_error": round(calibration_error(p, coded), 3),
    }


def average_precision(p: np.ndarray, coded: np.ndarray) -> float:
    """Area under precision over recall; equal probabilities share the precision of their rank. 0 without cases."""
    if not coded.any():
        return 0.0
    order = np.argsort(-p, kind="stable")
    hits, ranked = np.cumsum(coded[order]), p[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    new = np.diff(np.append(0, hits[last]))
    return float((new * hits[last] / (np.flatnonzero(last) + 1)).sum() / coded.sum())


def calibration_error(p: np.ndarray, coded: np.ndarray) -> float:
    """Expected calibration error over ten equal bins of probability, weighted by turns."""
    which = np.minimum(BINS - 1, (p * BINS).astype(int))
    gaps = [(which == b).mean() * abs(p[which == b].mean() - coded[which == b].mean()) for b in set(which.tolist())]
    return float(sum(gaps))


def training_record(
    files: Sequence[Path],
    sessions: Sequence[LabelledSession],
    measured: Mapping[str, Any],
    *,
    body: bytes,
    seed: int,
    examples: int = 0,
) -> dict[str, Any]:
    """What belongs beside a model file: what it was trained on (hashes, counts), how good it is, on whose word."""
    codes: dict[str, int] = defaultdict(int)
    for s in sessions:
        for found in s.codes:
            for code in found:
                codes[code] += 1
    return {
        "model_sha256": hashlib.sha256(body).hexdigest(),
        "seed": seed,
        "made_with": {"numpy": np.__version__, "scikit-learn": version("scikit-learn")},
        "thresholds": {k: json.loads(body)[k] for k in ("likely", "possible")},
        "examples_of_the_codebook": examples,
        "files": {f"{f.parent.name}/{f.name}": hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
        "sessions": len(sessions),
        "turns": sum(len(s.turns) for s in sessions),
        "coded_turns": dict(sorted(codes.items())),
        "cross_validation": dict(measured),
        "read_this": (
            "Figures are by cross-validation over whole sessions that two coders labelled; the coders are language "
            "models following the codebook, not clinicians. A lab should measure on its own sessions before it counts."
        ),
    }
