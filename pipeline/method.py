"""The method as two pure functions: `make_safe` turns raw sessions into safe ones, `code_session` codes a safe one.

Tools (the named-entity model, the sentence embeddings) are arguments; nothing here reads a file or a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipeline.attendance import tag_attendance
from pipeline.codes import Episode, Tag
from pipeline.deidentify import Deidentified, deidentify_client
from pipeline.episodes import link_episodes
from pipeline.errors import Quarantined
from pipeline.features import measure_session
from pipeline.identifiers import Detect
from pipeline.lexicon import Lexicon
from pipeline.pseudonyms import Crosswalk
from pipeline.segment import mark_turns, turns_before
from pipeline.segment_pieces import as_spoken, on_pieces, pieces_of, put_back
from pipeline.session import KnownIdentifier, RawSession, Session, Source, Turn
from pipeline.study import SessionEntry
from pipeline.study_settings import Settings
from pipeline.tag import Judge, Seen, look_at, tags_of
from pipeline.tag_weigh import Embed


@dataclass(frozen=True, slots=True)
class Coded:
    """A safe session with what was found in it."""

    session: Session
    tags: tuple[Tag, ...]
    episodes: tuple[Episode, ...]


def make_safe(
    raws: Sequence[RawSession],
    *,
    known: Sequence[KnownIdentifier],
    detect: Detect,
    crosswalk: Crosswalk,
    date_offset_days: int,
    settings: Settings,
    surrogate_key: bytes | None = None,
) -> list[Deidentified | Quarantined]:
    """De-identify the sessions of one client together, so that a name met in one is known in all.

    Returns one result a session, in order: the safe turns, or why the session is quarantined. `crosswalk` learns.
    """
    return deidentify_client(
        raws,
        known=known,
        detect=detect,
        crosswalk=crosswalk,
        date_offset_days=date_offset_days,
        style=settings.style,
        surrogate_key=surrogate_key,
        risk_limit=settings.risk_limit,
    )


def describe_session(entry: SessionEntry, of_client: Sequence[SessionEntry], turns: Sequence[Turn] = ()) -> Session:
    """A session as it may be stored: its place among the client's sessions instead of its calendar date."""
    first = min(s.date for s in of_client)
    phase = None  # unknown where the plan is: guessing it would move with every new session
    if entry.planned_sessions:
        phase = ("early", "middle", "late")[min(2, 3 * (entry.session_no - 1) // entry.planned_sessions)]
    return Session(
        session_id=entry.session_id,
        client_id=entry.client_id,
        therapist_id=entry.therapist_id,
        turns=tuple(turns),
        session_no=entry.session_no,
        phase=phase,
        day=(entry.date - first).days,
        status=entry.status,
        minutes_late=entry.minutes_late,
        source=entry.source,
    )


def usual_lateness(entry: SessionEntry, of_client: Iterable[SessionEntry]) -> float | None:
    """Median minutes late over the client's earlier held sessions; None where there are fewer than two."""
    earlier = [
        s.minutes_late for s in of_client if s.status == "held" and s.date < entry.date and s.minutes_late is not None
    ]
    return median(earlier) if len(earlier) >= 2 else None


def code_session(
    session: Session,
    *,
    lexicon: Lexicon,
    embed: Embed,
    settings: Settings,
    usual_minutes_late: float | None,
    judge: Judge | None = None,
) -> Coded:
    """Segment, measure, tag and link one safe session."""
    pieces = pieces_of(session.turns)
    spoken = prepare_turns(as_spoken(session.turns, pieces), lexicon)
    tags = tag_turns(spoken, lexicon=lexicon, embed=embed, source=session.source, judge=judge)
    episodes = link_episodes(tags, spoken, gap=settings.episode_gap, window=settings.episode_window)
    tags, episodes = put_back(tags, episodes, session.turns, pieces)
    tags += tag_attendance(
        lexicon=lexicon,
        status=session.status,
        minutes_late=session.minutes_late,
        usual_minutes_late=usual_minutes_late,
    )
    return Coded(replace(session, turns=on_pieces(spoken, session.turns, pieces)), tuple(tags), tuple(episodes))


def prepare_turns(turns: Sequence[Turn], lexicon: Lexicon) -> tuple[Turn, ...]:
    """Mark back-channels and silences, with the lexicon's word list and its idea of what asks for an answer."""
    return mark_turns(turns, backchannels=lexicon.backchannels, asks=lambda turn: lexicon.asks(turn.text))


def tag_turns(
    turns: Sequence[Turn],
    *,
    lexicon: Lexicon,
    embed: Embed,
    source: Source = Source.HUMAN,
    judge: Judge | None = None,
) -> list[Tag]:
    """Measure and tag prepared turns."""
    if not turns:
        return []
    return tags_of(see_turns(turns, lexicon=lexicon, embed=embed, source=source), judge)


def see_turns(turns: Sequence[Turn], *, lexicon: Lexicon, embed: Embed, source: Source = Source.HUMAN) -> Seen:
    """Measure prepared turns and keep all the evidence: what tags come from, and what a judge is trained on."""
    before, vectors = turns_before(turns), embed([t.text for t in turns])
    features = measure_session(turns, before, vectors)
    return look_at(
        turns, before=before, features=features, vectors=vectors, lexicon=lexicon, embed=embed, source=source
    )
