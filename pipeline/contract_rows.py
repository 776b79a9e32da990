"""What the data contracts look at: rows of numbers, roles and codes made from records, never words.

Great Expectations keeps the cells it finds wrong in its results, so no text may enter it. What has to be known of a
text (its length, whether a pseudonym is damaged) is counted here. Each function makes the rows of one suite in
data_contracts/expectations/; `row` is what a failed expectation names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pipeline.codes import RUPTURE, Decision, Episode, Family, Tag
from pipeline.session import Session, Speaker, Turn

Row = dict[str, Any]

PSEUDONYM = re.compile(r"\[[A-Z][A-Z_]*_\d+\]")
# a pseudonym cut through, one inside another, and letters next to one: half of a replaced word ("[NAME_1]son") is half
# of a name. A plural or possessive s is no half.
CUT_PSEUDONYM = re.compile(r"[A-Z]{2,}_\d+\]|\[[A-Z]+_")
TOUCHED_PSEUDONYM = re.compile(
    r"\[\[[A-Z][A-Z_]*_\d+\]|[^\W\d_]{2,}\[[A-Z][A-Z_]*_\d+\]|\[[A-Z][A-Z_]*_\d+\][^\W\d_]{2,}"
)
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class AdmittedTurn(NamedTuple):
    """What may be looked at of a turn as it came in. `role` is None where the speaker label has none."""

    turn_no: int
    role: str | None
    n_chars: int
    start_s: float | None
    end_s: float | None


class CodeRule(Protocol):
    """What the lexicon says of a code (`pipeline.lexicon.Code`). Speaker None: the code belongs to the session."""

    @property
    def family(self) -> Family: ...

    @property
    def speaker(self) -> Speaker | None: ...


Codes = Mapping[str, CodeRule]


def admitted_session(planned: Mapping[str, Any], n_turns: int) -> list[Row]:
    """`planned`: session_id, client_id, therapist_id, session_no, status, transcript_source, minutes_late, day."""
    names = "client_id therapist_id session_no status transcript_source minutes_late day"
    return [_session(planned["session_id"], {name: planned.get(name) for name in names.split()}, n_turns)]


def admitted_turns(turns: Iterable[AdmittedTurn]) -> list[Row]:
    facts = [(t.turn_no, t.role, t.n_chars, t.start_s, t.end_s) for t in turns]
    return _turns(facts)


def session_row(s: Session) -> list[Row]:
    said = {
        "client_id": s.client_id,
        "therapist_id": s.therapist_id,
        "session_no": s.session_no,
        "status": s.status,
        "transcript_source": s.source.value,
        "minutes_late": s.minutes_late,
        "day": s.day,
        "phase": s.phase,
        "duration_s": s.duration_s,
    }
    return [_session(s.session_id, said, len(s.turns))]


def turn_rows(s: Session) -> list[Row]:
    rows = _turns([(t.turn_no, t.speaker.value, len(t.text), t.start_s, t.end_s) for t in s.turns])
    before: Turn | None = None
    for row, turn in zip(rows, s.turns, strict=True):
        row["n_unwritable"] = len(UNWRITABLE.findall(turn.text))
        row["n_damaged_pseudonyms"] = damaged_pseudonyms(turn.text)
        row["latency_error_s"] = _latency_error(before, turn)
        before = turn
    return rows


def damaged_pseudonyms(text: str) -> int:
    """How many pseudonyms of a text are cut, nested or stuck to letters."""
    return len(TOUCHED_PSEUDONYM.findall(text)) + len(CUT_PSEUDONYM.findall(PSEUDONYM.sub("", text)))


def tag_rows(s: Session, tags: Sequence[Tag], codes: Codes) -> list[Row]:
    turns = {t.turn_no: t for t in s.turns}
    rows = []
    for tag in tags:
        turn = turns.get(tag.turn_no) if tag.turn_no is not None else None
        at_session = tag.turn_no is None
        rule = codes.get(tag.code)
        words = "" if turn is None else turn.text[tag.char_start : tag.char_end]
        rows.append(
            {
                "row": f"{'session' if at_session else f'turn {tag.turn_no}'} {tag.code}",
                "code_is_known": rule is not None,
                "family_is_the_codes": rule is None or rule.family == tag.family,
                "turn_exists": at_session or turn is not None,
                "speaker_is_the_codes": rule is None or turn is None or rule.speaker in (None, turn.speaker),
                "turn_chars": None if turn is None else len(turn.text),
                "char_end": None if turn is None else tag.char_end,
                "evidence_has_words": at_session or any(c.isalnum() for c in words),
                "on_backchannel": turn is not None and turn.is_backchannel and tag.family in RUPTURE,
                "probability": tag.probability,
                "status": str(tag.status),
                "n_measures_not_finite": sum(not math.isfinite(value) for _, value in tag.measures),
            }
        )
    return rows


def episode_rows(s: Session, tags: Sequence[Tag], episodes: Sequence[Episode]) -> list[Row]:
    numbers = {t.turn_no for t in s.turns}
    timed = any(t.start_s is not None for t in s.turns)
    coded = {t.turn_no for t in tags}
    repairs = {t.turn_no for t in tags if t.family is Family.REPAIR}
    rows: list[Row] = []
    last_turn: int | None = None
    for e in sorted(episodes, key=lambda e: (e.first_turn, e.last_turn)):
        ends = {e.first_turn, e.last_turn} | ({e.repair_turn} if e.repair_turn is not None else set())
        rows.append(
            {
                "row": f"episode at turn {e.first_turn}",
                "kind": e.kind,
                "first_turn": e.first_turn,
                "repair_turn": e.repair_turn,
                "previous_last_turn": last_turn,
                "within_session": ends <= numbers,
                "opens_on_a_code": e.first_turn in coded,
                "repair_is_coded": e.repair_turn is None or e.repair_turn in repairs,
                "latency_fits": e.latency_s is None or (e.repair_turn is not None and timed),
            }
        )
        last_turn = e.last_turn
    return rows


def score_rows(scores: Iterable[Any], client_of: Mapping[str, str]) -> list[Row]:
    """`scores` are `pipeline.alliance.Score`; `client_of` says which client each session of the study belongs to."""
    rows = []
    for s in scores:
        items = s.n_items or 1
        low, high = s.scale_min, s.scale_max
        rows.append(
            {
                "row": " ".join((s.client_id, s.session_id, s.measure, s.form, s.timing, s.subscale)),
                "session_is_the_clients": client_of.get(s.session_id) == s.client_id,
                "form": s.form,
                "timing": s.timing,
                "score": s.score,
                "lowest": None if low is None else min(low, low * items),  # a mean or a sum of items
                "highest": None if high is None else max(high, high * items),
                "enough_answered": s.score is None or s.n_items is None or s.n_missing <= 0.25 * s.n_items,
                "key_version": s.key_version or None,
            }
        )
    return rows


def rupture_rows(
    ruptures: Iterable[Any], scores: Iterable[Any], client_of: Mapping[str, str], session_no: Mapping[str, int]
) -> list[Row]:
    """`ruptures` are `pipeline.alliance_ruptures.ScoreRupture`, found in `scores`."""
    given = {(s.client_id, s.session_id, s.measure, s.form, s.timing, s.subscale): s.score for s in scores}
    rows = []
    for r in ruptures:
        series = (r.measure, r.form, r.timing, r.subscale)
        sessions = [r.before_session_id, r.session_id, *([r.regained_session_id] if r.regained_session_id else [])]
        numbers = [session_no.get(s, -1) for s in sessions]
        score = given.get((r.client_id, r.session_id, *series))
        rows.append(
            {
                "row": " ".join((r.client_id, r.session_id, *series, r.criterion, r.spread)),
                "criterion": re.sub(r"^gumz_[0-9]+$", "gumz", r.criterion),
                "kind_fits": (r.kind == "indirect_gain") == (r.criterion == "sudden_gain") == (r.change > 0),
                "sessions_are_the_clients": all(client_of.get(s) == r.client_id for s in sessions),
                "order_fits": numbers == sorted(numbers)  # two sessions of a day may share a number
                and r.sessions_to_regain == (numbers[2] - numbers[1] if r.regained_session_id else None),
                "score_fits": score is not None and math.isclose(score, r.level_before + r.change, abs_tol=1e-9),
                "size": abs(r.change) + 1e-9,  # a change of exactly the threshold counts, whatever the last bit says
                "threshold": r.threshold,
            }
        )
    return rows


def decision_rows(decisions: Iterable[Decision], codes: Codes, sessions: Iterable[str]) -> list[Row]:
    known = set(sessions)
    rows = []
    for d in decisions:
        start, end = d.char_start, d.char_end
        placed = d.turn_no is not None and start is not None and end is not None and start < end
        rows.append(
            {
                "row": f"{d.segment_id} {d.decision} {d.decided_at} {d.coder}",
                "coder": d.coder or None,
                "decision": d.decision,
                "code_fits": d.code in codes if d.decision in ("relabel", "add") else d.code is None or d.code in codes,
                "place_fits": placed or d.decision not in ("move", "add"),
                "session_is_known": d.session_id in known,
            }
        )
    return rows


def run_row(run: Mapping[str, Any]) -> list[Row]:
    """`run`: a row of the table `runs`; `counts` as a mapping or JSON text with the numbers of sessions."""
    counts = json.loads(run["counts"]) if isinstance(run["counts"], str) else run["counts"]
    out = sum(counts.get(name, 0) for name in ("written", "unchanged", "refused", "quarantined"))
    return [
        {
            "row": run["run_id"],
            "code_version": run["code_version"] or None,
            "lexicon_hash": run["lexicon_hash"] or None,
            "settings_hash": run["settings_hash"] or None,
            "duration_s": (run["finished"] - run["started"]).total_seconds(),
            "n_unaccounted": counts["sessions"] - out,
        }
    ]


def _session(session_id: str, said: Row, n_turns: int) -> Row:
    fits = n_turns > 0 if said["status"] == "held" else n_turns == 0
    blank_is_none = {name: (value or None) if isinstance(value, str) else value for name, value in said.items()}
    return {"row": session_id, **blank_is_none, "turns_fit_status": fits}


def _turns(facts: Sequence[tuple[int, str | None, int, float | None, float | None]]) -> list[Row]:
    rows = []
    latest: float | None = None
    for position, (turn_no, speaker, n_chars, start, end) in enumerate(facts):
        back = None if start is None or latest is None else latest - start
        rows.append(
            {
                "row": f"turn {turn_no}",
                "turn_no": turn_no,
                "position": position,
                "speaker": speaker,
                "n_chars": n_chars,
                "start_s": start,
                "end_s": end,
                "steps_back_s": back,
            }
        )
        if start is not None:
            latest = start if latest is None else max(latest, start)
    return rows


def _latency_error(before: Turn | None, turn: Turn) -> float | None:
    """None where no latency is given: it is measured after de-identification, and not at all without times."""
    if turn.latency_s is None:
        return None
    if before is None or before.end_s is None or turn.start_s is None:
        return math.inf  # a latency out of nothing
    return turn.latency_s - (turn.start_s - before.end_s)
