"""Two figures of what happens after a rupture: how long it waits for a repair move, and which code follows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import atan2, cos, degrees, pi, sin, sqrt
from typing import Any

from pipeline.figures import COLOURS, INK, KINDS, SHAPES, WIDTH, dressed, nothing_yet
from pipeline.repair_curve import median_wait, repair_curve, waits

Rows = Sequence[Mapping[str, Any]]
DASHES = {"withdrawal": [1, 0], "confrontation": [7, 3], "mixed": [2, 2]}
AT_LEAST = 5  # episodes of a kind, for a curve of its own
PIECES = 48  # of a bent line
ARROWS = 30  # more cannot be followed by eye


def repair_latency_curve(episodes: Rows) -> Any:
    """Share of episodes still without a repair move over minutes, by kind. Rows of the view `rupture_repair`.

    Episodes opened by the therapist's naming are left out: there the repair move is the beginning.
    """
    import altair as alt

    by_kind = {kind: waits(e for e in episodes if e["kind"] == kind) for kind in DASHES}
    shown = {kind: waited for kind, waited in by_kind.items() if len(waited) >= AT_LEAST}
    kinds = list(shown)
    heading = "How long does a rupture wait for a repair move?"
    if not kinds:
        return nothing_yet(heading, f"No kind has {AT_LEAST} episodes with times yet.")
    longest = max((waited[-1][0] for waited in shown.values()), default=60.0) / 60
    marks = _marks(longest)
    steps, ticks, names, risk = [], [], [], []
    for kind, waited in shown.items():
        curve = repair_curve(waited)
        for s in curve:
            step = {"minutes": s.seconds / 60, "waiting": s.waiting, "low": s.low, "high": s.high, "kind": kind}
            steps.append(step)
            if s.censored:
                ticks.append(step)
        names.append({"kind": kind, "label": f"{kind}, {len(waited)} episodes: {_half(median_wait(curve))}"})
        risk += [{"kind": kind, "minutes": m, "n": sum(t / 60 >= m for t, _ in waited)} for m in marks]

    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=kinds, range=[KINDS[k] for k in kinds]))
    dash = alt.StrokeDash("kind:N", legend=None, scale=alt.Scale(domain=kinds, range=[DASHES[k] for k in kinds]))
    span = alt.Scale(domain=[0, longest], nice=False)
    title = "still without a repair move"
    x = alt.X("minutes:Q", title="minutes since the last marker", scale=span, axis=alt.Axis(values=marks, format="~g"))
    y_axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    whole = alt.Scale(domain=[0, 1])
    base = alt.Chart(alt.Data(values=steps)).encode(x=x, color=colour)
    band = base.mark_area(interpolate="step-after", opacity=0.12).encode(
        y=alt.Y("low:Q", title=title, scale=whole, axis=y_axis), y2="high:Q"
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2.4).encode(
        y=alt.Y("waiting:Q", title=title, scale=whole, axis=y_axis), strokeDash=dash
    )
    ended = (
        alt.Chart(alt.Data(values=ticks))
        .mark_point(shape="stroke", angle=90, size=60, strokeWidth=1.4, opacity=1)
        .encode(x=x, y=alt.Y("waiting:Q", title=title, scale=whole, axis=y_axis), color=colour)
    )
    rows = alt.Y("kind:N", sort=kinds, title=None, axis=None)
    key = alt.Chart(alt.Data(values=names)).encode(y=rows, color=colour).properties(width=WIDTH, height=20 * len(kinds))
    legend = key.mark_rule(strokeWidth=2.6).encode(x=alt.value(0), x2=alt.value(44), strokeDash=dash) + key.mark_text(
        align="left", fontSize=12
    ).encode(x=alt.value(54), text="label:N", color=alt.value(INK))
    numbers = (
        alt.Chart(alt.Data(values=risk))
        .mark_text(fontSize=11)
        .encode(
            x=alt.X("minutes:Q", axis=None, scale=span),
            y=alt.Y("kind:N", sort=kinds, title=None,
                    axis=alt.Axis(ticks=False, domain=False, grid=False, offset=16, labelExpr="datum.label + ', waiting'")),
            text="n:Q", color=alt.value(INK),
        )
        .properties(width=WIDTH, height=20 * max(len(kinds), 1))
    )  # fmt: skip
    left_out = sum(e["kind"] in DASHES for e in episodes) - sum(map(len, shown.values()))
    return dressed(
        alt.vconcat(legend, (band + line + ended).properties(width=WIDTH, height=300), numbers, spacing=8),
        heading,
        below="Kaplan-Meier with 95 % limits. A stroke: the session ended, or another episode began, before a repair move came."
        f"\nEpisodes of one client are not independent: limits are too narrow. Left out: {left_out} without times or of"
        f" a kind with fewer than {AT_LEAST},\nand episodes that the therapist's naming opened.",
    )


def _half(seconds: float | None) -> str:
    if seconds is None:
        return "fewer than half met"
    return f"half met within {seconds:.0f} s" if seconds < 90 else f"half met within {seconds / 60:.1f} min"


def _marks(longest: float) -> list[float]:
    """Round minutes from 0, about six of them."""
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 1e9) if longest / s <= 7)
    return [i * step for i in range(int(longest / step) + 1)]


# ---- transitions


def transition_graph(
    transitions: Rows, families: Mapping[str, str], *, labels: Mapping[str, str] | None = None,
    at_least: int = 3, percent: float = 12.0, arrows: int = ARROWS,
) -> Any:  # fmt: skip
    """Codes on a circle, family by family, and an arrow from each to those that came next.

    `transitions` are rows of queries/code_transitions.sql; shown are arrows seen `at_least` times that are `percent`
    of what followed the code, and the codes they touch; of more than `arrows` those beyond chance and the widest.
    """
    import altair as alt

    kept = [
        t for t in transitions if t["times"] >= at_least and t["percent"] >= percent and t["from_code"] != t["to_code"]
    ]
    kept.sort(key=lambda t: (_beyond_chance(t), t["percent"], t["from_code"], t["to_code"]))
    too_many = len(kept) - arrows
    kept = kept[-arrows:]
    heading = "Which code comes next in a session?"
    if not kept:
        return nothing_yet(heading, f"No code was followed by one other code {at_least} times or more.")
    order = [f for f in COLOURS if f != "attendance"]
    codes = sorted(
        {c for t in kept for c in (t["from_code"], t["to_code"])}, key=lambda c: (order.index(families[c]), c)
    )
    place = {c: _on_circle(i, len(codes)) for i, c in enumerate(codes)}
    seen = {c: sum(t["times"] for t in transitions if t["from_code"] == c) for c in codes}
    most = max((t["percent"] for t in kept), default=1.0)
    paths, heads = [], []
    for n, t in enumerate(kept):  # dark ones last, on top
        a, b = place[t["from_code"]], place[t["to_code"]]
        curve = _curve(a, b, _radius(seen[t["to_code"]], seen) + 0.035)
        width = 0.8 + 5.2 * t["percent"] / most
        more = _beyond_chance(t)
        for i, (along, up) in enumerate(curve):
            paths.append({"x": along, "y": up, "i": i, "edge": n, "width": width, "more": more})
        (x0, y0), (x1, y1) = curve[-2], curve[-1]
        heads.append(
            {"x": x1, "y": y1, "angle": 90 - degrees(atan2(y1 - y0, x1 - x0)), "size": 30 + 26 * width, "more": more}
        )
    nodes = []
    for c in codes:
        across, up = place[c]
        away = 1 + _radius(seen[c], seen) + 0.06
        name = (labels or {}).get(c, c)
        nodes.append({"x": across, "y": up, "lx": across * away, "ly": up * away, "name": f"{name} ({seen[c]})",
                      "family": families[c], "n": seen[c], "right": across >= 0})  # fmt: skip
    scale = alt.Scale(domain=[-1.15, 1.15])
    x, y = alt.X("x:Q", axis=None, scale=scale), alt.Y("y:Q", axis=None, scale=scale)
    stroke = alt.condition("datum.more", alt.value(INK), alt.value("#BDBDB8"))
    bent = (
        alt.Chart(alt.Data(values=paths))
        .mark_line(strokeCap="butt", opacity=0.85)
        .encode(
            x=x, y=y, order="i:Q", detail="edge:N", color=stroke, strokeWidth=alt.StrokeWidth("width:Q", scale=None)
        )
    )
    tips = (
        alt.Chart(alt.Data(values=heads))
        .mark_point(shape="triangle-up", filled=True, opacity=1)
        .encode(x=x, y=y, angle=alt.Angle("angle:Q", scale=None), size=alt.Size("size:Q", scale=None), color=stroke)
    )
    shown = [f for f in order if f in set(families[c] for c in codes)]
    dots = (
        alt.Chart(alt.Data(values=nodes))
        .mark_point(filled=True, opacity=1, stroke="white", strokeWidth=1.5)
        .encode(
            x=x, y=y,
            size=alt.Size("n:Q", scale=alt.Scale(domain=[0, max(seen.values(), default=1)], range=[80, 900]), legend=None),
            color=alt.Color("family:N", title=None, scale=alt.Scale(domain=shown, range=[COLOURS[f] for f in shown]),
                            legend=alt.Legend(orient="top")),
            shape=alt.Shape("family:N", title=None, scale=alt.Scale(domain=shown, range=[SHAPES[f] for f in shown])),
        )
    )  # fmt: skip
    names = [
        alt.Chart(alt.Data(values=[n for n in nodes if n["right"] is right]))
        .mark_text(align="left" if right else "right", fontSize=11.5, color=INK)
        .encode(x=alt.X("lx:Q", axis=None, scale=scale), y=alt.Y("ly:Q", axis=None, scale=scale), text="name:N")
        for right in (True, False)
    ]
    return dressed(
        alt.layer(bent, tips, dots, *names).properties(width=560, height=560),
        heading,
        below=f"Arrow width: share of what followed the code (at least {percent:g} %, seen {at_least} times or more)."
        + (f" {too_many} weaker ones are left out." if too_many > 0 else "")
        + "\nDark arrows: more often than by chance (adjusted residual 2 or more, 5 or more expected; of many arrows a few"
        "\nare dark by luck). In brackets: how often the code was followed by another. What follows itself is not drawn.",
    )


def _beyond_chance(t: Mapping[str, Any]) -> bool:
    return (t["z"] or 0) >= 2 and t["expected"] >= 5


def _on_circle(i: int, n: int) -> tuple[float, float]:
    angle = pi / 2 - 2 * pi * (i + 0.5) / max(n, 1)
    return cos(angle), sin(angle)


def _radius(n: int, seen: Mapping[str, int]) -> float:
    """Of a node, in units of the plot: area by count, as drawn."""
    return 0.022 + 0.05 * sqrt(n / max(max(seen.values(), default=1), 1))


def _curve(a: tuple[float, float], b: tuple[float, float], stop: float) -> list[tuple[float, float]]:
    """A bent line from a to short of b: bent to the left, so that there and back do not lie on each other."""
    mx, my = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    dx, dy = b[0] - a[0], b[1] - a[1]
    cx, cy = mx * 0.55 - dy * 0.12, my * 0.55 + dx * 0.12
    points = []
    for i in range(PIECES + 1):
        t = i / PIECES
        x = (1 - t) ** 2 * a[0] + 2 * t * (1 - t) * cx + t * t * b[0]
        y = (1 - t) ** 2 * a[1] + 2 * t * (1 - t) * cy + t * t * b[1]
        if sqrt((x - b[0]) ** 2 + (y - b[1]) ** 2) < stop:
            break
        points.append((x, y))
    return points if len(points) > 1 else [a, (cx, cy)]
