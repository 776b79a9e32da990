"""Scoring keys of alliance questionnaires, read from TOML: item numbers, ranges, reversed items. Never item texts.

The built-in keys are data_contracts/alliance_measures.toml; a study adds its own as `[measures.X]` in study.toml.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import StudyProblem

BUILT_IN_KEYS = Path(__file__).resolve().parent.parent / "data_contracts" / "alliance_measures.toml"


@dataclass(frozen=True, slots=True)
class MeasureKey:
    """How one questionnaire is scored. Items are numbered from 1."""

    name: str
    version: str
    subscales: Mapping[str, tuple[int, ...]]
    reversed: frozenset[int] = frozenset()
    min: float | None = None  # None: alliance.csv has to say what was in use
    max: float | None = None
    summary: str = "mean"  # mean | sum
    key_verified: bool = False
    key_source: str = "given by the study"
    concern_at_most: float | None = None

    @property
    def items(self) -> frozenset[int]:
        return frozenset(i for items in self.subscales.values() for i in items)


def read_keys(path: Path = BUILT_IN_KEYS) -> dict[str, MeasureKey]:
    """The scoring keys of a TOML file, by name. Raises StudyProblem naming file, measure and key."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyProblem(f"{path.name}: cannot be read as TOML ({type(error).__name__})") from None
    return keys_from(tables, where=path.name)


def keys_from(tables: Mapping[str, Any], *, where: str) -> dict[str, MeasureKey]:
    """Scoring keys from TOML tables, such as `[measures.X]` of study.toml. Later dicts may replace earlier keys."""
    return {name: _key(name, table, f"{where} [{name}]") for name, table in tables.items()}


def _key(name: str, table: Any, where: str) -> MeasureKey:
    if not isinstance(table, dict):
        raise StudyProblem(f"{where}: a measure is a table with subscales = {{name = [item numbers]}}")
    known = {
        "version",
        "subscales",
        "reversed",
        "min",
        "max",
        "summary",
        "key_verified",
        "key_source",
        "concern_at_most",
    }
    if unknown := sorted(set(table) - known):
        raise StudyProblem(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    subscales = table.get("subscales")
    if not isinstance(subscales, dict) or not subscales or not all(map(_are_items, subscales.values())):
        raise StudyProblem(f"{where}: subscales needs one or more lists of different item numbers from 1")
    reverse = table.get("reversed", [])
    key = MeasureKey(
        name=name,
        version=str(table.get("version", f"{name} of this study")),
        subscales={subscale: tuple(items) for subscale, items in subscales.items()},
        reversed=frozenset(reverse) if reverse == [] or _are_items(reverse) else frozenset({0}),
        min=table.get("min"),
        max=table.get("max"),
        summary=table.get("summary", "mean"),
        key_verified=table.get("key_verified", False) is True,
        key_source=str(table.get("key_source", "given by the study")),
        concern_at_most=table.get("concern_at_most"),
    )
    if not key.reversed <= key.items:
        raise StudyProblem(f"{where}: reversed has to list items of the subscales")
    if key.summary not in ("mean", "sum"):
        raise StudyProblem(f"{where}: summary is mean or sum")
    if not all(v is None or _is_number(v) for v in (key.min, key.max, key.concern_at_most)):
        raise StudyProblem(f"{where}: min, max and concern_at_most are numbers")
    if (key.min is None) != (key.max is None) or (key.min is not None and key.max is not None and key.min >= key.max):
        raise StudyProblem(f"{where}: give both min and max, min below max, or neither")
    return key


def _are_items(items: Any) -> bool:
    if not isinstance(items, list) or not items or len(set(map(str, items))) != len(items):
        return False
    return all(type(i) is int and i >= 1 for i in items)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
