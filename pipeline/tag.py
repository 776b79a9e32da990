"""One engine for all codes: cues and measures nominate, context and likeness decide, evidence adds up in log-odds.

For each turn and code: logit(p) = base + sum of the weights of what was found. A code is only considered where
something nominates it (a cue, a nominating measure, or likeness to the code's prototypes) and all its required
contexts hold. Three passes, since repair needs something to repair: rupture codes, then the therapist's repair
moves (they see the strain), then the client's re-engagement (it sees the repair moves). See codebook A9, A10.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.codes import Family, Status, Tag
from pipeline.features import measure_session
from pipeline.lexicon import Code, Context, Lexicon
from pipeline.phrases import Words, words_of
from pipeline.segment import mark_turns, turns_before
from pipeline.session import Source, Speaker, Turn

Embed = Callable[[Sequence[str]], np.ndarray]  # texts → unit vectors, one row a text

ASKS = "asks"  # the context of contexts.toml that tells a turn which asks for an answer
STRAIN_WINDOW = 40  # turns, codebook A10
STRAIN_FADES = 0.96  # per turn: after 17 turns a strain weighs half
LIKENESS_NOMINATES = 0.18  # nearer to a prototype than to any contrast by this much cosine
ASR_DISCOUNT = 0.35  # log-odds taken from every withdrawal tag on speech-recognised text (dropped words)
REENGAGE = "rp_client_reengage"
END_OF_TURN = 25  # words; what is asked stands at the end


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


@dataclass
class Room:
    """All that is known of a session while it is tagged."""

    lexicon: Lexicon
    turns: tuple[Turn, ...]
    words: list[Words]
    before: list[int | None]
    features: list[dict[str, float | None]]
    vectors: np.ndarray
    source: Source

    def holds(self, name: str, i: int) -> bool:
        return _holds(self.lexicon, self.lexicon.contexts[name], i, self)


def prepare_turns(turns: Sequence[Turn], lexicon: Lexicon) -> tuple[Turn, ...]:
    """Mark back-channels and silences, with the lexicon's word list and its idea of what asks for an answer."""
    asks = lexicon.contexts[ASKS].pattern
    assert asks is not None

    def turn_asks(turn: Turn) -> bool:
        return turn.text.rstrip().endswith("?") or any(True for _ in _last_words(turn.text).matches(asks))

    return mark_turns(turns, backchannels=lexicon.backchannels, asks=turn_asks)


def tag_session(turns: Sequence[Turn], *, lexicon: Lexicon, embed: Embed, source: Source = Source.HUMAN) -> list[Tag]:
    """Tag prepared turns (see prepare_turns). Returns tags in order of turn and code."""
    turns = tuple(turns)
    if not turns:
        return []
    vectors = embed([t.text for t in turns])
    room = Room(
        lexicon,
        turns,
        [words_of(t.text) for t in turns],
        turns_before(turns),
        measure_session(turns, vectors),
        vectors,
        source,
    )
    likeness = _likeness(lexicon, vectors, embed)
    rupture = [c for f in (Family.WITHDRAWAL, Family.CONFRONTATION) for c in lexicon.family(f)]
    repair = [c for c in lexicon.family(Family.REPAIR) if c.id != REENGAGE]
    back = [c for c in lexicon.family(Family.REPAIR) if c.id == REENGAGE]

    tags = _pass(room, rupture, likeness)
    _set_strain(room, tags)
    moves = _pass(room, repair, likeness)
    _set_since_repair(room, moves)
    tags += moves + _pass(room, back, likeness)
    return sorted(tags, key=lambda t: (t.turn_no, t.code))


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


def weigh(room: Room, code: Code, i: int, likeness: np.ndarray | None) -> Found | None:
    """Add up what speaks for a code on turn i, or None where nothing nominates it or a required context is missing."""
    if not all(room.holds(c, i) for c in code.requires):
        return None
    found, words = Found(code, code.base), room.words[i]
    for cue in code.cues:
        hit = next(words.matches(cue.pattern), None)
        if hit and _in_context(room, cue, i):
            found.add(cue.id, cue.weight, nominates=True, rank=2, span=_span(words, hit, cue.covers))
    for measure in code.measures:
        value = room.features[i].get(measure.feature)
        if measure.holds(value) and _in_context(room, measure, i):
            found.add(measure.id, measure.weight, nominates=measure.nominates, rank=1, span=_whole(words))
            found.numbers[measure.feature] = round(float(value), 3)  # type: ignore[arg-type]
    if likeness is not None:
        near = float(likeness[i])
        found.numbers["likeness"] = round(near, 3)
        found.add("likeness", 5 * near, nominates=near >= LIKENESS_NOMINATES, rank=0, span=_whole(words))
    if room.source is Source.ASR and code.family is Family.WITHDRAWAL:
        found.logit -= ASR_DISCOUNT
    return found if found.nominated_by else None


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


