"""What the judge looks at: a turn's own evidence and its neighbours', its wordings, and the talk around it.

The first look is at one turn: what the engine found on it and on the turns near it, its run of words, the direction
of its meaning. The second look is at the session: what the first look said of the turns before and after, since a
rater reads up to six turns back and four ahead (codebook A5) and repair needs something to repair (A10).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.codes import Family, family_of
from pipeline.phrases import words_of
from pipeline.session import Speaker, Turn

# A code belongs to one question. Counter-moves are asked about apart: a therapist who argues and one who owns her part
# say opposite things of the turns around.
QUESTIONS: dict[str, Speaker] = {
    "withdrawal": Speaker.CLIENT,
    "confrontation": Speaker.CLIENT,
    "reengagement": Speaker.CLIENT,
    "repair_move": Speaker.THERAPIST,
    "counter_move": Speaker.THERAPIST,
}
FAMILY_OF = {
    "withdrawal": "withdrawal", "confrontation": "confrontation",
    "reengagement": "repair", "repair_move": "repair", "counter_move": "repair",
}  # fmt: skip
NEIGHBOURS = (-2, -1, 1, 2)
OF_NEIGHBOURS = (  # of the turns around, only what says what kind of move they are
    "words", "best.", "engine.", "like.", "is_backchannel", "ctx.asks", "ctx.second_person", "ctx.about_us",
    "ctx.proposal", "ctx.feeling", "ctx.open", "ctx.closed", "ctx.ownership", "ctx.sympathy", "ctx.conditional",
)  # fmt: skip
VIEWS = ("evidence", "wording")  # the first look is two: they err on different turns, and their mean on fewer
NEAR_WORDS = 25  # of the turn before (its end) and after (its start)
NOT_ASKED = -7.0  # log-odds of a question that is not asked of this speaker or turn
CLIP = (-7.0, 5.0)
FADES = (0.7, 0.93)  # per turn: the last two or three turns, and the last fifteen


def question_of(code: str) -> str | None:
    """The question a code answers; None for codes that are not judged from words (attendance)."""
    if code in {"rp_client_reengage", "rp_defensive"}:
        return "reengagement" if code == "rp_client_reengage" else "counter_move"
    questions = {Family.WITHDRAWAL: "withdrawal", Family.CONFRONTATION: "confrontation", Family.REPAIR: "repair_move"}
    family = family_of(code)
    return None if family is None else questions.get(family)


def is_asked(question: str, turn: Turn) -> bool:
    """Codebook A6: a client's back-channels are never coded. A therapist's brush-off may be as short as one."""
    if turn.speaker is not QUESTIONS[question]:
        return False
    return turn.speaker is Speaker.THERAPIST or not turn.is_backchannel


def named_evidence(evidence: Sequence[Mapping[str, float]], before: Sequence[int | None]) -> list[dict[str, float]]:
    """Per turn its own evidence by name, and that of the turns around under `-1:name`, `answers:name` ..."""
    found = []
    for i, own in enumerate(evidence):
        row = dict(own)
        for offset in NEIGHBOURS:
            j = i + offset
            if not 0 <= j < len(evidence):
                row[f"{offset:+d}:none"] = 1.0
                continue
            row |= {f"{offset:+d}:{k}": v for k, v in evidence[j].items() if k.startswith(OF_NEIGHBOURS)}
        b = before[i]
        if b is not None and b != i - 1:
            row |= {f"answers:{k}": v for k, v in evidence[b].items() if k.startswith(OF_NEIGHBOURS)}
        found.append(row)
    return found


def wordings(turns: Sequence[Turn], before: Sequence[int | None]) -> list[dict[str, tuple[int, int] | None]]:
    """Per turn its wordings, each with its first and last word in the turn (None where they are not of this turn).

    One to three words running, the first three words, the length in doublings, and single words of the turn it
    answers (`before:`) and of the next turn (`after:`). Punctuation is not looked at: speech recognition has none.
    """
    plain = [words_of(t.text).plain for t in turns]
    found = []
    for i, own in enumerate(plain):
        row: dict[str, tuple[int, int] | None] = {}
        line, last = ("<", *own, ">"), len(own) - 1
        for n in (1, 2, 3):
            for a in range(len(line) - n + 1):
                row.setdefault(" ".join(line[a : a + n]), (max(0, a - 1), min(last, a + n - 2)) if own else None)
        for a, word in enumerate(own[:3]):
            row.setdefault(f"first:{word}", (a, a))
        row[f"length:{int(math.log2(1 + len(own)))}"] = None
        b = before[i]
        if b is not None:
            row |= dict.fromkeys(f"before:{w}" for w in (*plain[b][-NEAR_WORDS:], ">"))
        if i + 1 < len(plain):
            row |= dict.fromkeys(f"after:{w}" for w in ("<", *plain[i + 1][:NEAR_WORDS]))
        found.append(row)
    return found


def wording_key(wording: str) -> int:
    """A wording as a number: a model file keeps numbers and no words of anybody."""
    return int.from_bytes(hashlib.blake2b(wording.encode(), digest_size=8).digest(), "little")


def around(rows: np.ndarray, offset: int) -> np.ndarray:
    """Rows moved so that row i holds what stands `offset` turns away; zeros beyond the session."""
    moved = np.zeros_like(rows)
    n = len(rows)
    if abs(offset) < n:
        if offset > 0:
            moved[: n - offset] = rows[offset:]
        else:
            moved[-offset:] = rows[: n + offset]
    return moved


def second_look(turns: Sequence[Turn], first: Mapping[str, np.ndarray]) -> tuple[list[str], np.ndarray]:
    """Names and values, one row a turn, of what the first look said here and around.

    `first` holds, by question, log-odds of shape (turns, 2): by evidence and meaning, and by wordings (VIEWS).
    """
    names: list[str] = []
    columns: list[np.ndarray] = []

    def add(name: str, column: np.ndarray) -> None:
        names.append(name)
        columns.append(column)

    n = len(turns)
    chance: dict[str, np.ndarray] = {}
    for question in QUESTIONS:
        asked = np.array([is_asked(question, t) for t in turns])
        for view, odds in zip(VIEWS, first[question].T, strict=True):
            add(f"{view}:{question}", np.where(asked, np.clip(odds, *CLIP), NOT_ASKED))
        mean = first[question].mean(axis=1)
        add(f"here:{question}", np.where(asked, np.clip(mean, *CLIP), NOT_ASKED))
        chance[question] = np.where(asked, 1 / (1 + np.exp(-mean)), 0.0)
    there = np.ones(n)
    for question in QUESTIONS:
        p = np.clip(chance[question], 1e-3, 1 - 1e-3)
        odds = np.log(p / (1 - p))
        for offset in (-3, -2, -1, 1, 2, 3):
            add(f"{offset:+d}:{question}", np.where(around(there, offset) > 0, around(odds, offset), NOT_ASKED))
    chance["rupture"] = np.maximum(chance["withdrawal"], chance["confrontation"])
    for question, p in chance.items():
        for fades in FADES:
            add(f"before({fades}):{question}", np.log(_fading(p, fades) + 0.05))
            add(f"after({fades}):{question}", np.log(_fading(p[::-1], fades)[::-1] + 0.05))
        add(f"session:{question}", np.log((p.sum() - p) / max(1, n - 1) + 0.02))
    return names, np.column_stack(columns)


def _fading(p: np.ndarray, fades: float) -> np.ndarray:
    """The sum of what came before each turn, fading with distance."""
    out, held = np.zeros(len(p)), 0.0
    for i, value in enumerate(p):
        out[i] = held
        held = held * fades + float(value)
    return out
