"""Read the codebook: lexicons/*.toml become Codes with Cues, Measures, Examples and near misses.

The lexicon owns the list of codes, their thresholds and the words that nominate them; nothing of these is declared
in Python. An unknown key, a missing one, or a cue without an example is an error that names file, code and key.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.codes import Family
from pipeline.errors import LexiconProblem
from pipeline.phrases import phrase_pattern, words_of
from pipeline.session import Speaker

SCHEMA = 1
ASKS = "asks"  # the context of contexts.toml that tells a turn which asks for an answer
COVERS = ("phrase", "sentence", "turn")
WHERE = ("this_turn", "start_of_turn", "end_of_turn", "previous_turn", "end_of_previous_turn")


@dataclass(frozen=True, slots=True)
class Context:
    """A named circumstance of a turn: phrases somewhere near it, or a feature above or below a bound."""

    id: str
    means: str
    where: str | None = None
    pattern: re.Pattern[str] | None = None
    unless: tuple[str, ...] = ()
    feature: str | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that nominate a code. `weight` is in log-odds: +0.7 doubles the odds, +3 makes them twenty times."""

    id: str
    pattern: re.Pattern[str]
    weight: float
    covers: str = "sentence"
    after: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that nominates (`nominates = true`) or speaks for or against a code, in log-odds."""

    id: str
    feature: str
    weight: float
    at_least: float | None = None
    at_most: float | None = None
    after: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    nominates: bool = False

    def holds(self, value: float | None) -> bool:
        """A feature that could not be measured (None) neither nominates nor weighs."""
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class Example:
    """A short dialogue that is executed as a test; «…» marks the words that carry the code."""

    dialogue: str
    cue: str | None = None
    why: str | None = None
    known_failure: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    id: str
    family: Family
    label: str
    speaker: Speaker | None  # None for attendance codes, which no one speaks
    status: str
    maps_to: str
    definition: str
    exclude: str
    base: float
    requires: tuple[str, ...]
    cues: tuple[Cue, ...]
    measures: tuple[Measure, ...]
    examples: tuple[Example, ...]
    near_misses: tuple[Example, ...]
    prototypes: tuple[str, ...]
    contrasts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """At or above `likely` a tag counts by default; between `possible` and `likely` it is offered for review."""

    likely: float
    possible: float


@dataclass(frozen=True)
class Lexicon:
    version: str
    hash: str  # sha256 of every file in the folder, so that a changed codebook or name list is seen in every run record
    codes: dict[str, Code]
    contexts: dict[str, Context]
    backchannels: frozenset[str]
    thresholds: dict[Family, Thresholds]

    def asks(self, text: str) -> bool:
        """Does a turn end by asking for an answer, whether or not a question mark was written?"""
        pattern = self.contexts[ASKS].pattern
        assert pattern is not None
        return text.rstrip().endswith("?") or next(words_of(text).matches(pattern), None) is not None

    def family(self, family: Family) -> list[Code]:
        return [c for c in self.codes.values() if c.family is family]


def read_lexicon(folder: Path) -> Lexicon:
    """Read every .toml file of a folder. Raises LexiconProblem naming file, code and key."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise LexiconProblem(f"{folder}: no lexicon files; point `lexicons` in study.toml to the codebook's folder")
    codes: dict[str, Code] = {}
    contexts: dict[str, Context] = {}
    backchannels: frozenset[str] = frozenset()
    thresholds: dict[Family, Thresholds] = {}
    versions = set()
    for file in files:
        body = file.read_bytes()
        try:
            data = tomllib.loads(body.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise LexiconProblem(f"{file.name}: {e}") from e
        if data.pop("schema", None) != SCHEMA:
            raise LexiconProblem(f"{file.name}: schema must be {SCHEMA}")
        versions.add(data.pop("version", None))
        if "family" in data:
            family, bounds, found = _family_file(file.name, data)
            thresholds[family] = bounds
            for code in found:
                if code.id in codes:
                    raise LexiconProblem(f"{file.name}: {code.id} is declared twice; a code's id is never used again")
                codes[code.id] = code
        else:
            _only(file.name, "top level", data, {"context", "backchannels"})
            backchannels |= frozenset(data.get("backchannels", ()))
            contexts |= {c["id"]: _context(file.name, c) for c in data.get("context", ())}
    if len(versions) != 1 or None in versions:
        raise LexiconProblem(
            f"{folder.name}/: all files must carry the same version, found {sorted(map(str, versions))}"
        )
    lexicon = Lexicon(versions.pop(), _hash(folder), codes, contexts, backchannels, thresholds)
    _check_names(lexicon)
    return lexicon


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(f for f in folder.rglob("*") if f.is_file() and f.suffix != ".md"):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _family_file(file: str, data: dict[str, Any]) -> tuple[Family, Thresholds, list[Code]]:
    _only(file, "top level", data, {"family", "likely", "possible", "code"})
    try:
        family = Family(data["family"])
        bounds = Thresholds(float(data["likely"]), float(data["possible"]))
    except (KeyError, ValueError) as e:
        raise LexiconProblem(f"{file}: {e}; a family file needs family, likely and possible") from e
    if not 0 < bounds.possible <= bounds.likely < 1:
        raise LexiconProblem(f"{file}: thresholds must hold 0 < possible <= likely < 1")
    return family, bounds, [_code(file, family, c) for c in data.get("code", ())]


def _code(file: str, family: Family, data: dict[str, Any]) -> Code:
    who = f"code {data.get('id', '?')}"
    known = {f.name for f in fields(Code)} - {"family", "cues", "measures", "examples", "near_misses"}
    _only(file, who, data, known | {"cue", "measure", "example", "near_miss"})
    for key in ("id", "label", "status", "maps_to", "definition", "exclude"):
        if not isinstance(data.get(key), str):
            raise LexiconProblem(f"{file}: {who}: `{key}` is missing")
    code = Code(
        id=data["id"],
        family=family,
        label=data["label"],
        speaker=Speaker(data["speaker"]) if "speaker" in data else None,
        status=data["status"],
        maps_to=data["maps_to"],
        definition=data["definition"],
        exclude=data["exclude"],
        base=float(data.get("base", -3.0)),
        requires=tuple(data.get("requires", ())),
        cues=tuple(_cue(file, who, c) for c in data.get("cue", ())),
        measures=tuple(_build(Measure, file, f"{who}, measure", m) for m in data.get("measure", ())),
        examples=tuple(_build(Example, file, f"{who}, example", e) for e in data.get("example", ())),
        near_misses=tuple(_build(Example, file, f"{who}, near miss", e) for e in data.get("near_miss", ())),
        prototypes=tuple(data.get("prototypes", ())),
        contrasts=tuple(data.get("contrasts", ())),
    )
    if family is Family.ATTENDANCE:
        return code
    proven = {e.cue for e in code.examples}
    for cue in code.cues:
        if cue.id not in proven:
            raise LexiconProblem(f"{file}: {who}: cue `{cue.id}` has no example; a cue without one cannot exist")
    if not code.near_misses or any(not e.why for e in code.near_misses):
        raise LexiconProblem(f"{file}: {who}: needs at least one near miss, each with `why`")
    return code


def _cue(file: str, who: str, data: dict[str, Any]) -> Cue:
    _only(file, f"{who}, cue", data, {"id", "phrases", "weight", "covers", "after", "unless"})
    data = dict(data)
    data["pattern"] = _pattern(file, f"{who}, cue {data.get('id', '?')}", data.pop("phrases", ()))
    cue = _build(Cue, file, f"{who}, cue", data)
    if cue.covers not in COVERS:
        raise LexiconProblem(f"{file}: {who}: cue `{cue.id}`: covers must be one of {', '.join(COVERS)}")
    return cue


def _context(file: str, data: dict[str, Any]) -> Context:
    who = f"context {data.get('id', '?')}"
    _only(file, who, data, {"id", "means", "where", "phrases", "unless", "feature", "at_least", "at_most"})
    data = dict(data)
    if "phrases" in data:
        data["pattern"] = _pattern(file, who, data.pop("phrases"))
    context = _build(Context, file, who, data)
    if (context.pattern is None) == (context.feature is None) or (context.pattern and context.where not in WHERE):
        raise LexiconProblem(f"{file}: {who}: needs either phrases and where ({', '.join(WHERE)}) or a feature")
    return context


def _pattern(file: str, who: str, phrases: Any) -> re.Pattern[str]:
    if not phrases:
        raise LexiconProblem(f"{file}: {who}: `phrases` is missing or empty")
    try:
        return phrase_pattern(phrases)
    except ValueError as e:
        raise LexiconProblem(f"{file}: {who}: {e}") from e


def _build(kind: type, file: str, who: str, data: dict[str, Any]) -> Any:
    names = {f.name for f in fields(kind)}
    _only(file, who, data, names)
    try:
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})
    except TypeError as e:
        raise LexiconProblem(f"{file}: {who}: {str(e).partition('() ')[2] or e}") from e


def _only(file: str, who: str, data: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(data) - known):
        raise LexiconProblem(f"{file}: {who}: unknown key `{unknown[0]}`; known are {', '.join(sorted(known))}")


def _check_names(lexicon: Lexicon) -> None:
    """Every context that is named exists."""
    for code in lexicon.codes.values():
        named = [*code.requires]
        items: list[Cue | Measure] = [*code.cues, *code.measures]
        for item in items:
            named += [*item.after, *item.unless]
        for name in named:
            if name not in lexicon.contexts:
                raise LexiconProblem(f"code {code.id}: context `{name}` is not in contexts.toml")
    for context in lexicon.contexts.values():
        for name in context.unless:
            if name not in lexicon.contexts:
                raise LexiconProblem(f"context {context.id}: context `{name}` is not in contexts.toml")
