"""A session as the tagging engine sees it: words, features, meanings, and which circumstances hold on a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.lexicon import Cue, Lexicon, Measure
from pipeline.phrases import Words, words_of
from pipeline.session import Source, Turn

END_OF_TURN = 25  # words; what is asked stands at the end


@dataclass
class Room:
    """All that is known of a session while it is tagged. `features` gains the strain as passes go on."""

    lexicon: Lexicon
    turns: tuple[Turn, ...]
    words: list[Words]
    before: Sequence[int | None]
    features: list[dict[str, float | None]]
    vectors: np.ndarray
    source: Source

    def holds(self, name: str, i: int) -> bool:
        """Does the named context hold on turn i?"""
        context = self.lexicon.contexts[name]
        if any(self.holds(c, i) for c in context.unless):
            return False
        if context.feature is not None:
            value = self.features[i].get(context.feature)
            return (
                value is not None
                and (context.at_least is None or value >= context.at_least)
                and (context.at_most is None or value <= context.at_most)
            )
        assert context.pattern is not None
        assert context.where is not None
        j = self.before[i] if "previous" in context.where else i
        if j is None:
            return False
        words = last_words(self.words[j]) if context.where.startswith("end_of") else self.words[j]
        hits = words.matches(context.pattern)
        if context.where == "start_of_turn":
            return any(first <= 2 for first, _ in hits)
        return next(hits, None) is not None

    def allows(self, item: Cue | Measure, i: int) -> bool:
        """Is one of the contexts it comes after there, and none of those that rule it out?"""
        return (not item.after or any(self.holds(c, i) for c in item.after)) and not any(
            self.holds(c, i) for c in item.unless
        )


def last_words(words: Words) -> Words:
    return words if len(words.plain) <= END_OF_TURN else words_of(words.text[words.starts[-END_OF_TURN] :])


def whole_turn(words: Words) -> tuple[int, int]:
    """Character span of a turn without outer white space."""
    return len(words.text) - len(words.text.lstrip()), len(words.text.rstrip())
