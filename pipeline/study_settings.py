"""study.toml: what a protocol fixes. What is absent has a default; what is unknown is an error that names it."""

from __future__ import annotations

import codecs
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

COLUMNS = ("turn", "speaker", "start_s", "end_s", "text")  # of a transcript as a table


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
    measures: Mapping[str, Any] = field(default_factory=dict)


SETTING_TABLES = {
    "deidentify": {"style": "style", "risk_limit": "risk_limit"},
    "episodes": {"gap": "episode_gap", "window": "episode_window"},
    "transcripts": {"encoding": "encoding", "columns": "columns"},
    "models": {"entities": "entities_model", "meaning": "meaning_model"},
    "paths": {"lexicons": "lexicons"},
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
        if key in ("id", "purpose"):
            found[key] = _of_kind(value, str, key, "text in quotes")
        elif key == "measures":
            found[key] = _of_kind(value, dict, key, "a table [measures.NAME]")
        elif key in SETTING_TABLES:
            for name, v in _of_kind(value, dict, key, f"a table [{key}]").items():
                if name not in SETTING_TABLES[key]:
                    known = ", ".join(sorted(SETTING_TABLES[key]))
                    raise StudyProblem(f"study.toml: [{key}] has no setting `{name}`; known are {known}")
                found[SETTING_TABLES[key][name]] = v
        else:
            known = ", ".join(["id", "purpose", "measures", *SETTING_TABLES])
            raise StudyProblem(f"study.toml: unknown key `{key}`; known are {known}")
    _check_values(folder, found)
    if found.get("style", "placeholder") not in STYLES:
        raise StudyProblem(f"study.toml: [deidentify] style must be one of {', '.join(STYLES)}")
    if "columns" in found:
        found["columns"] = tuple(sorted(found["columns"].items()))
    if "lexicons" in found:
        found["lexicons"] = (folder / found["lexicons"]).resolve()
    if not ID.fullmatch(found["id"]):
        raise StudyProblem("study.toml: id must be letters, digits, `_`, `-`, `.` (it names files and exports)")
    return Settings(**found)


def _of_kind(value: Any, kind: type | tuple[type, ...], name: str, what: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise StudyProblem(f"study.toml: `{name}` must be {what}")
    return value


def _check_values(folder: Path, found: dict[str, Any]) -> None:
    """Kinds and ranges: a limit of 60 instead of 0.6 would open the gate without a word."""
    if not 0 < _of_kind(found.get("risk_limit", 0.6), (int, float), "risk_limit", "a number from 0 to 1") <= 1:
        raise StudyProblem("study.toml: `risk_limit` must be a number above 0 and at most 1")
    for name in ("episode_gap", "episode_window"):
        if _of_kind(found.get(name, 1), int, name.removeprefix("episode_"), "a whole number") < 1:
            raise StudyProblem(f"study.toml: `{name.removeprefix('episode_')}` must be at least 1")
    try:
        codecs.lookup(_of_kind(found.get("encoding", "utf-8"), str, "encoding", "the name of an encoding"))
    except LookupError:
        raise StudyProblem("study.toml: `encoding` is no encoding that Python knows, such as utf-8 or cp1252") from None
    columns = _of_kind(found.get("columns", {}), dict, "columns", 'a table, { text = "Utterance" }')
    if unknown := sorted(set(columns) - set(COLUMNS)):
        raise StudyProblem(f"study.toml: columns: `{unknown[0]}` is none of {', '.join(COLUMNS)}")
    for name in ("entities_model", "meaning_model", "lexicons"):
        if name in found:
            place = folder / Path(_of_kind(found[name], str, name, "a path in quotes")).expanduser()
            if not place.is_dir():
                raise StudyProblem(f"study.toml: `{name.removesuffix('_model')}` names no folder")
