"""`make bench`: what the pipeline costs beside the bare models on the same text, as ratios taken in one run.

The text is one session of 450 turns put together from the shipped MIBot sessions (people talking with a counselling
chatbot; CC BY-SA 4.0). Seconds depend on the machine and are shown for scale only.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from flows.local import stay_local  # noqa: E402

stay_local()

from pipeline import contracts  # noqa: E402
from pipeline.language import load_models  # noqa: E402
from pipeline.lexicon import read_lexicon  # noqa: E402
from pipeline.method import code_session, make_safe  # noqa: E402
from pipeline.pseudonyms import Crosswalk  # noqa: E402
from pipeline.session import RawSession, RawTurn, Session, Speaker  # noqa: E402
from pipeline.store import open_store  # noqa: E402
from pipeline.study import Settings  # noqa: E402

TURNS = 450
T = TypeVar("T")


def long_session() -> RawSession:
    turns: list[RawTurn] = []
    for file in sorted((CHECKOUT / "examples" / "mibot" / "inbox").glob("*.csv")):
        for row in csv.DictReader(file.open(encoding="utf-8")):
            turns.append(RawTurn(len(turns), row["speaker"], row["text"]))
            if len(turns) == TURNS:
                return RawSession("bench", tuple(turns), (("T", Speaker.THERAPIST), ("C", Speaker.CLIENT)))
    raise SystemExit("examples/mibot holds too few turns")


def timed(what: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = what()
    return time.perf_counter() - start, result


def main() -> None:
    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    load_s, models = timed(load_models)
    lexicon, settings = read_lexicon(CHECKOUT / "lexicons"), Settings(id="bench")
    raw = long_session()
    texts = [t.text for t in raw.turns]
    n_words = sum(len(t.split()) for t in texts)
    say(f"one session: {TURNS} turns, {n_words} words; models loaded in {load_s:.1f} s")
    models.detect(["Warm up."])
    models.embed(("Warm up.",))
    for code in lexicon.codes.values():  # prototypes are encoded once a process, not once a session
        models.embed(code.prototypes)
        models.embed(code.contrasts)

    names_s, _ = timed(lambda: models.detect(texts))
    vectors_s, _ = timed(lambda: models.embed([f"{t} " for t in texts]))  # the space keeps the memory of calls out
    safe_s, (safe,) = timed(
        lambda: make_safe(
            [raw], known=[], detect=models.detect, crosswalk=Crosswalk(), date_offset_days=7, settings=settings
        )
    )
    session = Session("bench", "c", "t", safe.turns, 1, "early", 0)
    code_s, coded = timed(
        lambda: code_session(session, lexicon=lexicon, embed=models.embed, settings=settings, usual_minutes_late=None)
    )
    timed(lambda: contracts.run_checks(contracts.safe(session)))  # Great Expectations is imported once a process
    checks = [
        *contracts.safe(coded.session),
        *contracts.coded(coded.session, coded.tags, coded.episodes, codes=lexicon.codes),
    ]
    check_s, _ = timed(lambda: contracts.run_checks(checks))
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "bench.duckdb") as store:
        write_s, _ = timed(
            lambda: store.write_session(
                coded.session,
                coded.tags,
                coded.episodes,
                run_id="r",
                lexicon_version="v",
                model_version="m",
                fingerprint="f",
            )
        )
    bare = names_s + vectors_s
    rows = {
        "de-identify": (safe_s, safe_s / names_s, "the bare named-entity model"),
        "code": (code_s, code_s / vectors_s, "encoding all turns once"),
        "check contracts": (check_s, check_s / bare, "both bare models"),
        "store": (write_s, write_s / bare, "both bare models"),
        "all": (total := safe_s + code_s + check_s + write_s, total / bare, "both bare models"),
    }
    for name, (seconds, ratio, beside) in rows.items():
        say(f"{name:16} {seconds:6.2f} s   {ratio:5.2f} x {beside}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"words per second {n_words / total:,.0f}; peak memory {peak:,.0f} MB")
    (CHECKOUT / "bench").mkdir(exist_ok=True)
    ratios = {name: round(ratio, 3) for name, (_, ratio, _) in rows.items()}
    (CHECKOUT / "bench" / "speed.json").write_text(
        json.dumps({"ratios": ratios, "peak_mb": round(peak)}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
