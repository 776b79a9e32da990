"""The same session as another transcriber would have written it: do the families stay?

Each form keeps what was said. What a form moves in F1 is measured against the session as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.evaluate import Verdict
from pipeline.labelled import LabelledSession
from pipeline.session import Turn

PIECE = 8  # words of a speech-recognition segment
MARKS = re.compile(r"(?<!\w)['’]|['’](?!\w)|[^\w\s'’\-]|(?<!\w)-+|-+(?!\w)")


@dataclass(frozen=True)
class Rewritten:
    """The session in another form; `of` is, for each of its turns, the turn of the original that it is (part) of."""

    session: LabelledSession
    of: tuple[int, ...]

    def verdicts(self, found: Sequence[Verdict], pieces: Sequence[Sequence[int]]) -> list[Verdict]:
        """Verdicts brought back to the turns of the original: the strongest of the parts.

        `found` has one entry a turn of talk in the rewritten session, `pieces` says which of its turns that is.
        """
        back: list[dict[str, tuple[float, bool]]] = [{} for _ in range(max(self.of, default=-1) + 1)]
        for parts, verdict in zip(pieces, found, strict=True):
            i = self.of[parts[0]]
            for name, (p, likely) in verdict.items():
                was = back[i].get(name, (0.0, False))
                back[i][name] = (max(p, was[0]), likely or was[1])
        return list(back)


def _same_turns(session: LabelledSession, change: Callable[[Turn], Turn]) -> Rewritten:
    return Rewritten(replace(session, turns=tuple(change(t) for t in session.turns)), tuple(range(len(session.turns))))


def without_capitals(session: LabelledSession) -> Rewritten:
    """Lower case and no punctuation; marked events, as [pause 6s], are lost too, as speech recognition loses them."""

    def plain(turn: Turn) -> Turn:
        said = " ".join(MARKS.sub(" ", re.sub(r"\[[^\]]*\]", " ", turn.text)).lower().split())
        return replace(turn, text=said or turn.text)

    return _same_turns(session, plain)


def without_times(session: LabelledSession) -> Rewritten:
    """No timestamps."""
    return _same_turns(session, lambda turn: replace(turn, start_s=None, end_s=None))


def in_pieces(session: LabelledSession) -> Rewritten:
    """Each turn in segments of at most eight words that stay turns of their own, as a file that numbers them has it."""
    turns: list[Turn] = []
    of: list[int] = []
    for i, turn in enumerate(session.turns):
        words = turn.text.split() or [turn.text]
        starts = range(0, len(words), PIECE)
        for a in starts:
            start, end = (_between(turn, at / len(words)) for at in (a, min(len(words), a + PIECE)))
            turns.append(Turn(len(turns), turn.speaker, " ".join(words[a : a + PIECE]), start, end))
            of.append(i)
    nothing = (frozenset[str](),) * len(turns)
    return Rewritten(replace(session, turns=tuple(turns), codes=nothing, contested=nothing), tuple(of))


def _between(turn: Turn, share: float) -> float | None:
    """The time at which this share of the turn is said, as if all words were of one length."""
    if turn.start_s is None or turn.end_s is None:
        return None
    return round(turn.start_s + share * (turn.end_s - turn.start_s), 3)


FORMS: dict[str, Callable[[LabelledSession], Rewritten]] = {
    "lower case, no punctuation": without_capitals,
    "no timestamps": without_times,
    "cut into segments": in_pieces,
}
