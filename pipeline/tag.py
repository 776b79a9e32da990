"""One engine for all codes: cues and measures nominate, context and likeness decide, evidence adds up in log-odds.

For each turn and code: logit(p) = base + sum of the weights of what was found (tag_weigh). A code is only considered
where something nominates it (a cue, a nominating measure, or likeness to the code's prototypes) and all its required
contexts hold (tag_room). Three passes, since repair needs something to repair: rupture codes, then the therapist's
repair moves (they see the strain), then the client's re-engagement (it sees the repair moves). See codebook A9, A10.
A trained judge, where there is one, weighs the same evidence (tag_evidence) anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.codes import Family, Status, Tag
from pipeline.lexicon import Code, Lexicon
from pipeline.phrases import words_of
from pipeline.session import Source, Turn
from pipeline.tag_evidence import evidence_of
from pipeline.tag_room import Room, whole_turn
from pipeline.tag_weigh import Embed, Found, likeness_to_codes, weigh

STRAIN_WINDOW = 40  # turns, codebook A10
STRAIN_FADES = 0.96  # per turn: after 17 turns a strain weighs half
REENGAGE = "rp_client_reengage"
BASELINE = ("words", "length_z")  # told with every tag
TOLD = 4  # reasons of a judge that are stored with a tag
COUNTER_MOVE = "rp_defensive"  # answers a strain and repairs nothing


class Judged(Protocol):
    """What a judge says of one code on one turn; `words` are the first and last word that spoke most for it."""

    @property
    def code(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def likely(self) -> bool: ...
    @property
    def words(self) -> tuple[int, int] | None: ...
    @property
    def reasons(self) -> tuple[tuple[str, float], ...]: ...


class Judge(Protocol):
    """The trained model (pipeline.judge), passed in: per turn its judgements, each with code, probability, words."""

    def judge(
        self,
        turns: Sequence[Turn],
        *,
        before: Sequence[int | None],
        evidence: Sequence[Mapping[str, float]],
        vectors: np.ndarray,
    ) -> Sequence[Sequence[Judged]]: ...

    def judges(self, code: str) -> bool: ...


@dataclass(frozen=True)
class Seen:
    """What the engine saw of a session: for the judge, for training it and for explaining."""

    room: Room
    tags: list[Tag]  # what the engine alone says
    evidence: list[dict[str, float]]  # per turn, by name


def tags_of(seen: Seen, judge: Judge | None = None) -> list[Tag]:
    """The tags of what was seen, in order of turn and code.

    With a trained `judge`, probabilities are the judge's and the engine's cues name the words; codes that the judge
    has not learnt keep the engine's.
    """
    return seen.tags if judge is None else _judged(seen, judge)


def look_at(
    turns: Sequence[Turn],
    *,
    before: Sequence[int | None],
    features: list[dict[str, float | None]],
    vectors: np.ndarray,
    lexicon: Lexicon,
    embed: Embed,
    source: Source = Source.HUMAN,
) -> Seen:
    """Run the engine over marked turns and keep all the evidence it gathered.

    `before` names for each turn the one it answers, `features` and `vectors` (unit embeddings) have one entry a turn;
    `embed` is asked for the codebook's prototypes.
    """
    room = Room(lexicon, tuple(turns), [words_of(t.text) for t in turns], before, features, vectors, source)
    if not turns:
        return Seen(room, [], [])
    likeness = likeness_to_codes(lexicon, vectors, embed)
    rupture = [c for f in (Family.WITHDRAWAL, Family.CONFRONTATION) for c in lexicon.family(f)]
    repair = [c for c in lexicon.family(Family.REPAIR) if c.id != REENGAGE]
    back = [c for c in lexicon.family(Family.REPAIR) if c.id == REENGAGE]

    tags = _pass(room, rupture, likeness)
    _set_strain(room, tags)
    moves = _pass(room, repair, likeness)
    _set_since_repair(room, moves)
    tags += moves + _pass(room, back, likeness)
    tags.sort(key=lambda t: (t.turn_no, t.code))
    return Seen(room, tags, [evidence_of(room, likeness, i) for i in range(len(turns))])


def _pass(room: Room, codes: Sequence[Code], likeness: dict[str, np.ndarray]) -> list[Tag]:
    tags = []
    for i, turn in enumerate(room.turns):
        if turn.is_backchannel or not room.words[i].plain:
            continue
        for code in codes:
            if code.speaker is not turn.speaker:
                continue
            found = weigh(room, code, i, likeness.get(code.id))
            if found is not None and (tag := _tag(room, found, turn)):
                tags.append(tag)
    return tags


def _tag(room: Room, found: Found, turn: Turn) -> Tag | None:
    bounds = room.lexicon.thresholds[found.code.family]
    p = round(found.probability, 4)
    if p < bounds.possible:
        return None
    assert found.span is not None
    return Tag(
        code=found.code.id,
        family=found.code.family,
        turn_no=turn.turn_no,
        char_start=found.span[0],
        char_end=found.span[1],
        status=Status.LIKELY if p >= bounds.likely else Status.POSSIBLE,
        probability=p,
        cue=found.nominated_by,
        measures=tuple(sorted(found.numbers.items())),
    )


def _judged(seen: Seen, judge: Judge) -> list[Tag]:
    """The judge's probabilities, with the engine's cue and words where it has them, else the words the judge saw."""
    room = seen.room
    by_cue = {(t.turn_no, t.code): t for t in seen.tags}
    tags = [t for t in seen.tags if not judge.judges(t.code)]
    judged = judge.judge(room.turns, before=room.before, evidence=seen.evidence, vectors=room.vectors)
    for i, (turn, words, judgements) in enumerate(zip(room.turns, room.words, judged, strict=True)):
        for said in judgements:
            code, cued = room.lexicon.codes.get(said.code), by_cue.get((turn.turn_no, said.code))
            if code is None or not words.plain:
                continue
            span = whole_turn(words) if said.words is None else words.sentence_around(*said.words)
            if cued is not None:
                span = (cued.char_start, cued.char_end)  # type: ignore[assignment]
            tags.append(
                Tag(
                    code=code.id,
                    family=code.family,
                    turn_no=turn.turn_no,
                    char_start=span[0],
                    char_end=span[1],
                    status=Status.LIKELY if said.likely else Status.POSSIBLE,
                    probability=said.probability,
                    cue=cued.cue if cued else "wording",
                    measures=_measures(cued, said, room.features[i]),
                )
            )
    return sorted(tags, key=lambda t: (t.turn_no, t.code))


def _measures(cued: Tag | None, said: Judged, features: Mapping[str, float | None]) -> tuple[tuple[str, float], ...]:
    """The engine's numbers, the length against the client's own usual length, and what spoke for it in log-odds."""
    numbers = dict(cued.measures) if cued else {}
    numbers |= {name: round(x, 3) for name in BASELINE if (x := features[name]) is not None}
    numbers |= {f"because {name}": x for name, x in said.reasons[:TOLD]}
    return tuple(sorted(numbers.items()))


def _set_strain(room: Room, tags: Sequence[Tag]) -> None:
    """Write into every turn how strained the talk before it is, and how long ago it last was."""
    by_turn: dict[int, float] = {}
    likely: set[int] = set()
    for tag in tags:
        assert tag.turn_no is not None
        by_turn[tag.turn_no] = max(tag.probability, by_turn.get(tag.turn_no, 0.0))
        if tag.status is Status.LIKELY:
            likely.add(tag.turn_no)
    strain, since, quiet = 0.0, None, 0
    for i, turn in enumerate(room.turns):
        room.features[i]["strain"] = round(strain, 3)
        room.features[i]["since_strain"] = None if since is None else float(i - since)
        strain *= STRAIN_FADES
        quiet += 1
        if turn.turn_no in by_turn and by_turn[turn.turn_no] >= strain:
            strain, quiet = by_turn[turn.turn_no], 0
        if turn.turn_no in likely:
            since = i
        if quiet > STRAIN_WINDOW:
            strain = 0.0


def _set_since_repair(room: Room, moves: Sequence[Tag]) -> None:
    likely = {t.turn_no for t in moves if t.status is Status.LIKELY and t.code != COUNTER_MOVE}
    since: int | None = None
    for i, turn in enumerate(room.turns):
        room.features[i]["since_repair"] = None if since is None else float(i - since)
        if turn.turn_no in likely:
            since = i
