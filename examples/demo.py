"""`make demo`: run both shipped studies in a folder of their own, show a first query, say where to look next."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "demo"
ALLIANCE = [sys.executable, "-c", "from pipeline.cli import main; main()"]
STUDIES = {
    "riverside": "a made-up study: 6 clients, consent cases, lateness, nine transcript formats, WAI-SR",
    "mibot": "106 real people talking with a counselling chatbot about smoking (CC BY-SA 4.0), CARE",
}
FIRST_QUERY = """\
SELECT session_id, kind, first_turn, repair_turn, round(latency_s) AS latency_s, outcome
FROM episodes JOIN sessions USING (session_id)
WHERE client_id = 'c01' ORDER BY day, first_turn
"""


def main() -> int:
    DEMO.mkdir(exist_ok=True)
    # a key of the demo's own, outside both studies; a lab's key is made once in its configuration folder
    environment = {**os.environ, "XDG_CONFIG_HOME": str(DEMO / "config")}
    for n, (study, what) in enumerate(STUDIES.items(), 1):
        say(f"{n} of {len(STUDIES)}  {study}: {what}")
        shutil.copytree(HERE / study, DEMO / study, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "*.md"))
        done = subprocess.run([*ALLIANCE, "run", str(DEMO / study)], env=environment, check=False)
        if done.returncode not in (0, 2):  # 2: ran, some quarantined; riverside ships one broken file to show it
            return done.returncode
    say("alliance status demo/riverside")
    subprocess.run([*ALLIANCE, "status", str(DEMO / "riverside")], env=environment, check=True)
    say("A first query, on demo/riverside/store/study.duckdb: how did the ruptures of client c01 end?")
    sys.stdout.write(f"{FIRST_QUERY}\n")
    from rich.console import Console
    from rich.table import Table

    from pipeline.store import open_store

    with open_store(DEMO / "riverside" / "store" / "study.duckdb", read_only=True) as store:
        rows = store.rows(FIRST_QUERY)
    table = Table(box=None, header_style="bold")
    for column in rows[0]:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if v is None else f"{v:g}" if isinstance(v, float) else str(v) for v in row.values()))
    Console().print(table)
    say("Where to look next")
    for study in STUDIES:
        report = max((DEMO / study / "reports").iterdir(), key=lambda p: p.name) / "index.html"
        sys.stdout.write(f"open {report.relative_to(HERE.parent)} in a browser\n")
    sys.stdout.write("list the research questions:  .venv/bin/alliance query demo/riverside\n")
    sys.stdout.write("run it again (nothing to do): .venv/bin/alliance run demo/riverside\n")
    return 0


def say(line: str) -> None:
    sys.stdout.write(f"\n== {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
