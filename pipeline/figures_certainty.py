"""Two figures of how sure the tags are: calibration of their probabilities, and agreement for each code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.certainty import Bin, calibration_error
from pipeline.figures import FAINT, INK, WIDTH, dressed, nothing_yet


def calibration_curve(bins: Sequence[Bin]) -> Any:
    """Share of tags that people accepted against the probability the program gave. Bins of `certainty.calibration`."""
    import altair as alt

    heading = "Do probabilities mean what they say?"
    if not bins:
        return nothing_yet(heading, "Nobody has decided on an auto-tag yet.")
    values = [{"p": b.probability, "share": b.accepted, "low": b.low, "high": b.high, "n": b.n} for b in bins]
    whole = alt.Scale(domain=[0, 1], nice=False)
    percent = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    x = alt.X("p:Q", title="probability given by the program", scale=whole, axis=percent)
    title = "share accepted by people"
    base = alt.Chart(alt.Data(values=values)).encode(x=x)
    ideal = (
        alt.Chart(alt.Data(values=[{"p": 0, "share": 0}, {"p": 1, "share": 1}]))
        .mark_line(strokeDash=[5, 4], color=FAINT, strokeWidth=1.3)
        .encode(x=x, y=alt.Y("share:Q", title=title, scale=whole, axis=percent))
    )
    words = (
        alt.Chart(alt.Data(values=[{"p": 0.1, "share": 0.1}]))
        .mark_text(text="perfectly calibrated", angle=315, dy=-9, dx=34, fontSize=11, color=FAINT)
        .encode(x=x, y=alt.Y("share:Q", title=title, scale=whole))
    )
    limits = base.mark_rule(strokeWidth=1.6, color="#0072B2").encode(
        y=alt.Y("low:Q", title=title, scale=whole, axis=percent), y2="high:Q"
    )
    line = base.mark_line(color="#0072B2", strokeWidth=1.8).encode(y=alt.Y("share:Q", title=title, scale=whole))
    dots = base.mark_point(filled=True, color="#0072B2", opacity=1, size=80).encode(
        y=alt.Y("share:Q", title=title, scale=whole)
    )
    below = {"y": alt.Y("low:Q", title=title, scale=whole), "text": "label:N"}
    label = base.transform_calculate(label="'n = ' + datum.n")
    halo = label.mark_text(dy=11, fontSize=11, stroke="white", strokeWidth=4, opacity=1).encode(**below)
    sizes = halo + label.mark_text(dy=11, fontSize=11, color=INK).encode(**below)
    n = sum(b.n for b in bins)
    return dressed(
        (ideal + words + limits + line + dots + sizes).properties(width=400, height=400),
        heading,
        below=f"{n:,} decisions of people on auto-tags, in bins of equal size, 95 % limits (Wilson)."
        f"\nMean distance from the line: {100 * calibration_error(bins):.0f} percentage points.",
    )


def agreement_forest(rows: Sequence[Mapping[str, Any]], *, labels: Mapping[str, str] | None = None) -> Any:
    """Agreement of two coders code by code with limits. Rows of queries/agreement_per_code.sql."""
    import altair as alt

    title = "How far do coders agree on each code?"
    if not rows:
        return nothing_yet(title, "No segment was decided on by two coders yet.")
    values = [
        {
            "label": (labels or {}).get(r["code"], r["code"]), "percent": r["percent"], "low": r["low"], "high": r["high"],
            "positive": None if r["positive_agreement"] is None else 100 * r["positive_agreement"],
            "n": r["pairs"], "pi": "" if r["scotts_pi"] is None else f"{r['scotts_pi']:.2f}",
        }
        for r in rows
    ]  # fmt: skip
    order = [v["label"] for v in sorted(values, key=lambda v: -v["percent"])]
    height = max(26 * len(values), 40)
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, grid=True, labelPadding=8))
    x = alt.X("percent:Q", title="agreement, percent", scale=alt.Scale(domain=[0, 100], nice=False))
    base = alt.Chart(alt.Data(values=values)).encode(y=y)
    limits = base.mark_rule(strokeWidth=1.8, color="#0072B2").encode(
        x=alt.X("low:Q", title="agreement, percent"), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=90, opacity=1, color="#0072B2").encode(x=x)
    positive = base.mark_point(
        shape="diamond", size=80, strokeWidth=1.8, filled=False, opacity=1, color="#D55E00"
    ).encode(x=alt.X("positive:Q", title="agreement, percent"))
    column = base.encode(y=alt.Y("label:N", sort=order, axis=None)).properties(width=52, height=height)
    head = {"fontSize": 11, "fontWeight": "normal", "color": FAINT, "anchor": "middle"}
    counts = column.mark_text(fontSize=11).encode(text="n:Q").properties(title={"text": "pairs", **head})
    chance = column.mark_text(fontSize=11).encode(text="pi:N").properties(title={"text": "Scott's π", **head})
    plot = (limits + dots + positive).properties(width=WIDTH - 220, height=height)
    return dressed(
        alt.hconcat(plot, counts, chance, spacing=6),
        title,
        below="Dot and line: percent agreement with 95 % limits (Wilson). Diamond: agreement on the code being there."
        "\nOnly segments that somebody marked could be decided on.",
    )
