"""ELAN annotation files (.eaf): each speaker has a tier, and tiers may overlap in time."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable, Utterance, tidy


def read_eaf(path: Path) -> list[Utterance]:
    """Read the tiers that stand on their own, in the order of time; call `check_xml` on the bytes first.

    A tier's speaker is its PARTICIPANT, else its name. Tiers that hang on another (translations, codes) are no speech.
    Raises Unreadable: MALFORMED; whatever else pympi raises on a damaged file passes through.
    """
    from pympi.Elan import Eaf

    document = Eaf(os.path.abspath(path), suppress_version_warning=True)
    spoken: list[Utterance] = []
    for name, (aligned, _, attributes, _) in document.tiers.items():
        if attributes.get("PARENT_REF"):
            continue
        speaker = attributes.get("PARTICIPANT", "").strip() or name
        for start_slot, end_slot, words, _ in aligned.values():
            start, end = document.timeslots[start_slot], document.timeslots[end_slot]
            spoken.append(Utterance(speaker, tidy(words or ""), _seconds(start), _seconds(end)))
    if any(piece.start_s is None for piece in spoken if piece.text):
        raise Unreadable(
            Reason.MALFORMED, "some annotations have no time, so their order is unknown: align them in ELAN"
        )
    return sorted((piece for piece in spoken if piece.text), key=lambda piece: piece.start_s or 0.0)


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
