"""A labelled session beside what the engine saw of it: the lesson a judge learns from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.codes import Tag
from pipeline.judge_features import is_asked, question_of
from pipeline.labelled import LabelledSession
from pipeline.lexicon import Lexicon
from pipeline.session import Source, Turn


@dataclass(frozen=True)
class Lesson:
    """`turns` are turns of talk with back-channels marked; the rest has one entry a turn. `tags` are the engine's own.

    `pieces` are the places of each turn in the session as it came in, mostly one. A session of `weight` 4 teaches as
    four would.
    """

    labelled: LabelledSession
    turns: tuple[Turn, ...] = field(repr=False)
    before: tuple[int | None, ...]
    evidence: tuple[Mapping[str, float], ...] = field(repr=False)
    vectors: np.ndarray = field(repr=False)
    tags: tuple[Tag, ...] = ()
    pieces: tuple[tuple[int, ...], ...] = ()
    weight: float = 1.0

    @property
    def session_id(self) -> str:
        return self.labelled.session_id

    @property
    def codes(self) -> tuple[frozenset[str], ...]:
        return self.labelled.codes

    @property
    def contested(self) -> tuple[frozenset[str], ...]:
        return self.labelled.contested


See = Callable[[LabelledSession], Lesson]


def examples_of(lexicon: Lexicon, embed: Callable[[Sequence[str]], np.ndarray]) -> list[Lesson]:
    """The codebook's own short examples and contrasts, each a session of one turn without evidence."""
    found = []
    for code in lexicon.codes.values():
        lines = [*code.prototypes, *code.contrasts]
        if code.speaker is None or not lines:
            continue
        for i, (line, vector) in enumerate(zip(lines, embed(lines), strict=True)):
            codes = frozenset({code.id}) if i < len(code.prototypes) else frozenset()
            turns = (Turn(0, code.speaker, line),)
            labelled = LabelledSession(f"{code.id}.{i:02}", turns, (codes,), (frozenset(),), Source.HUMAN)
            found.append(Lesson(labelled, turns, (None,), ({},), vector[None, :]))
    return found


def answers_of(question: str, lessons: Sequence[Lesson]) -> tuple[np.ndarray, np.ndarray]:
    """Which turns may teach (asked, and not in dispute), and which carry a code of the question."""
    use, positive = [], []
    for s in lessons:
        for turn, codes, contested in zip(s.turns, s.codes, s.contested, strict=True):
            yes = any(question_of(c) == question for c in codes)
            unsure = any(question_of(c) == question for c in contested)
            use.append(is_asked(question, turn) and (yes or not unsure))
            positive.append(yes)
    return np.array(use), np.array(positive)
