"""De-identification beside its peers, on the same texts in one run.

`make bench-deid` makes .venv-peers from tests/bench_deid_requirements.txt and runs this. The texts are the labelled sessions
in the file named by ALLIANCE_GOLD (json: sessions with turns, and in each turn `phi` as start, end, label), else carrier
sentences with made-up people. Printed and written to bench/deid.json, as they are and lower-cased: recall of identifiers
(every telling word gone) and of their words, precision over flagged words, other words lost, words per second.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.identifiers_known import KnownForms
from pipeline.identifiers_lists import read_lists
from pipeline.identifiers_origins import read_origins
from pipeline.identifiers_session import certain_names, find_identifiers, read_with_model, sweep_places
from pipeline.language import load_models
from pipeline.session import KnownIdentifier
from tests import carriers

CHECKOUT = Path(__file__).resolve().parent.parent
PEERS = CHECKOUT / ".venv-peers" / "bin" / "python"
STRONG = {"NAME", "LOCATION", "ORG", "DATE", "AGE", "PHONE", "EMAIL", "ID", "URL_HANDLE"}
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SMALL = frozenset("the a an of and at in on to for st mr mrs ms dr dot com street road hospital school".split())  # noqa: SIM905

Spans = list[tuple[int, int]]
Labelled = list[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Set:
    """Sessions of texts, the identifiers in each text, and what an intake roster knows of each session."""

    sessions: list[list[str]]
    labels: list[list[Labelled]]
    rosters: list[list[KnownIdentifier]]


def gold(path: Path) -> Set:
    data = json.loads(path.read_text(encoding="utf-8"))
    labelled = [s for s in data if any(t.get("phi") for t in s["turns"])]
    rosters = [
        [KnownIdentifier("p", p["role"], "name", n) for p in s.get("roster", []) for n in p["names"]] for s in labelled
    ]
    labels = [[[(p["start"], p["end"], p["label"]) for p in t.get("phi", [])] for t in s["turns"]] for s in labelled]
    return Set([[t["text"] for t in s["turns"]] for s in labelled], labels, rosters)


def synthetic() -> Set:
    origins = read_origins()
    people = [n for o in origins.groups for s in "FM" for n in origins.names[o, s][:8]]
    blocks = [
        ("NAME", carriers.HELD_OUT_NAMES, people + carriers.listed(carriers.WORD_NAMES)),
        ("NAME", carriers.FULL_NAMES, [n for o in origins.groups for n in origins.names[o, "S"][:4]]),
        ("LOCATION", carriers.PLACES, carriers.listed(carriers.TOWNS)),
        ("ORG", carriers.INSTITUTIONS, carriers.listed(carriers.HOUSES)),
    ]
    sessions, labels = [], []
    for label, sentences, names in blocks:
        for session in carriers.sessions(carriers.lines(sentences), names, seed=5, cased=True):
            texts, marks = [], []
            for k, line in enumerate(session):
                texts += [carriers.FILLER[k % len(carriers.FILLER)], line.text]
                marks += [[], [(line.start, line.end, label)]]
            sessions.append(texts)
            labels.append(marks)
    return Set(sessions, labels, [[] for _ in sessions])


def lowered(one: Set) -> Set:
    """Lower case of the same length, so that the labels stay where they are."""
    low = [["".join(c.lower() if len(c.lower()) == 1 else c for c in t) for t in s] for s in one.sessions]
    return Set(low, one.labels, one.rosters)


def ours(detect, one: Set, *, roster: bool) -> tuple[float, list[Spans]]:
    lists, out = read_lists(), []
    start = time.perf_counter()
    for texts, people in zip(one.sessions, one.rosters, strict=True):
        known = KnownForms()
        for person in people if roster else ():
            known.add(person, lists)
        reading = read_with_model(texts, detect, lists)
        met: set[str] = set()
        for _ in range(4):
            new = certain_names(reading, known, lists, met)
            if new <= met:
                break
            met |= new
        (found,) = sweep_places([reading], [find_identifiers(reading, known, lists, met)], lists)
        out += [[(i.start, i.end) for i in turn] for turn in found]
    return time.perf_counter() - start, out


def score(one: Set, spans: Sequence[Spans]) -> dict[str, float]:
    """Recall by identifier and by word, precision over flagged words, other words lost; weak labels count on neither
    side."""
    n = caught = names = names_caught = id_words = id_gone = flagged = right = others = lost = 0
    texts = [t for s in one.sessions for t in s]
    labels = [m for s in one.labels for m in s]
    for text, marks, found in zip(texts, labels, spans, strict=True):
        gone = {k for a, b in found for k in range(a, b)}
        inside = {k: label for a, b, label in marks for k in range(a, b)}
        for a, b, label in marks:
            if label not in STRONG:
                continue
            words = [(m.start(), m.group().casefold()) for m in WORD.finditer(text) if a <= m.start() < b]
            telling = [p for p, w in words if w not in SMALL and len(w) > 1] or [p for p, _ in words]
            hit = all(p in gone for p in telling)
            n, caught = n + 1, caught + hit
            if label == "NAME":
                names, names_caught = names + 1, names_caught + hit
            id_words, id_gone = id_words + len(telling), id_gone + sum(p in gone for p in telling)
        for m in WORD.finditer(text):
            label = inside.get(m.start())
            if label in STRONG:
                flagged, right = flagged + (m.start() in gone), right + (m.start() in gone)
            elif label is None or label == "NOT":
                flagged, others, lost = flagged + (m.start() in gone), others + 1, lost + (m.start() in gone)
    share = {
        "names": names_caught / names, "identifiers": caught / n, "words": id_gone / id_words,
        "precision": right / flagged if flagged else 1.0, "lost": lost / others,
    }  # fmt: skip
    return {k: round(v, 4) for k, v in share.items()}


def main() -> None:
    given = os.environ.get("ALLIANCE_GOLD")
    base = gold(Path(given)) if given else synthetic()
    sets = {"as they are": base, "lower case": lowered(base)}
    n_words = sum(len(t.split()) for s in base.sessions for t in s)
    sys.stdout.write(
        f"{len(base.sessions)} sessions, {n_words} words, {'labelled' if given else 'carrier'} sentences\n"
    )
    detect, results = load_models().detect, {}
    read_lists()
    detect(["Warm up, please."])
    for name, one in sets.items():
        for tool, roster in (("alliance", False), ("alliance + roster", True)):
            seconds, spans = ours(detect, one, roster=roster)
            results.setdefault(tool, {})[name] = {**score(one, spans), "words_per_second": round(n_words / seconds)}
    flat = [[t for s in one.sessions for t in s] for one in sets.values()]
    if PEERS.exists():
        peers = json.loads(
            subprocess.run(
                [PEERS, CHECKOUT / "tests" / "bench_deid_peers.py"], input=json.dumps(flat), stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, check=True,
            ).stdout
        )  # fmt: skip
        for tool, runs in peers.items():
            if isinstance(runs, dict):
                sys.stdout.write(f"{tool}: {runs['failed']}\n")
                continue
            for (name, one), run in zip(sets.items(), runs, strict=True):
                spans = [[(a, b) for a, b in found] for found in run["spans"]]
                speed = round(n_words / run["seconds"])
                results.setdefault(tool, {})[name] = {**score(one, spans), "words_per_second": speed}
    else:
        sys.stdout.write("no .venv-peers: `make bench-deid` makes it\n")
    head = ("names", "identifiers", "words", "precision", "lost", "words_per_second")
    for name in sets:
        sys.stdout.write(
            f"\n{name:20}" + "".join(f"{h.replace('words_per_second', 'words/s'):>12}" for h in head) + "\n"
        )
        for tool, rows in results.items():
            cells = [f"{rows[name][h]:>12.4f}" if h != "words_per_second" else f"{rows[name][h]:>12}" for h in head]
            sys.stdout.write(f"{tool:20}" + "".join(cells) + "\n")
    if "Presidio + md" in results:
        ratio = (
            results["alliance"]["as they are"]["words_per_second"]
            / results["Presidio + md"]["as they are"]["words_per_second"]
        )
        sys.stdout.write(f"\nspeed against Presidio with the same model: {ratio:.2f} x\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak memory of this process: {peak:.0f} MB\n")
    (CHECKOUT / "bench").mkdir(exist_ok=True)
    (CHECKOUT / "bench" / "deid.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
