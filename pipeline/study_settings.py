"""study.toml: what a protocol fixes. What is absent has a default; what is unknown is an error that names it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import StudyProblem

CHECKOUT = Path(__file__).resolve().parent.parent  # lexicons/ and data_contracts/ lie beside the package
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
STYLES = ("placeholder", "surrogate")  # as pipeline.deidentify writes them


@dataclass(frozen=True, slots=True)
class Settings:
    """study.toml. What is absent has these values; they are part of every session's fingerprint."""

    id: str
    purpose: str = "research"
    style: str = "placeholder"
    risk_limit: float = 0.6
    episode_gap: int = 6
    episode_window: int = 40
    encoding: str = "utf-8"
    columns: tuple[tuple[str, str], ...] = ()
    entities_model: str | None = None
    meaning_model: str | None = None
    lexicons: Path = CHECKOUT / "lexicons"
    contracts: Path = CHECKOUT / "data_contracts"
    measures: Mapping[str, Any] = field(default_factory=dict)


SETTING_TABLES = {
    "deidentify": {"style": "style", "risk_limit": "risk_limit"},
    "episodes": {"gap": "episode_gap", "window": "episode_window"},
    "transcripts": {"encoding": "encoding", "columns": "columns"},
    "models": {"entities": "entities_model", "meaning": "meaning_model"},
    "paths": {"lexicons": "lexicons", "data_contracts": "contracts"},
}


def read_settings(folder: Path) -> Settings:
    file = folder / "study.toml"
    if not file.exists():
        return Settings(id=folder.resolve().name)
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise StudyProblem(f"study.toml: {e}") from None
    found: dict[str, Any] = {"id": folder.resolve().name}
    for key, value in data.items():
        if (key in ("id", "purpose") and isinstance(value, str)) or (key == "measures" and isinstance(value, dict)):
            found[key] = value
        elif key in SETTING_TABLES and isinstance(value, dict):
            for name, v in value.items():
                if name not in SETTING_TABLES[key]:
                    known = ", ".join(sorted(SETTING_TABLES[key]))
                    raise StudyProblem(f"study.toml: [{key}] has no setting `{name}`; known are {known}")
                found[SETTING_TABLES[key][name]] = v
        else:
            known = ", ".join(["id", "purpose", "measures", *SETTING_TABLES])
            raise StudyProblem(f"study.toml: unknown key `{key}`; known are {known}")
    if found.get("style", "placeholder") not in STYLES:
        raise StudyProblem(f"study.toml: [deidentify] style must be one of {', '.join(STYLES)}")
    if "columns" in found:
        found["columns"] = tuple(sorted(found["columns"].items()))
    for key in ("lexicons", "contracts"):
        if key in found:
            found[key] = (folder / found[key]).resolve()
    if not ID.fullmatch(found["id"]):
        raise StudyProblem("study.toml: id must be letters, digits, `_`, `-`, `.` (it names files and exports)")
    return Settings(**found)
