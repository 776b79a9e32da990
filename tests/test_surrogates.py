"""Surrogates: realistic, keyed, the same for the same person, never a true name. All people here are made up."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deidentify import Deidentified, deidentify_client
from pipeline.identifiers import Kind, fold
from pipeline.identifiers_lists import read_lists
from pipeline.identifiers_number_words import ORDINALS, TENS
from pipeline.identifiers_origins import read_origins
from pipeline.pseudonyms import Crosswalk
from pipeline.pseudonyms_dates import shifted
from pipeline.pseudonyms_surrogates import Surrogates
from pipeline.session import KnownIdentifier, RawSession, RawTurn, Speaker

ROLES = (("T", Speaker.THERAPIST), ("C", Speaker.CLIENT))
ROSTER = [
    KnownIdentifier("c1", "client", "name", "Chidinma Oduya"),
    KnownIdentifier("c1", "relative", "name", "Rose Oduya"),
    KnownIdentifier("t1", "therapist", "name", "Martin Kowal"),
]
TALK = [
    "Hello, Chidinma, come in. How's the week been?",
    "Bad. Rose rang, my sister, on the ninth of June, and Rose's husband was there.",
    "And what did Rose mean, do you think?",
    "I don't know. Then Tariq Rahman came over from Leeds. He rose from the chair. Call me on 07700 900123, Martin.",
]


@pytest.fixture(scope="module")
def run(models):
    def deidentify(texts, *, key=b"k" * 32, crosswalk=None, session_id="s1", days=14):
        raw = RawSession(session_id, tuple(RawTurn(i, "TC"[i % 2], t) for i, t in enumerate(texts)), ROLES)
        (result,) = deidentify_client(
            [raw], known=ROSTER, detect=models.detect, crosswalk=crosswalk if crosswalk is not None else Crosswalk(),
            date_offset_days=days, style="surrogate", surrogate_key=key,
        )  # fmt: skip
        assert isinstance(result, Deidentified), result
        return [t.text for t in result.turns]

    return deidentify


def test_a_session_reads_like_talk_and_holds_no_true_name(run):
    safe = run(TALK)
    told = " ".join(safe)
    for name in ("Chidinma", "Oduya", "Martin", "Kowal", "Tariq", "Rahman", "Leeds", "ninth of June", "07700"):
        assert name not in told, name
    assert "NAME_" not in told
    assert "LOCATION_" not in told
    assert "He rose from the chair" in told
    assert "the twenty-third of June" in told
    assert "[PHONE_1]" in told


def test_the_same_person_is_the_same_surrogate_with_its_possessive(run):
    safe = run(TALK)
    match = re.match(r"Bad\. (\w+) rang, my sister, .*, and (\w+)'s husband", safe[1])
    assert match
    assert match[1] == match[2]
    assert safe[2] == f"And what did {match[1]} mean, do you think?"


def test_deterministic_by_key_and_kept_in_the_crosswalk(run):
    crosswalk = Crosswalk()
    first = run(TALK, crosswalk=crosswalk)
    assert run(TALK) == first
    assert run(TALK, key=b"x" * 32) != first
    later = Crosswalk.from_bytes(crosswalk.to_bytes())
    assert later.to_bytes() == crosswalk.to_bytes()
    assert run(TALK, crosswalk=later, key=b"x" * 32, days=70) == first  # a new key of the vault changes nothing


def test_without_a_key_there_are_no_surrogates(models):
    raw = RawSession("s1", (RawTurn(0, "T", "Hello."),), ROLES)
    with pytest.raises(ValueError, match="key"):
        deidentify_client(
            [raw], known=(), detect=models.detect, crosswalk=Crosswalk(), date_offset_days=7, style="surrogate"
        )


def surrogates(crosswalk: Crosswalk, *, key=b"k" * 32, known=frozenset(), days=14) -> Surrogates:
    taken = crosswalk.heard(Kind.NAME)
    taken = {w for f in taken for w in (f, *f.split())}
    return Surrogates(
        crosswalk, key=key, days=days, lists=read_lists(), origins=read_origins(), taken=taken, known=set(known)
    )


@pytest.mark.parametrize("sex", ["F", "M"])
def test_like_origin_and_like_sex(sex):
    origins = read_origins()
    right_origin = right_sex = total = 0
    for origin in ("polish", "nigerian", "japanese", "turkish", "italian", "indian"):
        for name in origins.names[origin, sex][:15]:
            crosswalk = Crosswalk()
            new = surrogates(crosswalk).of(Kind.NAME, name, crosswalk.number(Kind.NAME, name))
            total += 1
            right_origin += any(new in origins.names[origin, part] for part in "FM")
            right_sex += any(new in origins.names[o, sex] for o in origins.groups)
    assert right_origin / total > 0.9
    assert right_sex / total > 0.9


def test_relatives_share_a_surname_and_titles_stay():
    crosswalk = Crosswalk()
    ana, ben = (crosswalk.number(Kind.NAME, n) for n in ("Ana Beynon", "Gethin Beynon"))
    made = surrogates(crosswalk)
    one, two = made.of(Kind.NAME, "Ana Beynon", ana), made.of(Kind.NAME, "Gethin Beynon", ben)
    assert one.split()[1] == two.split()[1]
    assert one.split()[0] != two.split()[0]
    assert made.of(Kind.NAME, "Beynon", ana) == one.split()[1]
    assert made.of(Kind.NAME, "Ana", ana) == one.split()[0]
    assert made.of(Kind.NAME, "ana", ana) == one.split()[0].casefold()


@given(st.lists(st.sampled_from(sorted(n for v in read_origins().names.values() for n in v)), min_size=1, max_size=12))
def test_never_a_true_name_nor_another_persons_surrogate(names):
    crosswalk = Crosswalk()
    numbers = {n: crosswalk.number(Kind.NAME, n) for n in names}
    made = surrogates(crosswalk, known={fold(n) for n in names[:3]})
    given_to = {n: made.of(Kind.NAME, n, number) for n, number in numbers.items()}
    assert not {fold(v) for v in given_to.values()} & {fold(n) for n in names}
    by_slot = crosswalk.surrogates
    assert len(set(map(fold, by_slot.values()))) == len(by_slot)


def test_a_surrogate_that_joins_the_roster_is_given_up():
    crosswalk = Crosswalk()
    number = crosswalk.number(Kind.NAME, "Wiremu")
    first = surrogates(crosswalk).of(Kind.NAME, "Wiremu", number)
    second = surrogates(crosswalk, known={fold(first)}).of(Kind.NAME, "Wiremu", number)
    assert fold(second) != fold(first)


@pytest.mark.parametrize(
    ("kind", "words", "shape"),
    [
        (Kind.LOCATION, "Ashgrove Road", r"[A-Z][a-z]+ Road"),
        (Kind.LOCATION, "ashgrove road", r"[a-z]+ road"),
        (Kind.LOCATION, "Leeds", r"[A-Z][a-z]+"),
        (Kind.ORG, "Ridgeway Primary School", r"[A-Z][a-z]+ Primary School"),
        (Kind.NAME, "K-E-O-W-N", r"[A-Z](?:-[A-Z])+"),
    ],
)
def test_shape_is_kept(kind, words, shape):
    crosswalk = Crosswalk()
    new = surrogates(crosswalk).of(kind, words, crosswalk.number(kind, words))
    assert re.fullmatch(shape, new), new
    assert new != words


@pytest.mark.parametrize(
    ("kind", "words"),
    [(Kind.PHONE, "07700 900123"), (Kind.LOCATION, "M14 5TQ"), (Kind.EMAIL, "a@b.example"), (Kind.AGE, "ninety six")],
)
def test_what_might_be_somebodys_keeps_its_placeholder(kind, words):
    assert surrogates(Crosswalk()).write(kind, words, 1) == f"[{kind}_1]"


# -- dates


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("ninth of June", "twenty-third of June"),
        ("the third of February", "the seventeenth of February"),
        ("March 9th", "March 23rd"),
        ("20th of december", "3rd of january"),
        ("november the twenty second", "december the sixth"),
        ("4 July 1987", "18 July 1987"),
        ("24 December 1999", "7 January 2000"),
        ("2024-02-20", "2024-03-05"),
        ("25/12/2025", "08/01/2026"),
        ("12/25/25", "01/08/26"),
        ("twelfth of the fourth", "twenty-sixth of the fourth"),
        ("twenty second of the eleventh", "sixth of the twelfth"),
        ("october", "october"),
        ("late-June", "late-June"),
    ],
)
def test_dates_move_in_the_form_they_had(text, moved):
    assert shifted(text, 14) == moved


@pytest.mark.parametrize(
    "text", ["the eighth", "03/04/2021", "may the sixth nineteen ninety three", "99/99/2021", "friday"]
)
def test_what_cannot_be_moved_with_certainty_is_not(text):
    assert shifted(text, 14) is None


COMPOUND = {f"{ten} {unit}": TENS[ten] + n for ten in ("twenty", "thirty") for unit, n in ORDINALS.items() if n < 10}
DAYS = {n: word for word, n in (ORDINALS | COMPOUND).items() if n < 32}
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@given(st.dates(date(2023, 3, 1), date(2023, 10, 1)), st.integers(1, 60), st.sampled_from([-49, -7, 7, 21, 63]))
def test_intervals_and_weekdays_hold(first, apart, days):
    def said(day: date) -> str:
        return f"{DAYS[day.day]} of {MONTHS[day.month - 1]}"

    second = first + timedelta(days=apart)
    assert shifted(said(first), days).replace("-", " ") == said(first + timedelta(days=days))
    assert shifted(said(second), days).replace("-", " ") == said(second + timedelta(days=days))
    assert (first + timedelta(days=days)).weekday() == first.weekday()
