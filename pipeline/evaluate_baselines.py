"""What a lab could do without this project, to be beaten: say nothing, look for words, look for short answers.

The fourth baseline, a plain classifier on sentence embeddings, needs training: `train_baseline`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.evaluate import Verdict
from pipeline.session import Speaker, Turn

SHORT = 3  # words


def says_nothing(turns: Sequence[Turn]) -> list[Verdict]:
    """Most turns carry no code: the majority is always right about those."""
    return [{} for _ in turns]


def keywords(evidence: Sequence[Mapping[str, float]]) -> list[Verdict]:
    """Every turn on which a cue of the codebook stands, wherever it stands and whatever was asked."""
    return [{name.split(".")[1]: (1.0, True) for name in found if name.startswith("cue.")} for found in evidence]


def brevity(turns: Sequence[Turn], before: Sequence[int | None]) -> list[Verdict]:
    """Every client turn of three words or fewer that follows something the therapist said is withdrawal."""
    return [
        {"wd_minimal_response": (1 / (1 + turn.n_words), turn.n_words <= SHORT)}
        if turn.speaker is Speaker.CLIENT and answered is not None
        else {}
        for turn, answered in zip(turns, before, strict=True)
    ]
