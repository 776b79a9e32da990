"""Train the judge on labelled sessions: gold, silver, or a lab's own decisions in the same layout.

Every figure and threshold comes from sessions that the numbers behind it were not trained on: the second look and the
thresholds learn from out-of-fold first looks, folds are whole sessions, and `cross_validate` (train_measure) repeats
all of it without the sessions it measures. Same sessions, same seed, same machine: same bytes.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.errors import StudyProblem
from pipeline.judge import FORMAT, MEANT, Judge, Look, pack
from pipeline.judge_features import (
    QUESTIONS,
    is_asked,
    named_evidence,
    question_of,
    second_look,
    wording_key,
    wordings,
)
from pipeline.session import Turn

FAMILY_OF = {"withdrawal": "withdrawal", "confrontation": "confrontation", "reengagement": "repair", "repair_move": "repair"}
FEWEST_TURNS = 8  # evidence seen on fewer turns is left out
WORDING_TURNS, WORDING_SESSIONS = 4, 3  # a wording must be several people's, not one client's
DIRECTIONS = 96  # of the sentence vectors, by variance
MEANING_SCALE, WORDING_SCALE = 10.0, 31.0  # how loudly each kind of evidence speaks beside the engine's
SMALLEST_SCALE = 0.15  # of an evidence's spread, so that rare evidence is not blown up
FIRST_C, SECOND_C = 0.003, 0.01
FOLDS = 8
FEWEST_POSITIVES = 8  # a question with fewer is not learnt
NEAR_BEST = 0.97  # thresholds may give up this little of the best F1 for the family's aim
POSSIBLE_RECALL = 0.85  # of out-of-fold positives offered for review
LEAST_POSSIBLE = 0.05
# Confrontation is rare and predicts drop-out: find it. Withdrawal is common and ambiguous: be sure (method sheet).
AIM = {"confrontation": "recall", "withdrawal": "precision", "repair": "f1"}


@dataclass(frozen=True)
class LabelledSession:
    """A prepared session with what the engine saw of it and what people (or writers) said of it."""

    session_id: str
    turns: tuple[Turn, ...] = field(repr=False)
    before: tuple[int | None, ...]
    evidence: tuple[Mapping[str, float], ...] = field(repr=False)
    vectors: np.ndarray = field(repr=False)
    codes: tuple[frozenset[str], ...]
    contested: tuple[frozenset[str], ...]


def fit(sessions: Sequence[LabelledSession], *, seed: int = 7) -> dict[str, Any]:
    """Fit all three parts; returns what the model file holds (see `model_bytes`). Raises StudyProblem on too few labels."""
    sessions = sorted(sessions, key=lambda s: s.session_id)
    if len(sessions) < FOLDS:
        raise StudyProblem(f"{len(sessions)} labelled sessions; at least {FOLDS} are needed to train and to measure")
    base = _what_is_seen(sessions)
    judge = _judge_of(base)
    looks = [judge.look(s.turns, before=s.before, evidence=s.evidence, vectors=s.vectors) for s in sessions]
    turns = [t for s in sessions for t in s.turns]
    matrices = {w: _matrix(looks, [t.speaker.value == w for t in turns], judge) for w in judge.keys}
    fold = np.repeat(_folds(len(sessions), seed), [len(s.turns) for s in sessions])
    labels = {q: _labels(q, sessions) for q in QUESTIONS}
    learnt = [q for q in QUESTIONS if sum(labels[q][0] & labels[q][1]) >= FEWEST_POSITIVES]
    if not learnt:
        raise StudyProblem(f"no question has {FEWEST_POSITIVES} coded turns; label more sessions before training")

    first, second, codes, held_out = {}, {}, {}, {}
    with _one_thread():
        for q in learnt:
            x, (use, y) = matrices[QUESTIONS[q].value], labels[q]
            weights, intercept = _logistic(x, y, use, FIRST_C)
            first[q] = [pack(weights, "f2"), round(intercept, 6)]
            odds = np.full(len(y), -7.0)
            for k in range(FOLDS):
                w, b = _logistic(x, y, use & (fold != k), FIRST_C)
                odds[fold == k] = x[fold == k] @ w + b
            held_out[q] = odds
            codes[q] = _codes(x, use & y, sessions, q)
        names, around_it = _second(sessions, held_out)
        chance = {}
        for q in learnt:
            use, y = labels[q]
            asked = np.array([is_asked(q, t) for t in turns])
            chance[q] = np.zeros(len(y))
            for k in range(FOLDS):
                m, s, w, b = _standardised(around_it, y, use & (fold != k))
                chance[q][fold == k] = 1 / (1 + np.exp(-((around_it[fold == k] - m) / s @ w + b)))
            chance[q][~asked] = 0.0
            m, s, w, b = _standardised(around_it, y, use)
            second[q] = [pack(m, "f4"), pack(s, "f4"), pack(w, "f4"), round(b, 6)]
    likely, possible = _thresholds(sessions, chance)
    return base | {
        "first": first, "second_names": names, "second": second, "codes": codes, "likely": likely, "possible": possible,
    }  # fmt: skip


def model_bytes(model: Mapping[str, Any]) -> bytes:
    """The model file."""
    return (json.dumps(model, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _what_is_seen(sessions: Sequence[LabelledSession]) -> dict[str, Any]:
    """Which evidence and wordings occur often enough, how they spread, and the main directions of the vectors."""
    rows = [r for s in sessions for r in named_evidence(s.evidence, s.before)]
    seen: Counter[str] = Counter(n for r in rows for n, v in r.items() if v)
    names = sorted(n for n, k in seen.items() if k >= FEWEST_TURNS)
    spread = [max(SMALLEST_SCALE, float(np.std([r.get(n, 0.0) for r in rows]))) for n in names]
    keys, rarity = {}, {}
    for who in sorted({w.value for w in QUESTIONS.values()}):
        on_turns: Counter[str] = Counter()
        in_sessions: Counter[str] = Counter()
        n = 0
        for s in sessions:
            mine = [w for t, w in zip(s.turns, wordings(s.turns, s.before), strict=True) if t.speaker.value == who]
            n += len(mine)
            on_turns.update(w for said in mine for w in said)
            in_sessions.update({w for said in mine for w in said})
        kept = {
            wording_key(w): np.log((1 + n) / (1 + k)) + 1
            for w, k in on_turns.items()
            if k >= WORDING_TURNS and in_sessions[w] >= WORDING_SESSIONS
        }
        keys[who] = pack(np.array(sorted(kept), dtype=np.uint64), "u8")
        rarity[who] = pack(np.array([kept[k] for k in sorted(kept)]), "f4")
    vectors = np.vstack([s.vectors for s in sessions]).astype(np.float64)
    middle = vectors.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(vectors.T, bias=True))
    axes = axes[:, ::-1][:, :DIRECTIONS]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])  # a direction has no sign of its own
    return {
        "format": FORMAT, "names": names, "scale": pack(np.array(spread), "f4"), "middle": pack(middle, "f4"),
        "directions": pack(axes, "f2"), "meaning_scale": MEANING_SCALE, "wording_scale": WORDING_SCALE,
        "keys": keys, "rarity": rarity,
    }  # fmt: skip


def _judge_of(base: Mapping[str, Any]) -> Judge:
    """The judge before it has learnt anything: enough to look at sessions exactly as it will."""
    from pipeline.judge import _numbers as n

    return Judge(
        names=tuple(base["names"]), scale=n(base["scale"]), middle=n(base["middle"]), directions=n(base["directions"]),
        meaning_scale=base["meaning_scale"], wording_scale=base["wording_scale"],
        keys={k: n(v) for k, v in base["keys"].items()}, rarity={k: n(v) for k, v in base["rarity"].items()},
        first={}, second_names=(), second={}, codes={}, likely={}, possible={},
    )  # fmt: skip


def _matrix(looks: Sequence[Look], spoken: Sequence[bool], judge: Judge) -> Any:
    """All turns as one sparse matrix; wordings only where the speaker is the matrix's own."""
    from scipy.sparse import csr_matrix, hstack

    who = next(w for w in judge.keys if len(judge.keys[w]) and w) if not spoken else None
    del who
    width = max(len(k) for k in judge.keys.values())
    dense = np.vstack([np.hstack([look.evidence, look.meaning]) for look in looks])
    data, columns, ends = [], [], [0]
    for found, mine in zip((f for look in looks for f in look.found), spoken, strict=True):
        for k, w, _, _ in found if mine else ():
            data.append(w)
            columns.append(k)
        ends.append(len(data))
    said = csr_matrix((data, columns, ends), shape=(len(dense), width))
    return csr_matrix(hstack([csr_matrix(dense), said]), dtype=np.float64)
