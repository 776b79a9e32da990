"""A small trained model over the engine's evidence: how probable each code is on each turn, and why.

Logistic regressions in two looks (judge_features): five questions on the turn and its neighbours, then the same five
with what was said of the talk around, then which code of the family it most likely is. Wordings are known by their
hashes only (judge_file), so no training text is in a model; reasons (judge_reasons) quote nothing either. Only numpy is
needed; without a model file the engine stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.judge_features import (
    FAMILY_OF,
    NOT_ASKED,
    QUESTIONS,
    VIEWS,
    around,
    is_asked,
    named_evidence,
    second_look,
    wording_key,
    wordings,
)
from pipeline.judge_reasons import strongest, whose_words
from pipeline.session import Turn, usual_words

SECOND_CODE = 1 / 3  # of the likeliest code's probability: what stands further below it is noise to a coder
MEANT = (0, -1, 1)  # the turns whose sentence vectors are looked at


@dataclass(frozen=True, slots=True)
class Judgement:
    """One code on one turn, and whether it is `likely` for this client. `words` are the first and last word that spoke most for it, None where none did.

    `probability` of the first code of a question is that of the question ("is this withdrawal?"); further codes stand
    below it in proportion. `reasons` are the strongest contributions in log-odds, largest first, and quote
    nothing that was said: they are stored.
    """

    code: str
    probability: float
    likely: bool
    words: tuple[int, int] | None
    reasons: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Look:
    """The numbers of a session that the first look multiplies with its weights."""

    evidence: np.ndarray  # turns x names, already divided by scale
    meaning: np.ndarray  # turns x (directions * turns looked at)
    found: list[list[tuple[int, float, str, tuple[int, int] | None]]]  # wording number, weight, wording, its words


@dataclass(frozen=True)
class Judge:
    """The model as read from its file; see `train` for how each number came about."""

    names: tuple[str, ...]  # evidence that is looked at
    scale: np.ndarray
    middle: np.ndarray  # of the sentence vectors
    directions: np.ndarray  # vector size x kept directions
    meaning_scale: float
    wording_scale: float
    keys: Mapping[str, np.ndarray]  # by speaker: wording numbers, sorted
    rarity: Mapping[str, np.ndarray]  # by speaker: inverse document frequency of each
    # by question: weights over evidence and meaning, their intercept; weights over wordings, their intercept
    first: Mapping[str, tuple[np.ndarray, float, np.ndarray, float]]
    second_names: tuple[str, ...]
    second: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, float]]  # middle, scale, weights, intercept
    codes: Mapping[str, tuple[tuple[str, ...], np.ndarray, np.ndarray]]  # by question: codes, weights, intercepts
    likely: Mapping[str, float]  # by family
    possible: Mapping[str, float]
    # clients whose median turn is at most `words` long: withdrawal is likely only from `withdrawal` on
    short_answers: Mapping[str, float]
    version: str = ""

    def judge(
        self,
        turns: Sequence[Turn],
        *,
        before: Sequence[int | None],
        evidence: Sequence[Mapping[str, float]],
        vectors: np.ndarray,
    ) -> list[list[Judgement]]:
        """Per turn the codes that are at least possible, most probable first; none on back-channels.

        `before` is the turn each turn answers, `evidence` what the engine found (by name), `vectors` unit sentence
        vectors, one row a turn.
        """
        if not turns:
            return []
        look = self.look(turns, before=before, evidence=evidence, vectors=vectors)
        around_it = second_look(turns, {q: self.first_look(q, turns, look) for q in QUESTIONS})[1]
        found: list[list[Judgement]] = [[] for _ in turns]
        bounds = self.bounds(turns)
        for question in self.second:
            least, bound = self.possible[FAMILY_OF[question]], bounds[FAMILY_OF[question]]
            parts, chance = self._second(question, turns, around_it)
            for i in np.flatnonzero(chance >= least).tolist():
                reasons, words = self._why(question, look, i, parts[i])
                for code, share in self._which(question, look, i):
                    p = round(float(chance[i]) * share, 4)
                    if p >= least and share >= SECOND_CODE:
                        found[i].append(Judgement(code, p, p >= bound, words, reasons))
        for row in found:
            row.sort(key=lambda j: (-j.probability, j.code))
        return found

    def bounds(self, turns: Sequence[Turn]) -> dict[str, float]:
        """By family where `likely` begins for the client of these turns.

        Who usually speaks shortly would be tagged for withdrawal more often than others where there is none; the
        stricter bound, found in training, evens that out.
        """
        bounds = dict(self.likely)
        if self.short_answers and usual_words(turns) <= self.short_answers["words"]:
            bounds["withdrawal"] = max(bounds["withdrawal"], self.short_answers["withdrawal"])
        return bounds

    def judges(self, code: str) -> bool:
        """Has this code been learnt?"""
        return any(code in known for known, _, _ in self.codes.values())

    def look(
        self,
        turns: Sequence[Turn],
        *,
        before: Sequence[int | None],
        evidence: Sequence[Mapping[str, float]],
        vectors: np.ndarray,
    ) -> Look:
        place = self._place
        rows = np.zeros((len(turns), len(self.names)))
        for i, row in enumerate(named_evidence(evidence, before)):
            for name, value in row.items():
                j = place.get(name)
                if j is not None:
                    rows[i, j] = value / self.scale[j]
        meant = (np.asarray(vectors, dtype=np.float64) - self.middle) @ self.directions * self.meaning_scale
        found = []
        for turn, said in zip(turns, wordings(turns, before), strict=True):
            keys, rarity = self.keys[turn.speaker.value], self.rarity[turn.speaker.value]
            mine = []
            for wording, words in said.items():
                k = int(np.searchsorted(keys, np.uint64(wording_key(wording))))
                if k < len(keys) and int(keys[k]) == wording_key(wording):
                    mine.append((k, float(rarity[k]), wording, words))
            norm = sum(w * w for _, w, _, _ in mine) ** 0.5 or 1.0
            found.append([(k, w / norm * self.wording_scale, name, words) for k, w, name, words in mine])
        return Look(rows, np.hstack([around(meant, o) for o in MEANT]), found)

    def first_look(self, question: str, turns: Sequence[Turn], look: Look) -> np.ndarray:
        """Log-odds by evidence and by wordings, one row a turn (not meant for turns that are not asked)."""
        odds = np.full((len(turns), len(VIEWS)), NOT_ASKED)
        if question not in self.first:
            return odds
        weights, intercept, said, said_intercept = self.first[question]
        odds[:, 0] = np.hstack([look.evidence, look.meaning]) @ weights + intercept
        for i, turn in enumerate(turns):
            if turn.speaker is QUESTIONS[question]:
                odds[i, 1] = said_intercept + sum(said[k] * w for k, w, _, _ in look.found[i])
        return odds

    def _second(self, question: str, turns: Sequence[Turn], around_it: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What each number of the second look adds in log-odds, and the probability (0 where it is not asked)."""
        middle, scale, weights, intercept = self.second[question]
        parts = (around_it - middle) / scale * weights
        chance = 1 / (1 + np.exp(-(parts.sum(axis=1) + intercept)))
        return parts, np.where([is_asked(question, t) for t in turns], chance, 0.0)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def _which(self, question: str, look: Look, i: int) -> list[tuple[str, float]]:
        """The codes of a question, each with its share of the likeliest one's probability."""
        codes, weights, intercepts = self.codes[question]
        e, m = len(self.names), look.meaning.shape[1]
        odds = weights[:, :e] @ look.evidence[i] + weights[:, e : e + m] @ look.meaning[i] + intercepts
        for k, w, _, _ in look.found[i]:
            odds = odds + weights[:, e + m + k] * w
        shares = np.exp(odds - odds.max())
        return [(c, float(s)) for c, s in zip(codes, shares, strict=True)]

    def _why(
        self, question: str, look: Look, i: int, parts: np.ndarray
    ) -> tuple[tuple[tuple[str, float], ...], tuple[int, int] | None]:
        """What spoke most for it or against it, and the words that did."""
        weights, _, said, _ = self.first[question]
        _, scale, second, _ = self.second[question]
        place = {n: k for k, n in enumerate(self.second_names)}
        both = second[place[f"here:{question}"]] / scale[place[f"here:{question}"]] / len(VIEWS)
        seen, heard = (both + second[k] / scale[k] for k in (place[f"{v}:{question}"] for v in VIEWS))
        e, size = len(self.names), look.meaning.shape[1] // len(MEANT)
        reasons = [(n, float(x * seen)) for n, x in zip(self.names, look.evidence[i] * weights[:e], strict=True) if x]
        for a, offset in enumerate(MEANT):
            part = slice(a * size, (a + 1) * size)
            x = float(look.meaning[i, part] @ weights[e:][part]) * seen
            reasons.append((f"{offset:+d}:meaning" if offset else "meaning", x))
        best: tuple[float, tuple[int, int] | None] = (0.0, None)
        for k, w, wording, words in look.found[i]:
            x = float(said[k] * w * heard)
            reasons.append((whose_words(wording), x))
            if words is not None and x > best[0]:
                best = (x, words)
        reasons += [(f"talk:{n}", float(x)) for n, x in zip(self.second_names, parts, strict=True)]
        return strongest(reasons), best[1]
