"""Recall by origin of name, by sex and by case, on the held-out carrier sentences of tests/carriers.py.

Run by `make bench` (writes bench/fairness.json); with --write it writes the file that is shipped and shown in the run
report, lexicons/identifiers/fairness.json. Each group is measured with the lists as they are, and as if they had never heard
these names, which is what people with rarer names get. Names that are words of English are a group of their own: without
capitals they are the hardest of all, and they are measured said once and said three times a session.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import pipeline
from pipeline.certainty import wilson
from pipeline.identifiers import Detect
from pipeline.identifiers_fairness import WORDS, Recall, gaps_of
from pipeline.identifiers_lists import FOLDER, Lists, read_lists
from pipeline.identifiers_origins import Origins, read_origins
from pipeline.language import ENTITY_PACKAGE, load_models
from tests import carriers

CHECKOUT = Path(__file__).resolve().parent.parent
SHIPPED = FOLDER / "fairness.json"
SEEDS = (1, 2, 3)
CONDITIONS = [(cased, listed) for cased in (True, False) for listed in (True, False)]


def groups(origins: Origins) -> dict[tuple[str, str], tuple[str, ...]]:
    """Given names by origin and sex, and those that are words."""
    out = {(o, s): origins.names[o, s] for o in origins.groups for s in "FM"}
    return out | {(WORDS, ""): tuple(carriers.listed(carriers.WORD_NAMES))}


def measure(
    detect: Detect, wanted: Iterable[tuple[str, str]], *, lists: Lists, origins: Origins, seeds: Sequence[int] = SEEDS
) -> list[Recall]:
    """Rows of the shipped file for the wanted groups."""
    sentences, members = carriers.lines(carriers.HELD_OUT_NAMES), groups(origins)
    forgot = carriers.without(lists, [n for names in members.values() for n in names])
    rows = []
    for origin, sex in wanted:
        names = members[origin, sex]
        # a word is no name at all to lists that do not have it, so that group is measured with the lists only
        conditions = [(c, listed, 1) for c, listed in CONDITIONS if listed or origin != WORDS]
        conditions += [(cased, True, 3) for cased in (True, False) if origin == WORDS]
        for cased, listed, times in conditions:
            known = lists if listed else forgot
            m = carriers.measure(detect, names, sentences, lists=known, cased=cased, seeds=seeds, times=times)
            low, high = (round(x, 4) for x in wilson(m.found, m.n))
            rows.append(Recall(origin, sex, cased, listed, len(names), times, m.found, m.n, low, high))
    return rows


def measured_with() -> dict[str, str]:
    """Versions and settings, for whoever wants to repeat it."""
    lists = hashlib.sha256()
    for file in sorted(p for p in FOLDER.iterdir() if p.suffix in (".txt", ".toml")):
        lists.update(file.name.encode() + b"\0" + file.read_bytes())
    code = hashlib.sha256()
    for file in sorted((CHECKOUT / "pipeline").glob("identifiers*.py")):
        code.update(file.name.encode() + b"\0" + file.read_bytes())
    return {
        "project": pipeline.__version__, "recognisers": code.hexdigest()[:16], "lists": lists.hexdigest()[:16],
        "model": ENTITY_PACKAGE[1], "spacy": version("spacy"), "python": platform.python_version(),
        "sentences": f"{len(carriers.lines(carriers.HELD_OUT_NAMES))} held-out carrier sentences",
        "names": "lexicons/identifiers/names_by_origin.txt (faker 40.63)",
        "seeds": ", ".join(map(str, SEEDS)), "roster": "none",
    }  # fmt: skip


def main() -> None:
    detect, origins, lists = load_models().detect, read_origins(), read_lists()
    rows: list[Recall] = []
    for origin, sex in groups(origins):
        found = measure(detect, [(origin, sex)], lists=lists, origins=origins)
        rows += found
        sys.stdout.write(f"{origin} {sex}".ljust(24) + "  ".join(f"{_name(r)} {r.recall:.3f}" for r in found) + "\n")
        sys.stdout.flush()
    gaps = gaps_of(tuple(rows))
    for gap in gaps:
        sys.stdout.write(f"{gap}\n")
    for cased in (True, False):
        lost, n = carriers.lost_words(detect, carriers.lines(carriers.ORDINARY), lists=lists, cased=cased)
        sys.stdout.write(f"words that are names elsewhere, {'cased' if cased else 'heard'}: {lost} of {n} words lost\n")
    data = {"measured_with": measured_with(), "recalls": [asdict(r) for r in rows]}
    text = "{\n" + f' "measured_with": {json.dumps(data["measured_with"])},\n "recalls": [\n  '
    text += ",\n  ".join(json.dumps(r) for r in data["recalls"]) + "\n ]\n}\n"
    target = SHIPPED if "--write" in sys.argv[1:] else CHECKOUT / "bench" / "fairness.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _name(row: Recall) -> str:
    said = f" x{row.times}" if row.times > 1 else ""
    return ("cased" if row.cased else "heard") + ("" if row.listed else " unlisted") + said


if __name__ == "__main__":
    main()
