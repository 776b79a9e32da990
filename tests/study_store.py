"""A made-up research database of any size, drawn by chance from a seed: for notebooks, exports and the benchmark.

Clients differ, alliance rises slowly and falls after a rupture nobody took up, two coders decide on a part of the
tags. Nothing in it was said by anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl

from pipeline import store_rows as make
from pipeline.alliance import Score
from pipeline.alliance_ruptures import score_ruptures
from pipeline.codes import Decision, Episode, Family, Outcome, Status, Tag
from pipeline.episodes import link_episodes
from pipeline.session import Speaker, Turn
from pipeline.store import Store, open_store

SAID = {
    "therapist": ["What was that like for you?", "It sounds as if the week was long.", "I went too fast there."],
    "client": ["We talked about the garden again, mostly.", "Fine.", "I do not know what to say to that, really."],
}
CANARY = "zanzibarquince"  # a word that stands in some turns and must be in no export without text
CODES = {
    "wd_minimal_response": (Family.WITHDRAWAL, Speaker.CLIENT),
    "wd_topic_shift": (Family.WITHDRAWAL, Speaker.CLIENT),
    "cf_complaint_therapist": (Family.CONFRONTATION, Speaker.CLIENT),
    "cf_control_pressure": (Family.CONFRONTATION, Speaker.CLIENT),
    "rp_name_rupture": (Family.REPAIR, Speaker.THERAPIST),
    "rp_accountability": (Family.REPAIR, Speaker.THERAPIST),
    "rp_explore_client_part": (Family.REPAIR, Speaker.THERAPIST),
    "rp_client_reengage": (Family.REPAIR, Speaker.CLIENT),
    "at_cancelled": (Family.ATTENDANCE, None),
}
STARTED = datetime(2026, 1, 5, 2, 0)


def write_study(path: Path, *, clients: int = 12, sessions: int = 10, turns: int = 120, seed: int = 1) -> Path:
    """Write a database of clients x sessions at `path`; about one session in twelve was missed."""
    chance = np.random.default_rng(seed)
    with open_store(path) as store:
        store.start_run("r1", started=STARTED, code_version="0.0", lexicon_hash="l", model_hashes={"meaning": "m"},
                        settings_hash="s")  # fmt: skip
        store.write_codes({c: SimpleNamespace(family=f, label=c.replace("_", " "), speaker=s)
                           for c, (f, s) in CODES.items()})  # fmt: skip
        plan = [_session(chance, c, no, sessions, turns) for c in range(clients) for no in range(1, sessions + 1)]
        _insert(store, plan, turns, chance)
        scores = _scores(plan, chance)
        store.write_scores(scores)
        store.write_score_ruptures(score_ruptures(scores, {p["session_id"]: p["session_no"] for p in plan}))
        _decide(store, chance)
        counts = {"sessions": len(plan), "written": len(plan), "unchanged": 0, "refused": 0, "quarantined": 0}
        store.finish_run("r1", finished=STARTED + timedelta(hours=2), counts=counts)
    return path


def _session(chance: np.random.Generator, client: int, no: int, planned: int, turns: int) -> dict:
    held = no <= 2 or chance.random() > 0.08
    left = client % 6 == 5 and no > planned * 0.6  # every sixth client leaves early
    status = "held" if held and not left else "no_show" if no % 2 else "late_cancelled"
    return {
        "session_id": f"s{client:04}_{no:02}",
        "client_id": f"c{client:04}",
        "therapist_id": f"t{client // 6:03}",
        "session_no": no,
        "phase": ("early", "middle", "late")[min(3 * (no - 1) // planned, 2)],
        "day": 7 * (no - 1),
        "status": status,
        "minutes_late": round(float(chance.normal(2, 4)), 0) if status == "held" else None,
        "source": "human" if client % 3 else "asr",
        "n_turns": turns if status == "held" else 0,
        "tags": _tags(chance, client, turns) if status == "held" else _missed(),
        "times": _times(chance, turns) if status == "held" else None,
    }


def _missed() -> list[Tag]:
    return [Tag("at_cancelled", Family.ATTENDANCE, None, None, None, Status.LIKELY, 0.9, "schedule")]


def _times(chance: np.random.Generator, turns: int) -> tuple[np.ndarray, np.ndarray]:
    length, pause = chance.exponential(5, turns) + 0.5, chance.exponential(0.8, turns)
    start = np.round(np.cumsum(pause) + np.concatenate([[0.0], np.cumsum(length)[:-1]]), 2)
    return start, np.round(start + length, 2)


def _tags(chance: np.random.Generator, client: int, turns: int) -> list[Tag]:
    """Markers on client turns (odd), and after about half of them a repair that about half the clients take up."""
    tags: dict[tuple[str, int], Tag] = {}

    def add(code: str, turn_no: int, p: float) -> None:
        if turn_no < turns:
            status = Status.LIKELY if p > 0.5 else Status.POSSIBLE
            tags[code, turn_no] = Tag(code, CODES[code][0], turn_no, 0, 4, status, round(p, 3), "cue")

    rate = 0.02 + 0.01 * (client % 4)
    for turn in range(1, turns, 2):
        if chance.random() > rate * 2:
            continue
        p = float(chance.uniform(0.3, 0.95))
        add(str(chance.choice(list(CODES)[:4], p=[0.5, 0.25, 0.15, 0.1])), turn, p)
        if chance.random() < 0.45:
            after = turn + 1 + 2 * int(chance.integers(0, 4))
            add(str(chance.choice(list(CODES)[4:7])), after, float(chance.uniform(0.5, 0.95)))
            if chance.random() < 0.5:
                add("rp_client_reengage", after + 1, float(chance.uniform(0.5, 0.95)))
    return [tags[k] for k in sorted(tags, key=lambda k: (k[1], k[0]))]


def _episodes(p: dict) -> list[Episode]:
    if p["times"] is None:
        return []
    start, end = p["times"]
    on = {t.turn_no for t in p["tags"] if t.turn_no is not None}
    turns = [Turn(n, Speaker.CLIENT if n % 2 else Speaker.THERAPIST, "", start[n], end[n]) for n in sorted(on)]
    return link_episodes(p["tags"], turns)


def _insert(store: Store, plan: list[dict], turns: int, chance: np.random.Generator) -> None:
    sessions, tags, episodes, held = [], [], [], [p for p in plan if p["times"] is not None]
    for p in plan:
        sid = p["session_id"]
        p["episodes"] = _episodes(p)
        duration = float(p["times"][1][-1] - p["times"][0][0]) if p["times"] else None
        sessions.append((sid, p["client_id"], p["therapist_id"], p["session_no"], p["phase"], p["day"], p["status"],
                         p["minutes_late"], p["source"], p["n_turns"], duration, "r1"))  # fmt: skip
        tags += make.tag_rows(sid, p["tags"], lexicon_version="1", model_version="1", run_id="r1")
        episodes += make.episode_rows(sid, p["episodes"])
    n = len(held) * turns
    number = np.tile(np.arange(turns), len(held))
    start = np.concatenate([p["times"][0] for p in held])
    end = np.concatenate([p["times"][1] for p in held])
    silence = np.where(number > 0, np.round(start - np.roll(end, 1), 3), np.nan)
    which = chance.integers(0, 3, n)
    therapist = pl.Series(SAID["therapist"]).gather(which)
    client = pl.Series([*SAID["client"][:2], f"{SAID['client'][2]} {CANARY}"]).gather(which)
    frame = pl.DataFrame(
        {
            "session_id": np.repeat([p["session_id"] for p in held], turns),
            "turn_no": number.astype("int32"),
            "speaker": np.where(number % 2 == 0, "therapist", "client"),
            "start_s": start,
            "end_s": end,
            "is_backchannel": chance.random(n) < 0.03,
            "latency_s": silence,
        }
    ).with_columns(
        pl.col("latency_s").fill_nan(None),
        pl.when(pl.col("speaker") == "therapist").then(therapist).otherwise(client).alias("text"),
        pl.lit(5, pl.Int32).alias("n_words"),
    )
    with store._transaction("a made-up study"):
        store._insert("sessions", make.SESSION_COLUMNS, sessions)
        store._insert("coded_segments", make.TAG_COLUMNS, tags)
        store._insert("episodes", make.EPISODE_COLUMNS, episodes)
        store._connection.register("made_up", frame)
        store._connection.execute("INSERT INTO turns BY NAME SELECT * FROM made_up")
        store._connection.unregister("made_up")


def _scores(plan: list[dict], chance: np.random.Generator) -> list[Score]:
    scores, level = [], {}
    for p in plan:
        client = p["client_id"]
        level.setdefault(client, float(chance.normal(3.8, 0.4)))
        if p["times"] is None:
            continue
        open_ruptures = sum(e.outcome is Outcome.UNADDRESSED for e in p["episodes"])
        value = level[client] + 0.02 * p["session_no"] - 0.25 * open_ruptures + float(chance.normal(0, 0.25))
        for subscale, shift in (("bond", 0.2), ("total", 0.0)):
            score = round(min(max(value + shift, 1.0), 5.0), 2)
            scores.append(Score(client, p["session_id"], "WAI-SR", "client", "post", subscale, score, 4, 0, 1.0, 5.0,
                                True, "WAI-SR 1"))  # fmt: skip
        level[client] = 0.9 * level[client] + 0.1 * 3.9
    return scores


def _decide(store: Store, chance: np.random.Generator) -> None:
    """Two coders look at the tags of every fifth session; each is right about as often as the tag is probable."""
    rows = store.rows(
        "SELECT segment_id, session_id, probability FROM coded_segments WHERE turn_no IS NOT NULL"
        " AND session_id IN (SELECT session_id FROM sessions WHERE session_no % 5 = 1) ORDER BY segment_id LIMIT 4000"
    )
    decisions = []
    for n, r in enumerate(rows):
        there = chance.random() < 0.15 + 0.75 * r["probability"]
        for k, coder in enumerate(("k1", "k2")):
            word = "accept" if there != (chance.random() < 0.12) else "reject"
            when = STARTED + timedelta(days=1 + k, seconds=n)
            decisions.append(Decision(r["segment_id"], r["session_id"], coder, word, None, when.isoformat(), "1"))
    store.write_decisions(decisions)
