"""How long every shipped question takes on a large store: 5,000 sessions and 2 million turns, made up from a seed.

Run by `make bench`. A question that takes longer than LIMIT_S makes it fail. Seconds are the better of two tries in a
process of its own, on the machine at hand; bench/queries.json keeps them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from pipeline.export_sheets import sheets  # noqa: E402
from pipeline.store import DATA_CONTRACTS, open_store  # noqa: E402
from tests.study_store import write_study  # noqa: E402

LIMIT_S = 2.0
CLIENTS, SESSIONS, TURNS = 250, 20, 464


def main() -> int:
    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        path = write_study(Path(folder) / "large.duckdb", clients=CLIENTS, sessions=SESSIONS, turns=TURNS)
        seconds: dict[str, float] = {}
        with open_store(path, read_only=True) as store:
            [size] = store.rows(
                "SELECT (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM turns) AS turns"
            )
            say(f"{size['sessions']:,} sessions, {size['turns']:,} turns, made in {time.perf_counter() - began:.0f} s")
            for query in sorted((DATA_CONTRACTS / "queries").glob("*.sql")):
                sql = query.read_text(encoding="utf-8")
                rows, seconds[query.stem] = 0, float("inf")
                for _ in range(2):
                    started = time.perf_counter()
                    rows = store.query(sql).height
                    seconds[query.stem] = min(seconds[query.stem], time.perf_counter() - started)
                say(f"{query.stem:42} {seconds[query.stem]:6.2f} s  {rows:9,} rows")
            started = time.perf_counter()
            made = sheets(store.query, with_text=False)
            say(
                f"{'(all sheets of an export, without text)':42} {time.perf_counter() - started:6.2f} s  {len(made):9} sheets"
            )
    slow = {name: s for name, s in seconds.items() if s > LIMIT_S}
    slowest = max(seconds, key=lambda name: seconds[name])
    say(f"slowest: {slowest}, {seconds[slowest]:.2f} s; over {LIMIT_S:g} s: {', '.join(slow) or 'none'}")
    (CHECKOUT / "bench").mkdir(exist_ok=True)
    figures = {**size, "limit_s": LIMIT_S, "seconds": {name: round(s, 2) for name, s in seconds.items()}}
    (CHECKOUT / "bench" / "queries.json").write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
