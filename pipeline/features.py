"""What can be measured on a turn, against the same client's other turns (never against other clients).

`measure_session` gives one dict a turn; a value is None where it cannot be measured (no times, too few answers).
Lexicon measures name these features; FEATURES says what each is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from pipeline.phrases import words_of
from pipeline.session import Speaker, Turn

FEATURES = {
    "words": "spoken words of the turn",
    "length_z": "robust z of log words among this client's answers in this session (median and MAD)",
    "latency_s": "seconds of silence before the turn",
    "latency_z": "robust z of that silence among this client's turns",
    "pause_s": "seconds of silence written at the start of the turn, as in [pause 6s]",
    "fit": "cosine of the turn with the turn it answers",
    "fit_z": "robust z of the fit among this client's turns of more than three words",
    "event_only": "1 where the turn is nothing but a transcribed event, as [silence]",
    "position": "where in the session the turn stands, 0 start to 1 end",
    "strain": "highest rupture probability in the 40 turns before, fading with distance (set while tagging)",
    "since_strain": "turns since the last rupture tag (set while tagging)",
    "since_repair": "turns since the last repair move (set while tagging)",
}

FEW_ANSWERS = 8  # under this many answers the client's own baseline is not known; see corpus values below
CORPUS_LOG_WORDS = (math.log(11), 1.0)  # median and MAD of log words of client answers in counselling talk
MIN_MAD = 0.35


def measure_session(
    turns: Sequence[Turn], before: Sequence[int | None], vectors: np.ndarray
) -> list[dict[str, float | None]]:
    """One dict of features a turn. `before` names the turn it answers, `vectors` are unit embeddings, one row a turn."""
    words = [words_of(t.text) for t in turns]
    n_words = [len(w.spoken) for w in words]
    clients = [i for i, t in enumerate(turns) if t.speaker is Speaker.CLIENT and not t.is_backchannel]
    fit = [float(vectors[i] @ vectors[j]) if j is not None else None for i, j in enumerate(before)]

    length = _baseline([math.log(1 + n_words[i]) for i in clients], CORPUS_LOG_WORDS)
    silence = _baseline([t.latency_s for i in clients if (t := turns[i]).latency_s is not None], None)
    usual_fit = _baseline([f for i in clients if n_words[i] > 3 and (f := fit[i]) is not None], None)

    measured = []
    for i, turn in enumerate(turns):
        own = turn.speaker is Speaker.CLIENT
        f = fit[i]
        measured.append(
            {
                "words": float(n_words[i]),
                "length_z": _z(math.log(1 + n_words[i]), length) if own else None,
                "latency_s": turn.latency_s,
                "latency_z": _z(turn.latency_s, silence) if own else None,
                "pause_s": _written_pause(turn.text),
                "fit": f,
                "fit_z": _z(f, usual_fit) if own and n_words[i] > 3 else None,
                "event_only": float(bool(words[i].plain) and not words[i].spoken),
                "position": i / max(1, len(turns) - 1),
            }
        )
    return measured


def _baseline(values: list[float], otherwise: tuple[float, float] | None) -> tuple[float, float] | None:
    if len(values) < FEW_ANSWERS:
        return otherwise
    middle = median(values)
    return middle, max(MIN_MAD, 1.4826 * median(abs(v - middle) for v in values))


def _z(value: float | None, baseline: tuple[float, float] | None) -> float | None:
    if value is None or baseline is None:
        return None
    return (value - baseline[0]) / baseline[1]


def _written_pause(text: str) -> float:
    """Seconds of a pause or silence written in square brackets at the start of a turn; 3 where no number stands."""
    head = words_of(text).plain[:1]
    if not head or head[0] not in {"[pause]", "[silence]", "[long]"}:
        return 0.0
    inside = text[: text.index("]")]
    digits = "".join(c if c.isdigit() else " " for c in inside).split()
    return float(digits[0]) if digits else 3.0
