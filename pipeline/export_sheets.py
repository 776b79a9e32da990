"""The sheets of an export: the tables as they are, and three shapes that statistics programs ask for.

long           one row per session and score series, missed sessions too
wide           one row per client, a column per session number
person_period  one row per client and session, every score series a column: for event-history models
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.export_dictionary import Column, Dictionary

Query = Callable[[str], pl.DataFrame]
COUNTS = ("n_withdrawal", "n_confrontation", "n_repair", "n_episodes", "n_resolved", "n_attempted", "n_unaddressed")
SERIES = ("measure", "form", "timing", "subscale")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table to write, with what its columns mean."""

    name: str
    about: str
    frame: pl.DataFrame
    columns: tuple[Column, ...]


# name, what it is, SELECT, tables that describe its columns
TABLES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("sessions", "One row per session, held or missed.",
     "SELECT * FROM session_summary ORDER BY client_id, session_no, session_id", ("sessions",)),
    ("turns", "One row per de-identified turn.",
     "SELECT * FROM turns ORDER BY session_id, turn_no", ("turns",)),
    ("codes", "One row per code that stands: a person's decision where there is one, else the auto-tag.",
     "SELECT * FROM final_codes ORDER BY session_id, turn_no NULLS FIRST, code, segment_id",
     ("coded_segments", "decisions")),
    ("auto_codes", "One row per auto-tag with the numbers behind it.",
     "SELECT * EXCLUDE run_id FROM coded_segments ORDER BY session_id, turn_no NULLS FIRST, code, segment_id",
     ("coded_segments",)),
    ("decisions", "One row per decision of a coder.",
     "SELECT * FROM decisions ORDER BY decided_at, decision_id", ("decisions",)),
    ("episodes", "One row per rupture episode.",
     "SELECT * FROM rupture_repair ORDER BY client_id, session_no, session_id, first_turn, episode_id",
     ("episodes", "sessions")),
    ("alliance_scores", "One row per subscale of a questionnaire at a session.",
     "SELECT * FROM alliance_scores ORDER BY ALL", ("alliance_scores",)),
    ("score_ruptures", "One row per drop or sudden change seen in scores alone (indirect).",
     "SELECT * FROM score_ruptures ORDER BY ALL", ("score_ruptures",)),
    ("long", "One row per session and score series, missed sessions too.",
     "SELECT * FROM client_trajectory ORDER BY client_id, measure, form, timing, subscale, session_no, session_id",
     ("sessions", "alliance_scores")),
)  # fmt: skip
WITH_WORDS = {"turns": "text"}  # the only columns that hold what was said


def sheets(query: Query, *, with_text: bool) -> list[Sheet]:
    """All sheets, rows sorted. Without text, the column of words is not there at all."""
    known = Dictionary(lambda sql: query(sql).to_dicts())
    made = []
    for name, about, sql, tables in TABLES:
        frame = query(sql)
        if not with_text and name in WITH_WORDS:
            frame = frame.drop(WITH_WORDS[name])
        made.append(Sheet(name, about, frame, tuple(known.column(c, tables) for c in frame.columns)))
    return [*made, _wide(query, known), _person_period(query, known)]


def _sessions(query: Query) -> pl.DataFrame:
    return query(
        "SELECT *, session_no = max(session_no) FILTER (status = 'held') OVER (PARTITION BY client_id) AND"
        " status = 'held' AS is_last_held FROM session_summary ORDER BY client_id, session_no, session_id"
    )


def _scores(query: Query) -> tuple[pl.DataFrame, dict[str, str]]:
    """Scores with a column name for each series, and what that name means."""
    frame = query(
        "SELECT a.*, s.session_no FROM alliance_scores AS a JOIN sessions AS s USING (session_id)"
        " WHERE a.score IS NOT NULL ORDER BY ALL"
    )
    names: dict[tuple[str, ...], str] = {}
    for identity in frame.select(SERIES).unique().sort(SERIES).rows():
        plain = re.sub(r"\W+", "_", "_".join(identity)).strip("_").lower()
        names[identity] = plain if plain[:1].isalpha() else f"m_{plain}"
    made = "score IS NOT NULL AND key_version <> 'as_given' AND NOT key_verified"
    unchecked = set(query(f"SELECT DISTINCT {', '.join(SERIES)} FROM alliance_scores WHERE {made}").rows())
    meanings = {
        name: ", ".join(identity) + ("; scoring key not verified" if identity in unchecked else "")
        for identity, name in names.items()
    }
    series = [names[i] for i in frame.select(SERIES).rows()]
    return frame.with_columns(pl.Series("series", series, dtype=pl.String)), meanings


def _wide(query: Query, known: Dictionary) -> Sheet:
    sessions = _sessions(query)
    scores, meanings = _scores(query)
    frame = (
        sessions.group_by("client_id", maintain_order=True)
        .agg(
            pl.col("therapist_id").first(),
            pl.len().cast(pl.Int64).alias("n_sessions"),
            (pl.col("status") == "held").sum().cast(pl.Int64).alias("n_held"),
            *(pl.col(c).sum() for c in COUNTS),
        )
        .sort("client_id")
    )
    columns = [known.column(c, ["sessions"]) for c in frame.columns]
    for no in sorted(scores["session_no"].unique()):
        for name in sorted(meanings):
            part = scores.filter((pl.col("session_no") == no) & (pl.col("series") == name))
            if part.height:
                column = f"{name}_{no}"
                frame = frame.join(part.select("client_id", pl.col("score").alias(column)), "client_id", how="left")
                columns.append(Column(column, f"Score at session {no}: {meanings[name]}."))
    for no in sorted(sessions.filter(pl.col("status") == "held")["session_no"].unique()):
        part = sessions.filter((pl.col("session_no") == no) & (pl.col("status") == "held")).unique(
            "client_id", keep="first", maintain_order=True
        )
        for count in ("n_withdrawal", "n_confrontation", "n_repair", "n_unaddressed"):
            column = f"{count}_{no}"
            frame = frame.join(part.select("client_id", pl.col(count).alias(column)), "client_id", how="left")
            columns.append(Column(column, f"At session {no}: {known.column(count, []).label}"))
    return Sheet("wide", "One row per client, a column per session number.", frame.sort("client_id"), tuple(columns))


def _person_period(query: Query, known: Dictionary) -> Sheet:
    sessions = _sessions(query).with_columns(
        pl.when(pl.col("is_last_held") & pl.col("phase").is_not_null())
        .then(pl.col("phase") != "late")
        .otherwise(None)
        .alias("left_early")
    )
    columns = [known.column(c, ["sessions"]) for c in sessions.columns]
    scores, meanings = _scores(query)
    for name in sorted(meanings):
        part = scores.filter(pl.col("series") == name).select("session_id", pl.col("score").alias(name))
        sessions = sessions.join(part, "session_id", how="left")
        columns.append(Column(name, f"Score: {meanings[name]}."))
    frame = sessions.sort("client_id", "session_no", "session_id")
    return Sheet("person_period", "One row per client and session, every score series a column.", frame, tuple(columns))


def text_columns(made: Sequence[Sheet]) -> list[str]:
    """Sheets and columns that hold what was said, for the manifest."""
    return [f"{s.name}.{c}" for s in made if (c := WITH_WORDS.get(s.name)) and c in s.frame.columns]
