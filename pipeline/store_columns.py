"""The data dictionary, made from the database itself: what data_contracts/README.md says of tables, views and queries.

`python -m pipeline.store_columns` writes it anew; a test says when it is out of date.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from pipeline.store_files import DATA_CONTRACTS

INTRODUCTION = """# The research database

Made from `tables.sql`, `views.sql`, `queries/` and `expectations/` by `python -m pipeline.store_columns`; change those,
not this file. `store/study.duckdb` holds the tables; the published snapshot beside it is the same, readable by DuckDB
1.4 and later, in R and Python, while a run is writing.
"""


def data_dictionary(contracts: Path = DATA_CONTRACTS) -> str:
    """Markdown: every table with its columns, every view, every query with its question, every contract's rules."""
    with duckdb.connect(":memory:") as model:
        for name in ("tables.sql", "views.sql"):
            model.execute((contracts / name).read_text(encoding="utf-8"))
        parts = [INTRODUCTION, "## Tables\n"]
        tables = model.execute("SELECT table_name, comment FROM duckdb_tables() ORDER BY table_oid").fetchall()
        for table, comment in tables:
            columns = model.execute(
                "SELECT column_name, lower(data_type), comment FROM duckdb_columns() WHERE table_name = ?"
                " ORDER BY column_index",
                [table],
            ).fetchall()
            parts.append(f"### {table}\n\n{comment}\n\n| column | type | meaning |\n|---|---|---|")
            parts.append("\n".join(f"| {name} | {kind} | {meaning} |" for name, kind, meaning in columns) + "\n")
        views = model.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1").fetchall()
    parts.append("## Views\n\n| view | meaning |\n|---|---|")
    parts.append("\n".join(f"| {name} | {comment} |" for name, comment in views) + "\n")
    parts.append("## Queries\n\n| file | question |\n|---|---|")
    for query in sorted((contracts / "queries").glob("*.sql")):
        question = query.read_text(encoding="utf-8").splitlines()[0].removeprefix("-- ")
        parts.append(f"| queries/{query.name} | {question} |")
    parts.append("\n## Contracts\n\nChecked before anything is written; a session that breaks one is quarantined.\n")
    for file in sorted((contracts / "expectations").glob("*.json")):
        suite = json.loads(file.read_text(encoding="utf-8"))
        rules = "\n".join(f"- {e['meta']['means']}" for e in suite["expectations"])
        parts.append(f"### {suite['name']}\n\n{suite['meta']['notes']}\n\n{rules}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    (DATA_CONTRACTS / "README.md").write_text(data_dictionary(), encoding="utf-8")
