"""Sessions that people coded by hand: what a judge is trained on, and what the tags are measured against.

One JSON list of sessions, each `session_id`, `turns` and, where known, `asr`, `ratings` and `groups`. A turn has `turn`,
`speaker` (T or C), `text`, `start_s`, `end_s`, `codes` (`code_id`) and `contested`: the codes that only one of two
coders gave. Those count on neither side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.errors import StudyProblem
from pipeline.phrases import words_of
from pipeline.session import Source, Speaker, Turn


@dataclass(frozen=True, slots=True)
class LabelledSession:
    """Turns as they came in and, for each, the codes it carries and those in dispute.

    `impact` is the coders' mean rating of how far ruptures marked the session (1 to 5), None where nobody rated it.
    `groups` say what is usual for this client (terse, second_language, literal), so that fairness can be looked at.
    """

    session_id: str
    turns: tuple[Turn, ...] = field(repr=False)
    codes: tuple[frozenset[str], ...]
    contested: tuple[frozenset[str], ...]
    source: Source = Source.HUMAN
    impact: float | None = None
    groups: frozenset[str] = frozenset()

    @property
    def mark(self) -> str:
        """Tells whether a session was trained on, without its words: 16 hex digits of a hash over all of them.

        The same however the session is cut into turns, spelt in capitals or punctuated.
        """
        said = " ".join(word for t in self.turns for word in words_of(t.text).plain)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def labels_as_spoken(
    session: LabelledSession, spoken: Sequence[Turn], groups: Sequence[Sequence[int]]
) -> LabelledSession:
    """The session over its turns of talk (`segment_pieces`): a turn carries what any of its pieces carries."""

    def joined(labels: Sequence[frozenset[str]]) -> tuple[frozenset[str], ...]:
        return tuple(frozenset().union(*(labels[i] for i in group)) for group in groups)

    return replace(session, turns=tuple(spoken), codes=joined(session.codes), contested=joined(session.contested))


def read_labelled(file: Path) -> list[LabelledSession]:
    """Read a file of labelled sessions. Raises StudyProblem naming the file and the session, never its words."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as e:
        raise StudyProblem(f"{file.name}: no readable labelled sessions ({type(e).__name__})") from None
    found = []
    for place, session in enumerate(data if isinstance(data, list) else (), start=1):
        try:
            labelled = _session(session)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise StudyProblem(
                f"{file.name}: session {place} lacks a field or holds one of another kind; CONTRIBUTING says how a labelled session is written"
            ) from None
        if labelled.turns:
            found.append(labelled)
    if not found:
        raise StudyProblem(f"{file.name}: no labelled sessions in it")
    return found


def _session(s: dict[str, Any]) -> LabelledSession:
    who = {"C": Speaker.CLIENT, "T": Speaker.THERAPIST}
    ratings = [s["session_rating"]] if "session_rating" in s else list(s.get("ratings", {}).values())
    impact = [float(r["sess_rupture_impact"]) for r in ratings]
    return LabelledSession(
        session_id=str(s["session_id"]),
        turns=tuple(
            Turn(t["turn"], who[t["speaker"]], _words(t["text"]), t.get("start_s"), t.get("end_s")) for t in s["turns"]
        ),
        codes=tuple(frozenset(c["code_id"] for c in t.get("codes", ())) for t in s["turns"]),
        contested=tuple(frozenset(t.get("contested", ())) for t in s["turns"]),
        source=Source.ASR if s.get("asr") else Source.HUMAN,
        impact=sum(impact) / len(impact) if impact else None,
        groups=frozenset(s.get("groups", ())),
    )


def _words(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError
    return text


def with_source(file: Path) -> str:
    """How a file of labelled sessions is named in a record: its folder and name, no path of this machine."""
    return f"{file.parent.name}/{file.name}"
