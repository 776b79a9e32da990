"""Train the judge on labelled sessions: gold, silver, or a lab's own decisions in the same layout.

Every figure and threshold comes from sessions that the numbers behind it were not trained on: the second look and the
thresholds learn from out-of-fold first looks, folds are whole sessions, and `cross_validate` (train_measure) repeats
all of it without the sessions it measures. Same sessions, same seed, same machine: same bytes.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pipeline.errors import StudyProblem
from pipeline.judge import Look
from pipeline.judge_features import (
    NOT_ASKED,
    QUESTIONS,
    VIEWS,
    is_asked,
    named_evidence,
    question_of,
    second_look,
    wording_key,
    wordings,
)
from pipeline.judge_file import FORMAT, pack, unpacked
from pipeline.train_lessons import Lesson, answers_of
from pipeline.train_thresholds import bound_for_short_answers, thresholds

FEWEST_TURNS = 8  # evidence seen on fewer turns is left out
WORDING_TURNS, WORDING_SESSIONS = 4, 3  # a wording must be several people's, not one client's
DIRECTIONS = 96  # of the sentence vectors, by variance
MEANING_SCALE, WORDING_SCALE = 10.0, 31.0  # how loudly each kind of evidence speaks beside the engine's
SMALLEST_SCALE = 0.15  # of an evidence's spread, so that rare evidence is not blown up
FIRST_C, SECOND_C, CODES_C = 0.003, 0.01, 0.03
REAL_SPEECH_WEIGHS = 8.0  # beside made-up sessions, which are many; 4 and 12 did about as well
FOLDS = 8
FEWEST_POSITIVES = 8  # a question with fewer is not learnt


def fit(sessions: Sequence[Lesson], *, examples: Sequence[Lesson] = (), seed: int = 7) -> dict[str, Any]:
    """Fit all three parts; returns what the model file holds. Raises StudyProblem on few labels.

    `examples` (see `examples_of`) teach wordings and meaning to the first look only: they have no talk around them, no
    evidence of their own (they are what likeness is measured against), and no share in any threshold.
    """
    sessions = sorted(sessions, key=lambda s: s.session_id)
    if len(sessions) < FOLDS:
        raise StudyProblem(f"{len(sessions)} labelled sessions; at least {FOLDS} are needed to train and to measure")
    base = _what_is_seen(sessions)
    judge = unpacked(base)
    every = [*sessions, *examples]
    looks = [judge.look(s.turns, before=s.before, evidence=s.evidence, vectors=s.vectors) for s in every]
    for look in looks[len(sessions) :]:
        look.evidence[:] = 0.0
    turns = [t for s in every for t in s.turns]
    n = sum(len(s.turns) for s in sessions)
    matrices = {w: _matrix(looks, [t.speaker.value == w for t in turns], len(k)) for w, k in judge.keys.items()}
    fold = np.full(len(turns), -1)  # examples are in every training set and in no test
    fold[:n] = np.repeat(_folds(len(sessions), seed), [len(s.turns) for s in sessions])
    labels = {q: answers_of(q, every) for q in QUESTIONS}
    weight = np.repeat([s.weight for s in every], [len(s.turns) for s in every])
    learnt = [q for q in QUESTIONS if sum((labels[q][0] & labels[q][1])[:n]) >= FEWEST_POSITIVES]
    if not learnt:
        raise StudyProblem(f"no question has {FEWEST_POSITIVES} coded turns; label more sessions before training")

    width = looks[0].evidence.shape[1] + looks[0].meaning.shape[1]
    first: dict[str, list[Any]] = {}
    second, codes, held_out, chance = {}, {}, {}, {}
    with _one_thread():
        for q in learnt:
            x, (use, y) = matrices[QUESTIONS[q].value], labels[q]
            first[q], odds = [], np.full((len(y), len(VIEWS)), NOT_ASKED)
            for v, view in enumerate((x[:, :width], x[:, width:])):
                weights, intercept = _logistic(view, y, use, FIRST_C, weight)
                first[q] += [pack(weights, "f2"), round(intercept, 6)]
                for k in range(FOLDS):
                    w, b = _logistic(view, y, use & (fold != k), FIRST_C, weight)
                    odds[fold == k, v] = view[fold == k] @ w + b
            held_out[q] = odds[:n]
            codes[q] = _codes(x, use & y, every, q, n)
        names, around_it = _second(sessions, held_out)
        fold, weight = fold[:n], weight[:n]
        for q in learnt:
            use, y = (v[:n] for v in labels[q])
            total = np.zeros(n)
            for k in range(FOLDS):
                m, s, w, b = _standardised(around_it, y, use & (fold != k), weight)
                total[fold == k] = (around_it[fold == k] - m) / s @ w + b
            chance[q] = np.where([is_asked(q, t) for t in turns[:n]], 1 / (1 + np.exp(-total)), 0.0)
            m, s, w, b = _standardised(around_it, y, use, weight)
            second[q] = [pack(m, "f4"), pack(s, "f4"), pack(w, "f4"), round(b, 6)]
    likely, possible = thresholds(sessions, chance)
    short_answers = bound_for_short_answers(sessions, chance.get("withdrawal"), likely)
    return base | {
        "first": first, "second_names": names, "second": second, "codes": codes, "likely": likely, "possible": possible,
        "short_answers": short_answers,
    }  # fmt: skip


def model_bytes(model: Mapping[str, Any]) -> bytes:
    """The model file."""
    return (json.dumps(model, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _what_is_seen(sessions: Sequence[Lesson]) -> dict[str, Any]:
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
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, np.arange(axes.shape[1])])  # a direction has no sign of its own
    return {
        "format": FORMAT, "names": names, "scale": pack(np.array(spread), "f4"), "middle": pack(middle, "f4"),
        "directions": pack(axes, "f2"), "meaning_scale": MEANING_SCALE, "wording_scale": WORDING_SCALE,
        "keys": keys, "rarity": rarity,
    }  # fmt: skip


def _matrix(looks: Sequence[Look], mine: Sequence[bool], width: int) -> Any:
    """All turns as one sparse matrix; wordings (`width` of them) only on turns of the speaker they were counted for."""
    from scipy.sparse import csr_matrix, hstack

    dense = np.vstack([np.hstack([look.evidence, look.meaning]) for look in looks])
    data, columns, ends = [], [], [0]
    for found, own in zip((f for look in looks for f in look.found), mine, strict=True):
        for k, w, _, _ in found if own else ():
            data.append(w)
            columns.append(k)
        ends.append(len(data))
    said = csr_matrix((data, columns, ends), shape=(len(dense), width))
    return csr_matrix(hstack([csr_matrix(dense), said]), dtype=np.float64)


def _folds(n: int, seed: int) -> np.ndarray:
    """A fold for each session."""
    order = list(range(n))
    random.Random(seed).shuffle(order)
    fold = np.zeros(n, dtype=int)
    for place, i in enumerate(order):
        fold[i] = place % FOLDS
    return fold


def _logistic(x: Any, y: np.ndarray, use: np.ndarray, c: float, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights (as the file will hold them) and intercept; with one class only, its log-odds and no weights."""
    from sklearn.linear_model import LogisticRegression

    if len(set(y[use])) < 2:
        return np.zeros(x.shape[1]), NOT_ASKED
    model = LogisticRegression(C=c, max_iter=200, tol=1e-3).fit(x[use], y[use], sample_weight=weight[use])
    return model.coef_[0].astype(np.float16).astype(np.float64), float(model.intercept_[0])


