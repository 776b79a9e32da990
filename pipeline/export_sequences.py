"""Sequences of codes for GSEQ and programs that read its SDIS format (Bakeman & Quera 2011, Sequential Analysis).

Two files: `events.sds`, codes in the order they came, and `timed.sds`, codes with the start and end of their turn in
seconds, for the sessions that have times. A session is a sequence, a `/` ends it. SDIS codes have at most 16
characters; longer ones are cut, kept apart by a number, and listed in the comment on top. Nothing that was said is in
either file, so there is only one variant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

Rows = Callable[[str], list[dict[str, Any]]]
LONGEST_CODE = 16
CODED = (
    "SELECT c.session_id, s.client_id, s.session_no, c.code, t.start_s, t.end_s FROM final_codes AS c"
    " JOIN sessions AS s ON s.session_id = c.session_id"
    " JOIN turns AS t ON t.session_id = c.session_id AND t.turn_no = c.turn_no"
    " ORDER BY s.client_id, s.session_no, c.session_id, c.turn_no, c.char_start, c.code"
)


def sequences(rows: Rows) -> dict[str, str]:
    """File name → content."""
    coded = rows(CODED)
    names = short_names(sorted({r["code"] for r in coded}))
    timed = [r for r in coded if r["start_s"] is not None and r["end_s"] is not None]
    return {
        "events.sds": _file("Event", coded, names, lambda r: names[r["code"]]),
        "timed.sds": _file("Timed", timed, names, lambda r: f"{names[r['code']]},{_s(r['start_s'])}-{_s(_after(r))}"),
    }


def short_names(codes: Sequence[str]) -> dict[str, str]:
    """Codes of at most 16 letters, digits and underscores, no two alike."""
    names: dict[str, str] = {}
    for code in codes:
        plain = re.sub(r"\W", "_", code)[:LONGEST_CODE]
        n = 2
        while plain in names.values():
            plain = f"{plain[: LONGEST_CODE - len(str(n))]}{n}"
            n += 1
        names[code] = plain
    return names


def _file(kind: str, coded: Sequence[dict[str, Any]], names: dict[str, str], event: Callable[[Any], str]) -> str:
    used = sorted({r["code"] for r in coded})
    lines = ["% Codes of alliance ruptures and repairs; candidates for review, no 3RS scores. %"]
    lines += [f"% {names[c]} is {c} %" for c in used if names[c] != c]
    lines.append(f"{kind} {' '.join(names[c] for c in used)};" if used else f"{kind};")
    sessions: dict[str, list[str]] = {}
    for r in coded:
        sessions.setdefault(r["session_id"], []).append(event(r))
    lines += [f"<{session_id}> {' '.join(events)} /" for session_id, events in sessions.items()]
    return "\n".join(lines) + "\n"


def _s(seconds: float) -> str:
    return f"{seconds:.2f}"


def _after(r: dict[str, Any]) -> float:
    """GSEQ wants a duration: a turn without one lasts a hundredth of a second."""
    return max(r["end_s"], r["start_s"] + 0.01)
