"""Whisper and WhisperX JSON: segments with words, mostly times, and with speakers after diarisation."""

from __future__ import annotations

import json
from typing import Any

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable, Utterance, tidy


def read_whisper(text: str) -> list[Utterance]:
    """Read {"segments": [{"start", "end", "text", "speaker"}]} or the list of segments alone; times may be missing.

    Raises Unreadable: MALFORMED, EMPTY, UNKNOWN_SPEAKER (Whisper itself names no speakers: diarise first).
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # JSONDecodeError carries the whole document
        document = None
    segments = document.get("segments") if isinstance(document, dict) else document
    if not isinstance(segments, list) or not all(isinstance(segment, dict) for segment in segments):
        raise Unreadable(Reason.MALFORMED, "no Whisper JSON with a list of segments, or cut short: export it again")
    said = [(place, segment) for place, segment in enumerate(segments, start=1) if _words(segment, place)]
    if not said:
        raise Unreadable(Reason.EMPTY, "no segment holds words: check the recording")
    nameless = sum(not _speaker(segment) for _, segment in said)
    if nameless:
        raise Unreadable(
            Reason.UNKNOWN_SPEAKER,
            f"{nameless} of {len(said)} segments have no speaker: diarise the recording (whisperx --diarize, with "
            "fill_nearest for gaps), or name the speakers by hand",
        )
    return [
        Utterance(
            _speaker(segment), _words(segment, place), _time(segment, "start", place), _time(segment, "end", place)
        )
        for place, segment in said
    ]


def _words(segment: dict[str, Any], place: int) -> str:
    words = segment.get("text")
    if not isinstance(words, str):
        raise Unreadable(Reason.MALFORMED, f"segment {place} has no text: export the file again")
    return tidy(words)


def _speaker(segment: dict[str, Any]) -> str:
    speaker = segment.get("speaker")
    if isinstance(speaker, int) and not isinstance(speaker, bool):
        return str(speaker)
    return speaker.strip() if isinstance(speaker, str) else ""


def _time(segment: dict[str, Any], key: str, place: int) -> float | None:
    value = segment.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        raise Unreadable(Reason.MALFORMED, f"segment {place} has a {key} that is no number of seconds: correct it")
    return float(value)