def _standardised(
    x: np.ndarray, y: np.ndarray, use: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Middle, scale, weights and intercept of a regression on standardised columns."""
    middle, scale = x[use].mean(axis=0), np.maximum(x[use].std(axis=0), 1e-3)
    weights, intercept = _logistic((x - middle) / scale, y, use, SECOND_C, weight)
    return middle, scale, weights, intercept


def _codes(x: Any, use: np.ndarray, sessions: Sequence[Lesson], question: str, n: int) -> list[Any]:
    """Which code it is, given that it is one of the question's: learnt on coded turns only.

    Codes that stand in none of the first `n` turns (the sessions) are known from examples alone: not enough.
    """
    from sklearn.linear_model import LogisticRegression

    rows, names = [], []
    for i, codes in enumerate(c for s in sessions for c in s.codes):
        for code in sorted(c for c in codes if use[i] and question_of(c) == question):
            rows.append(i)
            names.append(code)
    met = {name for i, name in zip(rows, names, strict=True) if i < n}
    rows, names = [r for r, c in zip(rows, names, strict=True) if c in met], [c for c in names if c in met]
    known = sorted(met)
    if len(known) < 2:
        return [known, pack(np.zeros((1, x.shape[1])), "f2"), pack(np.zeros(1), "f4")]
    model = LogisticRegression(C=CODES_C, max_iter=200, tol=1e-3).fit(x[rows], names)
    weights, intercepts = model.coef_, model.intercept_
    if len(known) == 2:  # scikit-learn keeps one row for two classes
        weights, intercepts = np.vstack([0 * weights, weights]), np.array([0.0, intercepts[0]])
    return [known, pack(weights, "f2"), pack(intercepts, "f4")]


def _second(sessions: Sequence[Lesson], odds: Mapping[str, np.ndarray]) -> tuple[list[str], np.ndarray]:
    names: list[str] = []
    rows, start = [], 0
    for s in sessions:
        part = slice(start, start + len(s.turns))
        first = {q: odds[q][part] if q in odds else np.full((len(s.turns), len(VIEWS)), NOT_ASKED) for q in QUESTIONS}
        names, values = second_look(s.turns, first)
        rows.append(values)
        start += len(s.turns)
    return names, np.vstack(rows)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums come out in one order only on one thread."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
