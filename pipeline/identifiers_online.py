"""E-mail addresses, web addresses, handles, IP addresses and picture files, written or said aloud.

Said aloud: "j dot okafor at gmail dot com", "w w w dot example dot org slash forum", "my handle is …".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists

_TLD = (
    "com|org|net|edu|gov|mil|int|info|biz|io|co|uk|au|nz|ca|za|ng|ke|gh|pk|fr|nl"
    "|eu|app|dev|gg|ly|example|test|invalid|nhs|ac|site|blog|xyz|shop|club"
)
_EMAIL = re.compile(r"[^\W_][\w.+%'-]*@[\w-]+(?:\.[\w-]+)+", re.UNICODE)
_URL = re.compile(
    rf"(?:https?://|www\.)[^\s<>\"“”]*[\w/]|\b(?:[\w-]+\.)+(?:{_TLD})(?:/[^\s<>\"“”]*[\w/])?(?![\w@])", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w.@])@[A-Za-z_][\w.]*\w")
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b", re.IGNORECASE)
_PHOTO = re.compile(r"\b[\w-]+\.(?:jpe?g|png|heic|gif|tiff?|bmp|webp|raw|mov|mp4)\b", re.IGNORECASE)
_JOINS = {"dot", "underscore", "dash", "hyphen", "point", "period"}
_NO_MAILBOX = frozenset(["me", "us", "him", "her", "it", "look", "looked", "them", "out"])  # "find me at …"
_MAILBOX_AFTER = frozenset(["its", "it's", "is", "email", "address"])
_SPOKEN_TLD = frozenset(
    [
        "com",
        "org",
        "net",
        "edu",
        "gov",
        "uk",
        "au",
        "nz",
        "ca",
        "ie",
        "in",
        "info",
        "io",
        "co",
        "za",
        "ng",
        "example",
        "me",
        "app",
        "tv",
    ]
)
_DIGITS = frozenset(
    ["oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple"]
)
_SITES = frozenset(
    [
        "insta",
        "instagram",
        "twitter",
        "tiktok",
        "snapchat",
        "snap",
        "handle",
        "username",
        "facebook",
        "discord",
        "reddit",
        "twitch",
        "gamertag",
        "xbox",
    ]
)
_BETWEEN = frozenset(
    [
        "is",
        "its",
        "it's",
        "as",
        "under",
        "at",
        "on",
        "my",
        "name",
        "username",
        "handle",
        "called",
        "im",
        "i'm",
        "was",
        "the",
        "hes",
        "he's",
        "shes",
        "she's",
    ]
)


def find_online(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """All addresses of the net, in written and in spoken form."""
    out = []
    for text, turn in zip(reading.texts, reading.tokens, strict=True):
        found = [Identifier(*m.span(), kind, source) for pattern, kind, source in (
            (_EMAIL, Kind.EMAIL, "email"), (_PHOTO, Kind.PHOTO, "photo"), (_URL, Kind.URL, "url"),
            (_HANDLE, Kind.URL, "handle"), (_IP, Kind.IP, "ip"),
        ) for m in pattern.finditer(text)]  # fmt: skip
        found += spoken_addresses(turn) + spoken_handles(turn, lists)
        out.append(found)
    return out


def spoken_addresses(turn: Sequence[Token]) -> list[Identifier]:
    """Names of computers said aloud end in "dot com" or the like; an "at" before makes them an e-mail address."""
    out: list[Identifier] = []
    i = 0
    while i < len(turn):
        if turn[i].fold != "dot" or i + 1 >= len(turn) or turn[i + 1].fold not in _SPOKEN_TLD or i == 0:
            i += 1
            continue
        last = i + 1
        while last + 2 < len(turn) and turn[last + 1].fold == "dot" and turn[last + 2].fold in _SPOKEN_TLD:
            last += 2
        while last + 2 < len(turn) and turn[last + 1].fold == "slash":
            last += 2
        at = next((k for k in range(i - 1, max(-1, i - 8), -1) if turn[k].fold == "at"), None)
        if at is not None and at > 0 and turn[at - 1].fold in _NO_MAILBOX:
            first, kind = at + 1, Kind.URL
            last = min(last + 1, len(turn) - 1) if turn[last - 1].fold == "slash" else last
        elif at is not None and at > 0:
            first, kind = _local_part(turn, at), Kind.EMAIL
        else:
            first, kind = i - 1, Kind.URL
            while first >= 2 and (
                turn[first - 1].fold in _JOINS
                or (turn[first].fold in _JOINS)
                or turn[first - 1].fold in ("w", "www", "dub")
            ):
                first -= 1
            far = next((k for k in range(i - 1, max(-1, i - 7), -1) if turn[k].fold == "www"), None)
            first = far if far is not None else first
        out.append(Identifier(turn[first].start, turn[last].end, kind, "spoken_address"))
        i = last + 1
    return out


def _local_part(turn: Sequence[Token], at: int) -> int:
    """Walk back from "at": joined by dot or underscore, letters said one by one, digits said one by one."""
    first = at - 1
    while first > 0 and not turn[first].pause:
        word, before = turn[first].fold, turn[first - 1].fold
        letter = len(before) == 1 and before != "a"
        digits = before in _DIGITS or turn[first - 1].number or word in _DIGITS or turn[first].number
        if not (before in _JOINS or word in _JOINS or letter or digits):
            break
        first -= 1
    for k in range(first - 1, max(-1, first - 4), -1):  # "its big dave eighty two at": all that was said since "its"
        if turn[k + 1].pause:
            break
        if turn[k].whole in _MAILBOX_AFTER:
            return k + 1
    return first


def spoken_handles(turn: Sequence[Token], lists: Lists) -> list[Identifier]:
    """ "I'm kaz underscore nine on insta": words joined by "underscore", or an unknown word beside the name of a
    site."""
    out = []
    for i, token in enumerate(turn):
        if (token.fold == "underscore" and 0 < i < len(turn) - 1) or (
            token.fold in ("dot", "hash") and 0 < i < len(turn) - 1 and _on_a_site(turn, i)
        ):
            last = i + 1
            while last + 1 < len(turn) and (turn[last + 1].fold in _DIGITS | _JOINS or turn[last + 1].number):
                last += 1
            out.append(Identifier(turn[i - 1].start, turn[last].end, Kind.URL, "spoken_handle"))
        elif token.fold in _SITES:
            k = i + 1
            while k < len(turn) and k < i + 4 and turn[k].whole in _BETWEEN:
                k += 1
            if k < len(turn) and k > i + 1 and not lists.level(turn[k].fold) and not turn[k].number:
                out.append(Identifier(turn[k].start, turn[k].end, Kind.URL, "spoken_handle"))
    return out


def _on_a_site(turn: Sequence[Token], i: int) -> bool:
    """Is a site named up to seven words before or four after: "add me on insta its sad dot gremlin"."""
    near = [*turn[max(0, i - 7) : i], *turn[i + 2 : i + 6]]
    return turn[i + 1].fold not in _SPOKEN_TLD and any(t.fold in _SITES for t in near)
