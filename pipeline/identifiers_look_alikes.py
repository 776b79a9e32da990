"""What looks like a name of the client's world and is none: medicines, brands, languages, people everybody knows."""

from __future__ import annotations

from pipeline.identifiers_weighing import Weighing


def look_alikes(weighing: Weighing, n: int) -> set[int]:
    """Tokens that are medicines, brands, languages …: kept unless talk shows somebody of that name."""
    turn, lists, sure = weighing.reading.tokens[n], weighing.lists, weighing.known.sure
    safe = {i for i, t in enumerate(turn) if t.whole in lists.safe or t.fold in lists.safe or lists.is_medicine(t.fold)}
    for i, token in enumerate(turn):  # "fifty milligrams of x", "on the x 20"
        spot = weighing.spot(n, i)
        of = spot.back(1) == "of" and lists.has("medicine.units", spot.back(2))
        dosed = i + 1 < len(turn) and (turn[i + 1].number or lists.has("medicine.units", turn[i + 1].fold))
        taken = spot.back(1) in ("on", "the", "of", "some", "my", "taking", "take")
        if (of or (dosed and taken)) and token.fold not in lists.given and token.fold not in sure:
            safe.add(i)
    return safe


def public_figures(weighing: Weighing, n: int) -> set[int]:
    """Tokens of names everybody knows, unless the roster has somebody of that name or a title or kinship word stands
    before."""
    turn, lists, sure = weighing.reading.tokens[n], weighing.lists, weighing.known.sure
    figures: set[int] = set()
    for i, token in enumerate(turn):
        for phrase in lists.phrases.get(token.fold, ()):
            k = i + len(phrase)
            if tuple(t.fold for t in turn[i:k]) != phrase or any(t.fold in sure for t in turn[i:k]):
                continue
            spot = weighing.spot(n, i)
            owned = lists.has("talk.possessives", spot.back(2)) and spot.back(2) != "the"
            related = owned and lists.has("talk.kin", spot.back(1))
            if len(phrase) > 1 or not (related or weighing.titled(n, i)):
                figures |= set(range(i, k))
            break
    return figures
