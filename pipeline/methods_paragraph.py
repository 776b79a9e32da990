"""The methods section of a paper, written from what the database holds: versions, thresholds, counts, agreement, limits.

A draft to be checked and shortened by its authors. Every number in it is read from the database or the settings, so it
changes when they do; nothing here is a claim about how well the program works in the study at hand beyond its own
coders' agreement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

Rows = Callable[[str], list[dict[str, Any]]]


class Thresholds(Protocol):
    """What study.toml fixes: see `pipeline.study.Settings`."""

    @property
    def risk_limit(self) -> float: ...
    @property
    def episode_gap(self) -> int: ...
    @property
    def episode_window(self) -> int: ...
    @property
    def purpose(self) -> str: ...


CITED = {
    "strauss_like": "Strauss, J. L., et al. (2006). Early alliance, alliance ruptures, and symptom change in a nonrandomized"
    " trial of cognitive therapy. Journal of Consulting and Clinical Psychology, 74, 337-345.",
    "stiles_like": "Stiles, W. B., et al. (2004). Patterns of alliance development and the rupture-repair hypothesis."
    " Journal of Counseling Psychology, 51, 81-92.",
    "gumz_1": "Gumz, A., et al. (2012). Crisis-repair sequences. BMC Medical Research Methodology, 12, 10.",
    "xmr": "Eubanks-Carter, C., Gorman, B. S., & Muran, J. C. (2012). Quantitative naturalistic methods for detecting change"
    " points in psychotherapy research. Psychotherapy Research, 22, 621-637.",
    "sudden_loss": "Tang, T. Z., & DeRubeis, R. J. (1999). Sudden gains and critical sessions in cognitive-behavioral therapy"
    " for depression. Journal of Consulting and Clinical Psychology, 67, 894-904.",
    "rci": "Jacobson, N. S., & Truax, P. (1991). Clinical significance. Journal of Consulting and Clinical Psychology, 59,"
    " 12-19.",
}
CITED["gumz_2"], CITED["sudden_gain"] = CITED["gumz_1"], CITED["sudden_loss"]
ALWAYS_CITED = (
    "Eubanks, C. F., Muran, J. C., & Safran, J. D. (2015). Rupture Resolution Rating System (3RS): Manual. The codes are"
    " mapped to it and are not 3RS scores.",
)
WILSON = "Wilson, E. B. (1927). Probable inference. Journal of the American Statistical Association, 22, 209-212."


def methods_paragraph(
    rows: Rows, *, settings: Thresholds, codebook_version: str, agreement: Sequence[Mapping[str, Any]]
) -> str:
    """Markdown: the paragraph, its limits and its references. `agreement` are rows of queries/agreement_per_code.sql."""
    parts = [
        _material(rows, settings),
        _program(rows, settings, codebook_version),
        _coding(rows, settings),
        _people(rows, agreement),
        _scores(rows),
    ]
    limits = (
        "Codes are candidates with a probability, not verdicts: the absence of a tag is not the absence of a rupture, and a"
        " complaint may be right. Counts were not corrected for misclassification unless stated (the question"
        " prevalence_corrected does it where people read whole sessions). Tags are not 3RS scores."
        " Ruptures seen in scores are indirect. De-identification lowers the risk of recognising a person and does not"
        " remove it."
    )
    criteria = [r["criterion"] for r in rows("SELECT DISTINCT criterion FROM score_ruptures ORDER BY 1")]
    cited = dict.fromkeys([*ALWAYS_CITED, *(CITED[c] for c in criteria), *([WILSON] if agreement else [])])
    body = " ".join(p for p in parts if p)
    references = "\n".join(f"- {c}" for c in sorted(cited))
    return f"## Methods (draft)\n\n{body}\n\n## Limits\n\n{limits}\n\n## References\n\n{references}\n"


def _material(rows: Rows, settings: Thresholds) -> str:
    [n] = rows(
        "SELECT count(*) FILTER (status = 'held') AS held, count(*) FILTER (status <> 'held') AS missed,"
        " count(DISTINCT client_id) AS clients, count(DISTINCT therapist_id) AS therapists,"
        " count(*) FILTER (status = 'held' AND transcript_source = 'asr') AS asr,"
        " coalesce(sum(n_turns), 0) AS turns FROM sessions"
    )
    refused = {
        r["stage"]: r["n"] for r in rows("SELECT stage, count(*) AS n FROM refusals GROUP BY stage ORDER BY stage")
    }
    said = (
        f"We analysed {_n(n['held'], 'held session')} ({n['turns']:,} turns) of {_n(n['clients'], 'client')} with"
        f" {_n(n['therapists'], 'therapist')}; {_n(n['missed'], 'further session')} had been cancelled or missed."
    )
    if n["asr"]:
        said += f" Transcripts of {n['asr']} sessions came from speech recognition, the others were made by people."
    said += (
        f" Only clients with valid consent for the purpose “{settings.purpose}” on the day of the session were included"
    )
    out = [f"{_n(refused[s], 'session')} {why}" for s, why in _WHY.items() if s in refused]
    return f"{said} ({'; '.join(out)})." if out else f"{said}."


_WHY = {"consent": "left out for lack of it, unopened", "quarantine": "that could not be used safely"}


def _program(rows: Rows, settings: Thresholds, codebook_version: str) -> str:
    made = rows(
        "SELECT DISTINCT code_version, lexicon_hash, CAST(model_hashes AS VARCHAR) AS models FROM runs"
        " WHERE run_id IN (SELECT run_id FROM sessions) ORDER BY ALL"
    )
    if not made:
        return ""
    versions = ", ".join(dict.fromkeys(m["code_version"] for m in made))
    hashes = ", ".join(dict.fromkeys(m["lexicon_hash"][:12] for m in made))
    models = sorted({f"{name} {value[:12]}" for m in made for name, value in json.loads(m["models"]).items()})
    books = [r["lexicon_version"] for r in rows("SELECT DISTINCT lexicon_version FROM coded_segments ORDER BY 1")]
    return (
        f"Transcripts were de-identified and coded with alliance-rupture-pipeline {versions} (codebook"
        f" {', '.join(books) or codebook_version}, hash {hashes}; language models {', '.join(models)}). Sessions whose estimated"
        f" residual risk of identification was above {settings.risk_limit:g} were kept out. Coding draws no random numbers: the"
        " same input and versions give the same output."
    )


def _coding(rows: Rows, settings: Thresholds) -> str:
    codes = {
        r["family"]: r
        for r in rows(
            "SELECT family, count(*) AS n, count(*) FILTER (status = 'likely') AS likely FROM final_codes"
            " GROUP BY family ORDER BY family"
        )
    }
    told = [f"{c['likely']} likely and {c['n'] - c['likely']} possible {family} codes" for family, c in codes.items()]
    [e] = rows(
        "SELECT count(*) AS n, count(*) FILTER (outcome = 'resolved') AS resolved,"
        " count(*) FILTER (outcome = 'attempted') AS attempted, count(*) FILTER (outcome = 'unaddressed') AS unaddressed,"
        " count(latency_s) AS timed, median(latency_s) AS latency FROM episodes"
    )
    said = f"The database holds {', '.join(told)}." if told else "No code was tagged."
    said += (
        f" Likely rupture markers at most {settings.episode_gap} turns apart formed one episode, and a repair move was looked"
        f" for within {settings.episode_window} turns; of {_n(e['n'], 'episode')} {e['resolved']} were resolved (the client"
        f" re-engaged after a repair move), {e['attempted']} attempted and {e['unaddressed']} unaddressed."
    )
    if e["timed"]:
        said += f" Median latency to the first repair move was {e['latency']:.0f} s ({e['timed']} episodes with times)."
    return said


def _people(rows: Rows, agreement: Sequence[Mapping[str, Any]]) -> str:
    [d] = rows(
        "SELECT count(DISTINCT segment_id) AS segments, count(DISTINCT coder) AS coders,"
        " count(DISTINCT session_id) AS sessions FROM decisions"
    )
    if not d["segments"]:
        return "No tag was checked by a person yet; report none of these counts before a sample was."
    said = (
        f"{_n(d['coders'], 'coder')} decided on {_n(d['segments'], 'segment')} of {_n(d['sessions'], 'session')}; where a person"
        " decided, that decision counts."
    )
    if agreement:
        per_code = "; ".join(
            f"{a['code']} {a['percent']:.0f} % [{a['low']:.0f}, {a['high']:.0f}]"
            + (f", π = {a['scotts_pi']:.2f}" if a["scotts_pi"] is not None else "")
            + f", n = {a['pairs']}"
            for a in agreement
        )
        said += f" Agreement of two coders [95 % Wilson limits], Scott's π: {per_code}."
    return said


def _scores(rows: Rows) -> str:
    measures = rows(
        "SELECT measure, form, timing, max(key_version) AS key, bool_and(key_verified) AS verified,"
        " count(DISTINCT session_id) AS sessions FROM alliance_scores WHERE score IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    if not measures:
        return ""
    told = "; ".join(
        f"{m['measure']} ({m['form']} form, {m['timing']}-session; {_key(m)}; {_n(m['sessions'], 'session')})"
        for m in measures
    )
    said = f"Alliance was measured with {told}; a subscale was scored where at least 75 % of its items were answered."
    used = rows(
        "SELECT criterion, spread, max(parameters) AS parameters, count(*) AS n FROM score_ruptures"
        " GROUP BY criterion, spread ORDER BY ALL"
    )
    if used:
        listed = "; ".join(f"{u['criterion']} with {u['spread'].upper()}, {u['parameters']} ({u['n']})" for u in used)
        said += f" Indirect ruptures and gains in the scores, with parameters and number over all series: {listed}."
    return said


def _key(m: Mapping[str, Any]) -> str:
    if m["key"] == "as_given":
        return "scores came ready-made"
    return f"key {m['key']}" + ("" if m["verified"] else ", not checked against its published source")


def _n(n: int, thing: str) -> str:
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"
