"""Two figures of the course: the codes of one session turn by turn, and the alliance of one client over sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.figures import COLOURS, FAINT, INK, OUTCOMES, SHAPES, WIDTH, dressed, nothing_yet

Rows = Sequence[Mapping[str, Any]]
OUTCOME_SHAPES = {"resolved": "circle", "attempted": "square", "unaddressed": "cross"}


def session_raster(
    session_id: str, codes: Rows, episodes: Rows, *, n_turns: int, labels: Mapping[str, str] | None = None
) -> Any:
    """Turns across, a row for each code that occurs. `codes` are rows of final_codes, `episodes` of the table episodes."""
    import altair as alt

    order = list(COLOURS)
    marks = [
        {
            "turn": c["turn_no"], "label": (labels or {}).get(c["code"], c["code"]), "family": c["family"],
            "likely": "likely" if c["status"] == "likely" else "possible",
        }
        for c in codes
        if c["turn_no"] is not None
    ]  # fmt: skip
    rows = list(dict.fromkeys(m["label"] for m in sorted(marks, key=lambda m: (order.index(m["family"]), m["label"]))))
    heading = f"Session {session_id}: codes by turn"
    if not marks and not episodes:
        return nothing_yet(heading, "Nothing was tagged here, which is not to say that nothing happened.")
    bars = [{"from": e["first_turn"] - 0.5, "to": e["last_turn"] + 0.5, "colour": OUTCOMES[e["outcome"]], "outcome": e["outcome"],
             "middle": (e["first_turn"] + e["last_turn"]) / 2} for e in episodes]  # fmt: skip
    span = alt.Scale(domain=[-0.5, max(n_turns, 1) - 0.5], nice=False)
    shown = [f for f in order if any(m["family"] == f for m in marks)]
    x = alt.X("turn:Q", title="turn", scale=span, axis=alt.Axis(tickMinStep=1))
    y = alt.Y("label:N", sort=rows, title=None, axis=alt.Axis(grid=True, ticks=False, domain=False, labelPadding=8))
    outcome = alt.Color("colour:N", scale=None)
    family = alt.Color("family:N", title=None, scale=alt.Scale(domain=shown, range=[COLOURS[f] for f in shown]),
                       legend=alt.Legend(symbolOpacity=1))  # fmt: skip
    shape = alt.Shape("family:N", title=None, scale=alt.Scale(domain=shown, range=[SHAPES[f] for f in shown]),
                      legend=alt.Legend(symbolOpacity=1))  # fmt: skip
    point = alt.Chart(alt.Data(values=marks)).encode(x=x, y=y, shape=shape)
    likely = point.transform_filter("datum.likely == 'likely'").mark_point(filled=True, size=70, opacity=1)
    possible = point.transform_filter("datum.likely == 'possible'").mark_point(
        filled=False, size=60, strokeWidth=1.6, opacity=1
    )
    drawn = (likely.encode(color=family, shape=shape) + possible.encode(color=family, shape=shape)).properties(
        width=WIDTH, height=max(24 * len(rows), 40)
    )
    behind = (
        alt.Chart(alt.Data(values=bars)).mark_rect(fillOpacity=0.16, opacity=1)
        .encode(x=alt.X("from:Q", scale=span, title="turn"), x2="to:Q", color=outcome)
    )  # fmt: skip
    lanes = _lanes([(b["middle"] * WIDTH / max(n_turns, 1), 6.4 * len(b["outcome"]) + 8) for b in bars])
    words = (
        alt.Chart(alt.Data(values=[{**b, "lane": lane} for b, lane in zip(bars, lanes, strict=True)]))
        .mark_text(fontSize=10.5, baseline="middle", color=INK)
        .encode(x=alt.X("middle:Q", scale=span, axis=None), text="outcome:N",
                y=alt.Y("lane:Q", axis=None, scale=alt.Scale(domain=[-0.5, max(lanes, default=0) + 0.5], reverse=True)))
        .properties(width=WIDTH, height=15 * (max(lanes, default=0) + 1))
    )  # fmt: skip
    raster = alt.layer(behind, drawn).properties(width=WIDTH)
    return dressed(
        alt.vconcat(words, raster, spacing=2) if bars else raster,
        heading,
        below="Filled: likely. Hollow: possible. Shaded: episodes, with how they ended. No mark means not tagged, not that"
        "\nnothing happened.",
    )


def _lanes(words: Sequence[tuple[float, float]]) -> list[int]:
    """For words (middle, width) from left to right, the first line in which each does not touch the one before."""
    ends: list[float] = []
    found = []
    for middle, width in words:
        lane = next((i for i, end in enumerate(ends) if middle - width / 2 >= end), len(ends))
        ends[lane : lane + 1] = [middle + width / 2]
        found.append(lane)
    return found


def trajectory(client_id: str, series: Rows, chart: Rows, episodes: Rows, *, name: str) -> Any:
    """One score series of a client with the limits of their sessions before, and how the episodes below it ended.

    `series` are rows of client_trajectory, `chart` of queries/control_chart.sql, `episodes` of rupture_repair, each of
    this client and, where it has one, this series.
    """
    import altair as alt

    points = [{"no": s["session_no"], "score": s["score"]} for s in series if s["score"] is not None]
    missed = [{"no": s["session_no"]} for s in series if s["status"] != "held"]
    limits = [{"no": c["session_no"], "low": c["lower_limit"], "high": c["upper_limit"], "centre": c["centre"]}
              for c in chart if c["centre"] is not None]  # fmt: skip
    below = [{"no": c["session_no"], "score": c["score"]} for c in chart if c["below"]]
    heading = f"Client {client_id}: alliance over sessions"
    if not points:
        return nothing_yet(heading, "This series has no score yet.")
    numbers = [s["session_no"] for s in series]
    scale_min, scale_max = (next((s[k] for s in series if s[k] is not None), None) for k in ("scale_min", "scale_max"))
    ends = []
    seen: dict[int, int] = {}
    for e in sorted(episodes, key=lambda e: (e["session_no"], e["first_turn"])):
        seen[e["session_no"]] = seen.get(e["session_no"], 0) + 1
        ends.append({"no": e["session_no"], "lane": seen[e["session_no"]], "outcome": e["outcome"]})
    values = [p["score"] for p in points]
    inside = (
        values
        and scale_min is not None
        and scale_max is not None
        and scale_min <= min(values)
        and max(values) <= scale_max
    )
    low, high = (scale_min, scale_max) if inside else (min(values, default=0.0), max(values, default=1.0))
    for row in limits:  # limits outside the scale say nothing more than its end
        row["low"], row["high"] = max(row["low"], low), min(row["high"], high)

    span = alt.Scale(domain=[min(numbers) - 0.5, max(numbers) + 0.5], nice=False)
    x = alt.X("no:Q", title=None, scale=span, axis=alt.Axis(tickMinStep=1, format="d", grid=False, labels=False))
    height = alt.Scale(domain=[low, high], nice=False)
    y = alt.Y("score:Q", title=name, scale=height)
    width = min(WIDTH, 60 + 56 * (max(numbers) - min(numbers) + 1))
    line = alt.Chart(alt.Data(values=points)).encode(x=x, y=y)
    layers = [
        alt.Chart(alt.Data(values=limits)).mark_area(color="#9BB8CF", opacity=0.35, interpolate="step")
        .encode(x=x, y=alt.Y("low:Q", title=name, scale=height), y2="high:Q"),
        alt.Chart(alt.Data(values=limits)).mark_line(color="#6C8CA6", strokeDash=[4, 3], interpolate="step", strokeWidth=1.3)
        .encode(x=x, y=alt.Y("centre:Q", title=name, scale=height)),
        line.mark_line(color=INK, strokeWidth=1.8),
        line.mark_point(color=INK, filled=True, size=46, opacity=1),
        alt.Chart(alt.Data(values=below)).mark_point(color="#D55E00", size=190, strokeWidth=2.2, shape="circle")
        .encode(x=x, y=y),
    ]  # fmt: skip
    top = alt.layer(*layers).properties(width=width, height=230)
    shown = [o for o in OUTCOMES if any(e["outcome"] == o for e in ends)]
    deepest = max((e["lane"] for e in ends), default=1)
    lanes = alt.Scale(domain=[0.4, max(deepest, 2) + 0.6], reverse=True)
    xb = alt.X("no:Q", title="session", scale=span, axis=alt.Axis(tickMinStep=1, format="d", grid=False))
    dots = (
        alt.Chart(alt.Data(values=ends)).mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=xb, y=alt.Y("lane:Q", title="episodes", scale=lanes, axis=alt.Axis(labels=False, ticks=False, grid=False)),
            color=alt.Color("outcome:N", title=None, scale=alt.Scale(domain=shown, range=[OUTCOMES[o] for o in shown]),
                            legend=alt.Legend(orient="right")),
            shape=alt.Shape("outcome:N", title=None,
                            scale=alt.Scale(domain=shown, range=[OUTCOME_SHAPES[o] for o in shown])),
        )
    )  # fmt: skip
    room = width / (max(numbers) - min(numbers) + 1) > 40  # for the word; else its first letter
    gone = (
        alt.Chart(alt.Data(values=[{**m, "lane": 1} for m in missed]))
        .mark_text(text="missed" if room else "m", fontSize=10, color=FAINT)
        .encode(x=xb, y=alt.Y("lane:Q", title="episodes", scale=lanes))
    )  # fmt: skip
    bottom = alt.layer(dots, gone).properties(width=width, height=max(16 * max(deepest, 2), 40))
    return dressed(
        alt.vconcat(top, bottom, spacing=6),
        heading,
        below="Band: what the sessions before let one expect (XmR limits, from the fifth score on). Ring: below it."
        "\nBelow: one mark for each tagged episode, by how it ended."
        + ("" if room or not missed else " m: missed session."),
    )
