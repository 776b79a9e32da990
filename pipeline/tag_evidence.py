"""Everything that was found on a turn, by name: what a trained judge learns from and an explanation can name."""

from __future__ import annotations

import math

import numpy as np

from pipeline.tag_room import Room
from pipeline.tag_weigh import weigh


def evidence_of(room: Room, likeness: dict[str, np.ndarray], i: int) -> dict[str, float]:
    """All that was found on a turn, by name; what is absent is 0. Silences are left to the engine: not all have times."""
    turn, features, words = room.turns[i], room.features[i], room.words[i]
    since_strain, since_repair = features["since_strain"], features["since_repair"]
    found = {
        "words": math.log1p(features["words"] or 0.0),
        "pause": min(10.0, features["pause_s"] or 0.0) / 10,
        "event_only": features["event_only"] or 0.0,
        "position": features["position"] or 0.0,
        "strain": features["strain"] or 0.0,
        "since_strain": math.exp(-since_strain / 8) if since_strain is not None else 0.0,
        "since_repair": math.exp(-since_repair / 4) if since_repair is not None else 0.0,
        "is_backchannel": float(turn.is_backchannel),
        "fit": features["fit"] or 0.0,
        "length_z": max(-4.0, min(4.0, features["length_z"] or 0.0)),
        "fit_z": max(-4.0, min(4.0, features["fit_z"] or 0.0)),
    }
    found |= {f"ctx.{name}": 1.0 for name in room.lexicon.contexts if room.holds(name, i)}
    for code in room.lexicon.codes.values():
        if code.speaker is not turn.speaker:
            continue
        for cue in code.cues:
            if next(words.matches(cue.pattern), None):
                found[f"cue.{code.id}.{cue.id}"] = 1.0 if room.allows(cue, i) else 0.4
        for measure in code.measures:
            if measure.holds(features.get(measure.feature)) and room.allows(measure, i):
                found[f"measure.{code.id}.{measure.id}"] = 1.0
        if code.id in likeness:
            found[f"like.{code.id}"] = 4 * float(likeness[code.id][i])
        if (weighed := weigh(room, code, i, likeness.get(code.id))) is not None:
            found[f"engine.{code.id}"] = (weighed.logit + 6) / 3
            best = f"best.{code.family.value}"
            found[best] = max(found.get(best, 0.0), (weighed.logit + 6) / 3)
    return found
