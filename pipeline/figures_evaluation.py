"""Two figures of how good the tags are: systems side by side with limits, and what a probability is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.figures import COLOURS, FAINT, INK, dressed

RUPTURE = "#222222"


def systems_forest(families: Mapping[str, Mapping[str, Any]], pair: Mapping[str, Any], *, ours: Sequence[str]) -> Any:
    """F1 by family and system with 95 % limits; the two coders' agreement as the mark to reach.

    `families` holds by system and family the figures of `evaluate.figures`; `ours` names the systems of this program.
    """
    import altair as alt

    values = [
        {
            "system": system,
            "family": family,
            "f1": f["f1"][0],
            "low": f["f1"][1],
            "high": f["f1"][2],
            "ours": system in ours,
        }
        for system, by_family in families.items()
        for family, f in by_family.items()
        if f["f1"]
    ]
    coders = [
        {"system": "the two coders", "family": family, "f1": a[0], "low": a[1], "high": a[2], "ours": False}
        for family in next(iter(families.values()))
        if (a := pair[family]["positive_agreement"])
    ]
    order = ["the two coders", *families]
    y = alt.Y("system:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, grid=True, labelPadding=8))
    x = alt.X(
        "f1:Q", title="F1", scale=alt.Scale(domain=[0, 1], nice=False), axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1])
    )
    base = alt.Chart(alt.Data(values=coders + values)).encode(y=y)
    colour = alt.condition("datum.ours", alt.value(COLOURS["withdrawal"]), alt.value(FAINT))
    limits = base.mark_rule(strokeWidth=1.8).encode(x=alt.X("low:Q", title="F1"), x2="high:Q", color=colour)
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=x,
        color=colour,
        shape=alt.condition("datum.system == 'the two coders'", alt.value("diamond"), alt.value("circle")),
    )
    told = base.mark_text(fontSize=10, dy=-9, color=INK).encode(x=x, text=alt.Text("f1:Q", format=".2f"))
    chart = (
        alt.layer(limits, dots, told)
        .properties(width=150, height=27 * len(order))
        .facet(
            column=alt.Column(
                "family:N",
                sort=list(next(iter(families.values()))),
                title=None,
                header=alt.Header(labelFontSize=12, labelAnchor="start"),
            ),
            spacing=18,
        )
    )
    return dressed(
        chart,
        "How near do the tags come to what two coders agree on?",
        below="F1 by turn with 95 % limits (sessions drawn anew 1,000 times). Blue: this program. Diamond: the two coders with each other.",
    )


def reliability(calibration: Mapping[str, Mapping[str, Any]]) -> Any:
    """Share of turns that are coded against the probability given, by family; dots as large as their bin."""
    import altair as alt

    values = [
        {"family": f, "p": b["probability"], "coded": b["accepted"], "n": b["n"]}
        for f, c in calibration.items()
        for b in c["bins"]
    ]
    ends = [{"family": f, "end": end} for f in calibration for end in (0, 1)]  # of the dashed line, in every panel
    whole = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(format="%", values=[0, 0.5, 1])
    x = alt.X("p:Q", title="probability given", scale=whole, axis=axis)
    y = alt.Y("coded:Q", title="share that is coded", scale=whole, axis=axis)
    colour = alt.Color(
        "family:N",
        legend=None,
        scale=alt.Scale(domain=list(calibration), range=[COLOURS.get(f, RUPTURE) for f in calibration]),
    )
    both = alt.Chart(alt.Data(values=[*values, *ends]))
    base = both.transform_filter("isValid(datum.p)").encode(x=x, y=y)
    ideal = (
        both.transform_filter("isValid(datum.end)")
        .mark_line(strokeDash=[5, 4], color=FAINT)
        .encode(
            x=alt.X("end:Q", title="probability given", scale=whole, axis=axis),
            y=alt.Y("end:Q", title="share that is coded", scale=whole, axis=axis),
        )
    )
    line = base.mark_line(strokeWidth=1.6).encode(color=colour)
    dots = base.mark_point(filled=True, opacity=1).encode(
        color=colour,
        size=alt.Size(
            "n:Q",
            title="turns in the bin",
            scale=alt.Scale(type="log", domain=[1, 2000], range=[18, 260]),
            legend=alt.Legend(values=[5, 50, 500], orient="bottom"),
        ),
    )
    chart = (
        alt.layer(ideal, line, dots)
        .properties(width=160, height=160)
        .facet(
            column=alt.Column(
                "family:N", sort=list(calibration), title=None, header=alt.Header(labelFontSize=12, labelAnchor="start")
            ),
            spacing=18,
        )
    )
    errors = ", ".join(f"{f} {c['error']:.3f}" for f, c in calibration.items())
    return dressed(
        chart,
        "Do probabilities mean what they say?",
        below=f"Ten equal bins; on the dashed line they do. Expected calibration error: {errors}.",
    )
