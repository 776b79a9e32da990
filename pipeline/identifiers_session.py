"""All recognisers over one session. To add a recogniser: write a function `(Reading, Lists) ->
list[list[Identifier]]` and name it here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace

from pipeline.identifiers import Detect, Identifier, Kind, Reading, read_session, resolve
from pipeline.identifiers_ages import find_ages
from pipeline.identifiers_dates import find_dates
from pipeline.identifiers_institutions import find_institutions
from pipeline.identifiers_known import KnownForms, find_phrases
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_names import NameSearch
from pipeline.identifiers_numbers import find_numbers
from pipeline.identifiers_online import find_online
from pipeline.identifiers_ordinary import find_ordinary
from pipeline.identifiers_places import find_places
from pipeline.identifiers_spelling import find_misheard, find_spelled
from pipeline.identifiers_sweep import phrases_of, sweep, worth_sweeping
from pipeline.identifiers_work import find_work

Recognise = Callable[[Reading, Lists], list[list[Identifier]]]
RECOGNISERS: tuple[Recognise, ...] = (
    find_online,
    find_dates,
    find_ages,
    find_places,
    find_institutions,
    find_ordinary,
    find_work,
)


def true_case(reading: Reading, lists: Lists) -> list[str]:
    """Lower-case turns with capitals where a name may stand, so that the model, which learned from print, can see
    them."""
    out = []
    for text, turn, cased in zip(reading.texts, reading.tokens, reading.cased, strict=True):
        if cased:
            out.append(text)
            continue
        letters = list(text)
        for token in turn:
            level = lists.level(token.whole)
            listed = lists.given.get(token.fold, 0) >= (36 if level < 35 else 30) or (
                token.fold in lists.places and level >= 35
            )
            if (
                token.opens
                or token.whole == "i"
                or (token.fold not in lists.safe and (level == 0 or (listed and level >= 10)))
            ):
                upper = text[token.start].upper()
                if len(upper) == 1:
                    letters[token.start] = upper
        out.append("".join(letters))
    return out


def read_with_model(texts: Sequence[str], detect: Detect, lists: Lists) -> Reading:
    """Tokens, case and the model's entities of a session."""
    reading = read_session(texts)
    entities = detect(true_case(reading, lists))
    return replace(reading, entities=tuple(tuple(e) for e in entities))


def certain_names(reading: Reading, known: KnownForms, lists: Lists, met: Set[str]) -> set[str]:
    """Names this session shows on strong grounds, folded, beyond those already met in the client's sessions."""
    return NameSearch(reading, lists, known, met).certain()


def find_identifiers(reading: Reading, known: KnownForms, lists: Lists, met: Set[str]) -> list[list[Identifier]]:
    """Everything found, turn by turn, without overlaps. `met` are names known from this and the client's other
    sessions."""
    found = [recognise(reading, lists) for recognise in RECOGNISERS]
    found.append(find_numbers(reading, lists, known.digits))
    found.append(find_phrases(reading, known))
    found.append(find_misheard(reading, known, lists))
    found.append(find_spelled(reading, known.sure | met, lists))
    found.append(NameSearch(reading, lists, known, met).find())
    return [resolve([one for layer in found for one in layer[n]]) for n in range(len(reading.texts))]


def sweep_places(
    readings: Sequence[Reading],
    found: Sequence[list[list[Identifier]]],
    lists: Lists,
    heard: Iterable[tuple[tuple[str, ...], Kind]] = (),
) -> list[list[list[Identifier]]]:
    """A place or institution shown in one session of a client is looked for in all of them, like a name.

    `heard` are those of earlier sessions, as folded words and kind.
    """
    phrases: Counter[tuple[tuple[str, ...], Kind]] = Counter(heard)
    for reading, ones in zip(readings, found, strict=True):
        phrases.update(phrases_of(reading, ones))
    worth = worth_sweeping(phrases, lists)
    out = []
    for reading, ones in zip(readings, found, strict=True):
        swept = sweep(reading, worth)
        out.append([resolve([*a, *b]) if b else list(a) for a, b in zip(ones, swept, strict=True)])
    return out
