"""Recall by origin of name, by sex and by case, on the carrier sentences of tests/carriers.py.

Run by `make bench`; writes bench/fairness.json. Each group is measured twice: with the lists as they are, and as if they
had never heard these names ("unlisted"), which is what people with rarer names get. Names that are words of English are a
group of their own: without capitals they are the hardest of all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pipeline.identifiers_lists import read_lists
from pipeline.identifiers_origins import read_origins
from pipeline.language import load_models
from tests import carriers

CHECKOUT = Path(__file__).resolve().parent.parent
CONDITIONS = [(cased, listed) for cased in (True, False) for listed in (True, False)]


def main() -> None:
    detect, origins, lists = load_models().detect, read_origins(), read_lists()
    sentences = carriers.lines(carriers.NAMES)
    groups = {f"{o} {s}": origins.names[o, s] for o in origins.groups for s in "FM"}
    groups["names that are words"] = tuple(carriers.listed(carriers.WORD_NAMES))
    unlisted = carriers.without(lists, [n for names in groups.values() for n in names])
    table: dict[str, dict[str, float]] = {}
    sys.stdout.write(f"{'group':24}{'names':>6}  cased  cased,unlisted  heard  heard,unlisted\n")
    for name, names in groups.items():
        row = {}
        for cased, listed in CONDITIONS:
            # a word is no name at all to lists that do not have it, so the last group is measured as it is
            known = lists if listed or name == "names that are words" else unlisted
            measured = carriers.measure(detect, names, sentences, lists=known, cased=cased, seeds=(1,))
            row[f"{'cased' if cased else 'heard'}{'' if listed else ', unlisted'}"] = round(measured.recall, 4)
        table[name] = row
        sys.stdout.write(f"{name:24}{len(names):6}  " + "  ".join(f"{v:.3f}" for v in row.values()) + "\n")
        sys.stdout.flush()
    gaps = {}
    for condition in next(iter(table.values())):
        ordinary = {g: r[condition] for g, r in table.items() if g != "names that are words"}
        sizes = {g: len(groups[g]) for g in ordinary}

        def over(members: list[str], ordinary=ordinary, sizes=sizes) -> float:
            return sum(ordinary[g] * sizes[g] for g in members) / sum(sizes[g] for g in members)

        by_origin = {o: over([f"{o} F", f"{o} M"]) for o in origins.groups}
        by_sex = {s: over([g for g in ordinary if g.endswith(s)]) for s in "FM"}
        gaps[condition] = {
            "largest gap by origin": round(max(by_origin.values()) - min(by_origin.values()), 4),
            "lowest": min(by_origin, key=by_origin.__getitem__),
            "gap by sex": round(abs(by_sex["F"] - by_sex["M"]), 4),
        }
        sys.stdout.write(f"{condition}: {gaps[condition]}\n")
    (CHECKOUT / "bench").mkdir(exist_ok=True)
    (CHECKOUT / "bench" / "fairness.json").write_text(json.dumps({"recall": table, "gaps": gaps}, indent=1) + "\n")


if __name__ == "__main__":
    main()
