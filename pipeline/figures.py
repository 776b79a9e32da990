"""The look of the figures, and how they become files: static, drawn on this machine, nothing is loaded from elsewhere.

Colours are Okabe and Ito's, which colour-blind readers tell apart, and everything told by colour is told by shape or
place as well, so that a black and white print says the same. No figure shows a word that was said.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLOURS = {"withdrawal": "#0072B2", "confrontation": "#D55E00", "repair": "#009E73", "attendance": "#5C5C5C"}
SHAPES = {"withdrawal": "triangle-down", "confrontation": "diamond", "repair": "triangle-up", "attendance": "square"}
OUTCOMES = {"resolved": "#009E73", "attempted": "#C98500", "unaddressed": "#8A1C5B"}
KINDS = {"withdrawal": "#0072B2", "confrontation": "#D55E00", "mixed": "#CC79A7", "named": "#5C5C5C"}
INK, FAINT, GRID = "#222222", "#6B6B6B", "#E3E3E0"
FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"
WIDTH = 620


def dressed(chart: Any, title: str, *, below: str = "") -> Any:
    """The chart with its title, what the reader has to know in small letters, and the common look."""
    lines = [line for line in below.split("\n") if line]
    return (
        chart.properties(title={"text": title, "subtitle": lines})
        .configure(font=FONT, background="white", padding=12)
        .configure_title(anchor="start", fontSize=15, subtitleFontSize=11, subtitleColor=FAINT, subtitlePadding=6, offset=12)
        .configure_axis(
            labelFontSize=11, titleFontSize=12, titleFontWeight="normal", gridColor=GRID, domainColor=FAINT,
            tickColor=FAINT, labelColor=INK, titleColor=INK, labelLimit=220,
        )
        .configure_legend(labelFontSize=11, titleFontSize=11, titleFontWeight="normal", symbolSize=90, labelLimit=260)
        .configure_view(stroke=None)
    )  # fmt: skip


def nothing_yet(title: str, why: str) -> Any:
    """What stands in the place of a figure that has nothing to show: a sentence, and no axes that look like a result."""
    import altair as alt

    words = alt.Chart(alt.Data(values=[{"why": why}])).mark_text(fontSize=13, color=FAINT, align="left", x=0, y=30)
    return dressed(words.encode(text="why:N").properties(width=WIDTH, height=60), title)


def save(chart: Any, file: Path) -> Path:
    """Write .svg, .png (300 dots an inch) or .pdf, by the file's ending."""
    import vl_convert as vlc

    spec = chart.to_json()
    if file.suffix == ".svg":
        file.write_text(as_svg(chart), encoding="utf-8")
    elif file.suffix == ".png":
        file.write_bytes(vlc.vegalite_to_png(spec, scale=3, ppi=300))
    elif file.suffix == ".pdf":
        file.write_bytes(vlc.vegalite_to_pdf(spec))
    else:
        raise ValueError(f"{file.suffix}: figures are .svg, .png or .pdf")
    return file


def as_svg(chart: Any) -> str:
    """The chart as SVG text, to be set into a page."""
    import vl_convert as vlc

    return str(vlc.vegalite_to_svg(chart.to_json()))


def show_static() -> None:
    """Let notebooks draw figures as SVG on this machine; the usual renderer loads a script from elsewhere."""
    import altair as alt

    alt.renderers.enable("svg")
    alt.data_transformers.disable_max_rows()