def _in_context(room: Room, item, i: int) -> bool:
    return (not item.after or any(room.holds(c, i) for c in item.after)) and not any(
        room.holds(c, i) for c in item.unless
    )


def _holds(lexicon: Lexicon, context: Context, i: int, room: Room) -> bool:
    if any(room.holds(c, i) for c in context.unless):
        return False
    if context.feature is not None:
        value = room.features[i].get(context.feature)
        return (
            value is not None
            and (context.at_least is None or value >= context.at_least)
            and (context.at_most is None or value <= context.at_most)
        )
    assert context.pattern is not None and context.where is not None
    j = room.before[i] if "previous" in context.where else i
    if j is None:
        return False
    words = room.words[j]
    if context.where.startswith("end_of"):
        words = _last_words(room.turns[j].text)
    hits = words.matches(context.pattern)
    if context.where == "start_of_turn":
        return any(first <= 2 for first, _ in hits)
    return next(hits, None) is not None


def _last_words(text: str) -> Words:
    words = words_of(text)
    return words if len(words.plain) <= END_OF_TURN else words_of(text[words.starts[-END_OF_TURN] :])


def _span(words: Words, hit: tuple[int, int], covers: str) -> tuple[int, int]:
    if covers == "phrase":
        return words.starts[hit[0]], words.ends[hit[1]]
    if covers == "sentence":
        return words.sentence_around(*hit)
    return _whole(words)


def _whole(words: Words) -> tuple[int, int]:
    text = words.text
    return len(text) - len(text.lstrip()), len(text.rstrip())


def _likeness(lexicon: Lexicon, vectors: np.ndarray, embed: Embed) -> dict[str, np.ndarray]:
    """Per code, for every turn: cosine to the nearest prototype less cosine to the nearest contrast."""
    near = {}
    for code in lexicon.codes.values():
        if code.prototypes:
            like = (vectors @ embed(code.prototypes).T).max(axis=1)
            unlike = (vectors @ embed(code.contrasts).T).max(axis=1) if code.contrasts else 0.0
            near[code.id] = like - unlike
    return near


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
    likely = {t.turn_no for t in moves if t.status is Status.LIKELY and t.code != "rp_defensive"}
    since: int | None = None
    for i, turn in enumerate(room.turns):
        room.features[i]["since_repair"] = None if since is None else float(i - since)
        if turn.turn_no in likely:
            since = i


def tag_attendance(
    *, lexicon: Lexicon, status: str, minutes_late: float | None, usual_minutes_late: float | None
) -> list[Tag]:
    """Session-level tags from the sessions list: no words are needed. Lateness counts against the client's own habit.

    `usual_minutes_late` is the median over the client's earlier held sessions (None where there are fewer than two).
    """
    found: list[tuple[str, float, tuple[tuple[str, float], ...]]] = []
    if status == "no_show":
        found.append(("at_no_show", 0.9, ()))
    elif status in ("late_cancelled", "cancelled"):
        found.append(("at_cancelled", 0.9 if status == "late_cancelled" else 0.4, ()))
    elif minutes_late is not None and minutes_late >= 5:
        more = minutes_late - (usual_minutes_late or 0.0)
        if more >= 5:
            numbers = (("minutes_late", minutes_late), ("more_than_usual", more))
            found.append(("at_late", round(min(0.9, 0.3 + 0.04 * more), 4), numbers))
    bounds = lexicon.thresholds[Family.ATTENDANCE]
    return [
        Tag(
            code,
            Family.ATTENDANCE,
            None,
            None,
            None,
            Status.LIKELY if p >= bounds.likely else Status.POSSIBLE,
            p,
            "sessions_list",
            numbers,
        )
        for code, p, numbers in found
    ]


__all__ = ["Embed", "Speaker", "prepare_turns", "tag_attendance", "tag_session", "weigh"]
