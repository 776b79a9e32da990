"""The field's notation for short dialogues: `T: …` and `C: …`, one turn a line, the words that matter in «…»."""

from __future__ import annotations

import re

from pipeline.session import Speaker, Turn


def dialogue(text: str) -> tuple[list[Turn], list[tuple[int, int, int]]]:
    """`T: … / C: …`, one turn a line, to turns and to the spans marked «…» as (turn_no, start, end)."""
    turns, marks = [], []
    for no, line in enumerate(filter(None, (raw.strip() for raw in text.strip().splitlines()))):
        who, _, said = line.partition(": ")
        for m in re.finditer("«([^»]*)»", said):
            before = said[: m.start()].replace("«", "").replace("»", "")
            marks.append((no, len(before), len(before) + len(m.group(1))))
        said = said.replace("«", "").replace("»", "")
        turns.append(Turn(no, {"T": Speaker.THERAPIST, "C": Speaker.CLIENT}[who], said))
    return turns, marks
