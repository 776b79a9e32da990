"""Attendance codes, read from the sessions list: no words are needed."""

from __future__ import annotations

from pipeline.codes import Family, Status, Tag
from pipeline.lexicon import Lexicon

LATE_MINUTES = 5  # a start this much later than the client's own habit


def tag_attendance(
    *, lexicon: Lexicon, status: str, minutes_late: float | None, usual_minutes_late: float | None
) -> list[Tag]:
    """Session-level tags. Lateness counts against the client's own habit.

    `usual_minutes_late` is the median over the client's earlier held sessions (None where there are fewer than two).
    """
    found: list[tuple[str, float, tuple[tuple[str, float], ...]]] = []
    if status == "no_show":
        found.append(("at_no_show", 0.9, ()))
    elif status in ("late_cancelled", "cancelled"):
        found.append(("at_cancelled", 0.9 if status == "late_cancelled" else 0.4, ()))
    elif minutes_late is not None and minutes_late >= LATE_MINUTES:
        more = minutes_late - (usual_minutes_late or 0.0)
        if more >= LATE_MINUTES:
            numbers = (("minutes_late", minutes_late), ("more_than_usual", more))
            found.append(("at_late", round(min(0.9, 0.3 + 0.04 * more), 4), numbers))
    bounds = lexicon.thresholds[Family.ATTENDANCE]
    return [
        Tag(
            code,
            Family.ATTENDANCE,
            None,
            None,
            None,
            Status.LIKELY if p >= bounds.likely else Status.POSSIBLE,
            p,
            "sessions_list",
            numbers,
        )
        for code, p, numbers in found
    ]
