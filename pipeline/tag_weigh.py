"""What speaks for a code on a turn, added up in log-odds, and what nominated it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.codes import Family
from pipeline.lexicon import Code, Lexicon
from pipeline.phrases import Words
from pipeline.session import Source
from pipeline.tag_room import Room, whole_turn

Embed = Callable[[Sequence[str]], np.ndarray]  # texts → unit vectors, one row a text

LIKENESS_NOMINATES = 0.18  # nearer to a prototype than to any contrast by this much cosine
LIKENESS_WEIGHT = 5.0  # log-odds for each unit of it
ASR_DISCOUNT = 0.35  # log-odds taken from every withdrawal tag on speech-recognised text (dropped words)


@dataclass
class Found:
    """What speaks for one code on one turn."""

    code: Code
    logit: float
    nominated_by: str = ""
    strongest: tuple[int, float] = (-1, 0.0)
    span: tuple[int, int] | None = None
    numbers: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, weight: float, *, nominates: bool, rank: int, span: tuple[int, int] | None = None) -> None:
        """Words explain a tag better than a number, and a number better than likeness: `rank` says which is named."""
        self.logit += weight
        if nominates and (rank, weight) > self.strongest:
            self.nominated_by, self.strongest, self.span = name, (rank, weight), span

    @property
    def probability(self) -> float:
        return 1 / (1 + math.exp(-self.logit))


def weigh(room: Room, code: Code, i: int, likeness: np.ndarray | None) -> Found | None:
    """Add up what speaks for a code on turn i, or None where nothing nominates it or a required context is missing."""
    if not all(room.holds(c, i) for c in code.requires):
        return None
    found, words = Found(code, code.base), room.words[i]
    for cue in code.cues:
        hit = next(words.matches(cue.pattern), None)
        if hit and room.allows(cue, i):
            found.add(cue.id, cue.weight, nominates=True, rank=2, span=_span(words, hit, cue.covers))
    for measure in code.measures:
        value = room.features[i].get(measure.feature)
        if measure.holds(value) and room.allows(measure, i):
            found.add(measure.id, measure.weight, nominates=measure.nominates, rank=1, span=whole_turn(words))
            found.numbers[measure.feature] = round(float(value), 3)  # type: ignore[arg-type]
    if likeness is not None:
        near = float(likeness[i])
        found.numbers["likeness"] = round(near, 3)
        found.add(
            "likeness", LIKENESS_WEIGHT * near, nominates=near >= LIKENESS_NOMINATES, rank=0, span=whole_turn(words)
        )
    if room.source is Source.ASR and code.family is Family.WITHDRAWAL:
        found.logit -= ASR_DISCOUNT
    return found if found.nominated_by else None


def _span(words: Words, hit: tuple[int, int], covers: str) -> tuple[int, int]:
    if covers == "phrase":
        return words.starts[hit[0]], words.ends[hit[1]]
    if covers == "sentence":
        return words.sentence_around(*hit)
    return whole_turn(words)


def likeness_to_codes(lexicon: Lexicon, vectors: np.ndarray, embed: Embed) -> dict[str, np.ndarray]:
    """Per code, for every turn: cosine to the nearest prototype less cosine to the nearest contrast."""
    near = {}
    for code in lexicon.codes.values():
        if code.prototypes:
            like = (vectors @ embed(code.prototypes).T).max(axis=1)
            unlike = (vectors @ embed(code.contrasts).T).max(axis=1) if code.contrasts else 0.0
            near[code.id] = like - unlike
    return near
