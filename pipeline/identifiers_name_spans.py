"""From words that are names to spans: what else belongs to a name, where it ends, and whether it is a person's or a
place's."""

from __future__ import annotations

from collections.abc import Set

from pipeline.identifiers import Identifier, Kind, Reading
from pipeline.identifiers_known import KnownForms
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_stems import PLACE_LABELS, model_labels, stem
from pipeline.identifiers_weighing import Weighing

_WHEN = frozenset(["for", "until", "till", "all", "tonight", "tomorrow", "yesterday", "last", "this"])


class NameSpans:
    """What the search for names knows of one session, and how it joins hits to spans."""

    def __init__(self, reading: Reading, lists: Lists, known: KnownForms, met: Set[str]) -> None:
        self.reading, self.lists, self.known, self.met = reading, lists, known, met
        self.labels = tuple(tuple(model_labels(reading, n)) for n in range(len(reading.tokens)))
        self.weighing = Weighing(reading, lists, known, met, self.labels)

    def add_parts(self, n: int, hits: list[bool]) -> None:
        """ "pa pat", "Wi- Wiremu": a false start; "al hashimi", "ap-Rhys", "Farah de la Cruz": a small word of the
        name."""
        turn, cased = self.reading.tokens[n], self.reading.cased[n]
        for i in range(len(turn) - 1):
            short, full = turn[i].fold, turn[i + 1].fold
            if not hits[i] and hits[i + 1] and 1 < len(short) < len(full) and full.startswith(short):
                hits[i] = self.lists.level(short) >= 20 or short in self.lists.safe
        for i in range(len(turn) - 1):  # "marks house", where Mark is known
            bare = turn[i].fold[:-1]
            if (
                not hits[i]
                and turn[i].fold.endswith("s")
                and len(bare) > 2
                and (bare in self.known.sure or bare in self.met or (not cased and self._owns(n, i, bare)))
            ):
                home = (
                    i and turn[i - 1].whole in ("at", "round", "to") and turn[i + 1].whole in _WHEN
                )  # "at deans for tea"
                acts = bare in self.met and self.lists.has("names.person_verbs", turn[i + 1].whole)
                acts = acts or (bare in self.met and turn[i + 1].whole in ("is", "was", "has"))  # "Debs is off"
                hits[i] = (
                    acts or (self.lists.has("names.owned", turn[i + 1].fold) and not turn[i + 1].pause) or bool(home)
                )
        for i in range(len(turn) - 2, -1, -1):
            styled = self.lists.has("names.styled", turn[i].fold) and not turn[i + 1].pause
            if not hits[i] and hits[i + 1] and styled:
                hits[i] = True
            joined = turn[i + 1].tight or turn[i].capital or (i and hits[i - 1])
            if not hits[i] and hits[i + 1] and joined and self.lists.has("names.particles", turn[i].fold):
                hits[i] = True

    def add_false_starts(self, hits: list[list[bool]]) -> None:
        """ "my husband wi" — "sorry" — "wiremu": a name broken off at the end of a turn and said in the next ones."""
        for n, turn in enumerate(self.reading.tokens[:-1]):
            if not turn or hits[n][-1]:
                continue
            short = turn[-1].fold
            called = self.weighing.spot(n, len(turn) - 1)
            shown = self.lists.has("talk.kin", called.before) or self.lists.has("talk.naming", called.before)
            for k in range(n + 1, min(n + 3, len(hits))):
                full = [t.fold for t, hit in zip(self.reading.tokens[k][:4], hits[k], strict=False) if hit]
                if len(short) > 1 and any(f.startswith(short) and f != short for f in full):
                    hits[n][-1] = shown or self.lists.level(short) >= 35 or self.lists.level(short) == 0

    def _owns(self, n: int, i: int, bare: str) -> bool:
        """ "hunters mother" without an apostrophe, and not "the hunters house"."""
        breath = self.weighing.spot(n, i).breath
        word = self.lists.has("names.never", bare) or self.lists.has("talk.kin", bare)
        article = self.lists.has("talk.not_a_name", breath) or self.lists.has("talk.possessives", breath)
        return self.lists.given.get(bare, 0) >= 42 and not word and not article

    def join(self, n: int, hits: list[bool]) -> list[Identifier]:
        turn, text = self.reading.tokens[n], self.reading.texts[n]
        out: list[Identifier] = []
        last = -1
        for i, hit in enumerate(hits):
            if not hit:
                continue
            token = turn[i]
            end = stem(token, self.lists, self.known.sure)[1] if token.end == token.stop else token.end
            kind = self._kind(n, i)
            gap = text[out[-1].end : token.start] if out else ""
            one_letter = last >= 0 and turn[last].end - turn[last].start == 1
            whole = (
                last == i - 1
                and turn[last].end == turn[last].stop
                and (gap in (" ", "-", ".") or (gap == ". " and one_letter))
            )
            if out and whole and out[-1].kind is kind:
                out[-1] = Identifier(out[-1].start, end, kind, "name")
            else:
                out.append(Identifier(token.start, end, kind, "name"))
            last = i
        closed = []
        for one in out:  # the stop of the last initial belongs to the name
            stop = (
                one.end < len(text) and text[one.end] == "." and one.end - one.start >= 3 and text[one.end - 2] == "."
            )
            closed.append(Identifier(one.start, one.end + 1, one.kind, one.source) if stop else one)
        return closed

    def _kind(self, n: int, i: int) -> Kind:
        lists, spot = self.lists, self.weighing.spot(n, i)
        word, label = stem(spot.token, lists, self.known.sure)[0], self.labels[n][i]
        if word in self.known.sure or word in self.known.likely or self.weighing.titled(n, i):
            return Kind.NAME
        given, town = lists.given.get(word, 0), word in lists.places
        somewhere = lists.has("addresses.named_by_town", spot.before)
        if label in PLACE_LABELS and (town or somewhere or given < 35):
            return Kind.LOCATION
        if town and label != "PERSON" and (somewhere or (given < 30 and word not in lists.surnames)):
            return Kind.LOCATION
        return Kind.ORG if label == "ORG" and given < 35 and word not in self.met else Kind.NAME
