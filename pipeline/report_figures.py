"""The figures of the run report, as SVG text: rasters of codes over turns, and alliance trajectories.

Drawn by hand because they then need no library, no font and no request, and print sharply. Families differ in shape,
place and colour (Okabe-Ito, safe for colour-blind readers); likely tags are filled, possible ones hollow. Nothing of
what was said is drawn: turn numbers, codes and scores only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Protocol

COLOURS = {"withdrawal": "#0072B2", "confrontation": "#D55E00", "repair": "#009E73", "attendance": "#5c5c5c"}
OUTCOMES = {"resolved": "#009E73", "attempted": "#C98500", "unaddressed": "#8a1c5b"}
MISSED = {"late_cancelled": "late cancelled", "cancelled": "cancelled", "no_show": "did not come"}
INK, FAINT, GRID = "#222", "#767676", "#e3e3e0"
WIDTH = 980


class Mark(Protocol):
    """One code that stands, with the turn it is on."""

    turn_no: int
    code: str
    family: str
    status: str
    by_person: bool


class Span(Protocol):
    """One episode."""

    first_turn: int
    last_turn: int
    repair_turn: int | None
    outcome: str


class Lane(Protocol):
    """One session to draw."""

    session_id: str
    session_no: int
    status: str
    n_turns: int
    marks: Sequence[Mark]
    episodes: Sequence[Span]


class Line(Protocol):
    """One score series of a client: points are (session number, score)."""

    name: str
    points: Sequence[tuple[int, float]]


# ---- rasters


def raster(sessions: Sequence[Lane], *, longest: int, name: str) -> str:
    """Sessions, one lane each, left to right by turn. `longest` (in turns) makes the rasters of a report comparable."""
    left, lane, top = 132, 34, 22
    height = top + lane * len(sessions) + 8
    scale = (WIDTH - left - 16) / max(longest, 1)
    parts = [_turn_axis(left, top, height - 6, scale, longest)]
    for row, session in enumerate(sessions):
        y = top + lane * row + lane / 2
        label = f"{session.session_no} · {session.session_id}"
        parts.append(_text(left - 10, y + 4, _short(label, 18), anchor="end", title=label))
        if not session.n_turns:
            parts.append(
                _text(left + 4, y + 4, MISSED.get(session.status, "no transcript"), fill=FAINT, style="italic")
            )
            continue
        parts.append(_line(left, y, left + session.n_turns * scale, y, FAINT))
        for e in session.episodes:
            parts.append(_episode_bar(left + e.first_turn * scale, left + (e.last_turn + 1) * scale, y - 13, 26, e))
        for m in session.marks:
            above = -7 if m.family in ("withdrawal", "confrontation") else 7
            parts.append(_mark(left + (m.turn_no + 0.5) * scale, y + above, m))
    return _svg(height, parts, f"Codes over the turns of each session: {name}")


def session_raster(session: Lane, codes: Iterable[str], labels: Mapping[str, str]) -> str:
    """One session: turns across, one row for each code that occurs in it."""
    occurring = {m.code for m in session.marks}
    rows = [code for code in codes if code in occurring]
    left, lane, top = 200, 20, 40
    height = top + lane * len(rows) + 10
    scale = (WIDTH - left - 16) / max(session.n_turns, 1)
    parts = [_turn_axis(left, top, height - 8, scale, session.n_turns)]
    for e in session.episodes:
        parts.append(
            _episode_bar(left + e.first_turn * scale, left + (e.last_turn + 1) * scale, top - 14, height - top + 8, e)
        )
    for row, code in enumerate(rows):
        y = top + lane * row + lane / 2
        parts.append(_line(left, y, WIDTH - 16, y, GRID))
        parts.append(_text(left - 10, y + 4, _short(labels.get(code, code), 30), anchor="end", title=code))
        parts.extend(_mark(left + (m.turn_no + 0.5) * scale, y, m) for m in session.marks if m.code == code)
    return _svg(height, parts, f"Turns and codes of session {session.session_id}")


def _episode_bar(x0: float, x1: float, y: float, height: float, e: Span) -> str:
    colour = OUTCOMES[e.outcome]
    repair = "" if e.repair_turn is None else f", first repair move at turn {e.repair_turn}"
    title = f"Episode, turns {e.first_turn} to {e.last_turn}: {e.outcome}{repair}"
    box = f'x="{x0:.1f}" y="{y:.1f}" width="{max(x1 - x0, 3):.1f}" height="{height:.1f}" rx="3"'
    paint = f'fill="{colour}" fill-opacity="0.13" stroke="{colour}" stroke-opacity="0.55"'
    return f"<g><title>{escape(title)}</title><rect {box} {paint}/>{outcome_sign(x1 + 6, y + 5, e.outcome)}</g>"


def outcome_sign(x: float, y: float, outcome: str) -> str:
    """Full circle: resolved. Half: attempted. Empty: unaddressed."""
    colour = OUTCOMES[outcome]
    inside = colour if outcome == "resolved" else "#fff"
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{inside}" stroke="{colour}" stroke-width="1.6"/>'
    half = f'<path d="M{x:.1f} {y - 4:.1f}a4 4 0 0 1 0 8z" fill="{colour}"/>' if outcome == "attempted" else ""
    return ring + half


def _mark(x: float, y: float, m: Mark) -> str:
    title = f"Turn {m.turn_no}: {m.code} ({'decided by a person' if m.by_person else m.status})"
    return f"<g><title>{escape(title)}</title>{family_sign(x, y, m.family, m.status == 'likely')}</g>"


def family_sign(x: float, y: float, family: str, filled: bool) -> str:
    """Triangle down: withdrawal. Diamond: confrontation. Triangle up: repair. Square: attendance."""
    colour = COLOURS[family]
    paint = f'fill="{colour if filled else "#fff"}" stroke="{colour}" stroke-width="1.5"'
    if family == "withdrawal":
        return f'<path d="M{x - 4.5:.1f} {y - 4:.1f}h9l-4.5 8z" {paint}/>'
    if family == "confrontation":
        return f'<path d="M{x:.1f} {y - 5:.1f}l4.6 5l-4.6 5l-4.6 -5z" {paint}/>'
    if family == "repair":
        return f'<path d="M{x - 4.5:.1f} {y + 4:.1f}h9l-4.5 -8z" {paint}/>'
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" {paint}/>'


def _turn_axis(left: float, top: float, bottom: float, scale: float, last: int) -> str:
    step = next((s for s in (5, 10, 20, 50, 100, 200, 500, 1000) if s * scale >= 60), 2000)
    parts = []
    for turn in range(0, last + 1, step):
        x = left + turn * scale
        parts.append(_line(x, top, x, bottom, GRID))
        parts.append(_text(x, 12, f"turn {turn}" if turn == 0 else str(turn), anchor="middle", fill=FAINT, size=11))
    return "".join(parts)


# ---- trajectories


def trajectory(sessions: Sequence[Lane], lines: Sequence[Line], *, low: float, high: float, name: str) -> str:
    """One measure of one client over sessions, with each session's episodes below and missed sessions marked."""
    left, right, top, plot = 52, 150, 14, 150
    numbers = [s.session_no for s in sessions]
    first, last = min(numbers), max(numbers)
    step = min((WIDTH - left - right) / max(last - first, 1), 90)

    def x(no: float) -> float:
        return left + 16 + (no - first) * step

    def y(score: float) -> float:
        return top + plot * (1 - (score - low) / (high - low))

    end = x(last) + 16
    parts = []
    for tick in _ticks(low, high):
        parts.append(_line(left, y(tick), end, y(tick), GRID))
        parts.append(_text(left - 8, y(tick) + 4, f"{tick:g}", anchor="end", fill=FAINT, size=11))
    for i, line in enumerate(lines):
        dash = ("", "6 4", "2 3", "9 3 2 3")[i % 4]
        path = " ".join(f"{'M' if n == 0 else 'L'}{x(no):.1f} {y(v):.1f}" for n, (no, v) in enumerate(line.points))
        parts.append(f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="1.8" stroke-dasharray="{dash}"/>')
        for no, v in line.points:
            parts.append(
                f"<g><title>{escape(line.name)}, session {no}: {v:.2f}</title>"
                f'<circle cx="{x(no):.1f}" cy="{y(v):.1f}" r="3.2" fill="{INK}"/></g>'
            )
    for line, at in zip(lines, _apart([y(line.points[-1][1]) for line in lines], 14), strict=True):
        parts.append(_text(x(line.points[-1][0]) + 12, at + 4, _short(line.name, 24), size=12))
    for s in sessions:
        parts.append(_text(x(s.session_no), top + plot + 20, str(s.session_no), anchor="middle", fill=FAINT, size=11))
        if s.status != "held":
            parts.append(
                _text(
                    x(s.session_no),
                    top + plot + 40,
                    "✕",
                    anchor="middle",
                    fill=FAINT,
                    title=MISSED.get(s.status, s.status),
                )
            )
        for n, e in enumerate(s.episodes):
            title = f"Session {s.session_no}, turns {e.first_turn} to {e.last_turn}: {e.outcome}"
            sign = outcome_sign(x(s.session_no), top + plot + 36 + 12 * n, e.outcome)
            parts.append(f"<g><title>{escape(title)}</title>{sign}</g>")
    parts.append(_text(left - 8, top + plot + 20, "session", anchor="end", fill=FAINT, size=11))
    deepest = max([1, *(len(s.episodes) for s in sessions)])
    return _svg(top + plot + 36 + 12 * deepest, parts, f"Alliance scores of client {name} over sessions")


def _apart(heights: Sequence[float], room: float) -> list[float]:
    """Heights moved down as little as keeps labels from lying on each other."""
    moved = dict.fromkeys(range(len(heights)), 0.0)
    free = float("-inf")
    for i in sorted(moved, key=lambda i: heights[i]):
        moved[i] = max(heights[i], free)
        free = moved[i] + room
    return list(moved.values())


def _ticks(low: float, high: float) -> list[float]:
    step = next(s for s in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 1e9) if (high - low) / s <= 6)
    n = int(low // step)
    return [t for i in range(n, n + 12) if low <= (t := i * step) <= high]


# ---- pieces


def _svg(height: float, parts: Iterable[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}" role="img"'
        f' aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _line(x0: float, y0: float, x1: float, y1: float, colour: str) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}"/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", fill: str = INK, size: int = 12, style: str = "normal",
    title: str | None = None,
) -> str:  # fmt: skip
    tip = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size}" font-style="{style}">'
        f"{tip}{escape(words)}</text>"
    )


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
