"""How a session, its tags, episodes and decisions become rows, and how rows get ids that a re-run repeats.

The names in each `*_COLUMNS` are columns of data_contracts/tables.sql, in the order of the tuples made here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.codes import Decision, Episode, Tag
from pipeline.session import Session

Row = tuple[Any, ...]

SESSION_COLUMNS = [
    "session_id",
    "client_id",
    "therapist_id",
    "session_no",
    "phase",
    "day",
    "status",
    "minutes_late",
    "transcript_source",
    "n_turns",
    "duration_s",
    "run_id",
]
TURN_COLUMNS = [
    "session_id",
    "turn_no",
    "speaker",
    "start_s",
    "end_s",
    "text",
    "n_words",
    "is_backchannel",
    "latency_s",
]
TAG_COLUMNS = [
    "segment_id",
    "session_id",
    "turn_no",
    "char_start",
    "char_end",
    "code",
    "family",
    "status",
    "probability",
    "cue",
    "measures",
    "source",
    "lexicon_version",
    "model_version",
    "run_id",
]
EPISODE_COLUMNS = [
    "episode_id",
    "session_id",
    "kind",
    "first_turn",
    "last_turn",
    "repair_turn",
    "latency_s",
    "outcome",
    "order_flag",
]
DECISION_COLUMNS = [
    "decision_id",
    "segment_id",
    "session_id",
    "turn_no",
    "char_start",
    "char_end",
    "coder",
    "decision",
    "code",
    "decided_at",
    "codebook_version",
]
SCORE_COLUMNS = [
    "client_id",
    "session_id",
    "measure",
    "form",
    "timing",
    "subscale",
    "score",
    "n_items",
    "n_missing",
    "scale_min",
    "scale_max",
    "key_verified",
    "key_version",
]
RUPTURE_COLUMNS = [
    "client_id",
    "measure",
    "form",
    "timing",
    "subscale",
    "criterion",
    "spread",
    "kind",
    "session_id",
    "before_session_id",
    "level_before",
    "change",
    "threshold",
    "regained_session_id",
    "sessions_to_regain",
    "parameters",
]


def session_row(s: Session, run_id: str) -> Row:
    plan = (s.session_no, s.phase, s.day, s.status, s.minutes_late)
    return (s.session_id, s.client_id, s.therapist_id, *plan, s.source.value, len(s.turns), s.duration_s, run_id)


def turn_rows(s: Session) -> list[Row]:
    return [
        (s.session_id, t.turn_no, t.speaker.value, t.start_s, t.end_s, t.text, t.n_words, t.is_backchannel, t.latency_s)
        for t in s.turns
    ]


def tag_rows(
    session_id: str, tags: Sequence[Tag], *, lexicon_version: str, model_version: str, run_id: str
) -> list[Row]:
    rows = []
    for segment_id, t in identified_tags(session_id, tags):
        place = (t.turn_no, t.char_start, t.char_end)
        said = (t.code, t.family.value, t.status.value, t.probability, t.cue)
        measures = json.dumps(dict(t.measures), sort_keys=True)
        rows.append((segment_id, session_id, *place, *said, measures, "auto", lexicon_version, model_version, run_id))
    return rows


def episode_rows(session_id: str, episodes: Sequence[Episode]) -> list[Row]:
    return [
        (episode_id, session_id, e.kind, e.first_turn, e.last_turn, e.repair_turn, e.latency_s, e.outcome.value,
         e.order_flag.value)
        for episode_id, e in identified_episodes(session_id, episodes)
    ]  # fmt: skip


def decision_rows(decisions: Iterable[Decision]) -> list[Row]:
    rows = {}
    for d in decisions:
        decided = utc(datetime.fromisoformat(d.decided_at))
        row = (d.segment_id, d.session_id, d.turn_no, d.char_start, d.char_end, d.coder, d.decision, d.code, decided,
               d.codebook_version)  # fmt: skip
        rows[_digest(*map(str, row))] = row
    return [(decision_id, *row) for decision_id, row in rows.items()]


def score_rows(scores: Iterable[object]) -> list[Row]:
    return [tuple(getattr(score, name) for name in SCORE_COLUMNS) for score in scores]


def rupture_rows(ruptures: Iterable[object]) -> list[Row]:
    return [tuple(getattr(r, name) for name in RUPTURE_COLUMNS) for r in ruptures]


def identified_tags(session_id: str, tags: Sequence[Tag]) -> list[tuple[str, Tag]]:
    """Tags with their segment ids, in the order of the session.

    An id is made from session, turn and code, not from the words marked: a decision still finds its tag after a
    codebook change that moved the mark. A second tag of the same code on a turn is numbered.
    """

    def place(t: Tag) -> tuple[Any, ...]:
        return (-1 if t.turn_no is None else t.turn_no, t.code, t.char_start or 0, t.char_end or 0)

    return _numbered(session_id, [((t.code, t.turn_no), t) for t in sorted(tags, key=place)])


def identified_episodes(session_id: str, episodes: Sequence[Episode]) -> list[tuple[str, Episode]]:
    """Episodes with their ids, made from session and first turn, in the order of the session."""
    ordered = sorted(episodes, key=lambda e: (e.first_turn, e.last_turn, e.kind))
    return _numbered(session_id, [(("episode", e.first_turn), e) for e in ordered])


def utc(moment: datetime) -> datetime:
    """Naive UTC, as DuckDB's TIMESTAMP holds it; a moment without a zone is taken as UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _numbered(session_id: str, keyed: list[tuple[tuple[Any, ...], Any]]) -> list[tuple[str, Any]]:
    seen: dict[tuple[Any, ...], int] = {}
    numbered = []
    for key, record in keyed:
        seen[key] = seen.get(key, 0) + 1
        numbered.append((_digest(session_id, *map(str, key), str(seen[key])), record))
    return numbered


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
