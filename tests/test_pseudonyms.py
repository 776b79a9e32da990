"""The crosswalk: numbers in order of appearance, one per person, the same for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import VaultProblem
from pipeline.identifiers import Kind
from pipeline.pseudonyms import Crosswalk, people_of_roster

NAMES = st.text(alphabet="abcdefghijklmnoprstuvwyz", min_size=3, max_size=9)


def test_numbers_count_up_by_kind_in_order_of_appearance():
    c = Crosswalk()
    said = [
        c.placeholder(k, t)
        for k, t in [(Kind.NAME, "Ines"), (Kind.LOCATION, "Leeds"), (Kind.NAME, "Tariq"), (Kind.NAME, "ines")]
    ]
    assert said == ["[NAME_1]", "[LOCATION_1]", "[NAME_2]", "[NAME_1]"]


def test_the_roster_ties_a_nickname_to_its_person_and_numbers_wait_for_the_voice():
    c = Crosswalk()
    c.introduce(Kind.NAME, ["Chukwudi Mensah", "Emeka"])
    c.introduce(Kind.NAME, ["Funmi Mensah"])
    assert c.number(Kind.NAME, "Tariq") == 1
    assert {c.number(Kind.NAME, n) for n in ("Emeka", "Mr Mensah", "Chukwudi", "Chukwudi Mensah")} == {2}
    assert c.number(Kind.NAME, "Funmi") == 3


def test_a_full_name_ties_its_parts_also_where_the_surname_came_first():
    c = Crosswalk()
    assert [c.number(Kind.NAME, n) for n in ("Mrs Beynon", "Nesta Beynon", "Nesta", "Beynon")] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("known", "said"), [("jasleen", "jazleen"), ("gethin", "Geth"), ("Emeka", "a mecca"), ("wiremu", "Wi")]
)
def test_misspelled_shortened_and_misheard(known, said):
    c = Crosswalk()
    c.introduce(Kind.NAME, [known])
    expected = c.number(Kind.NAME, known)
    assert (c.number(Kind.NAME, said) == expected) is (len(said) > 2)


def test_a_nickname_is_its_bearer_where_one_is_known():
    c = Crosswalk()
    assert c.number(Kind.NAME, "Richard") == c.number(Kind.NAME, "Rich", nicknames=("richard",))


@given(st.lists(st.tuples(st.sampled_from([Kind.NAME, Kind.ORG, Kind.DATE]), NAMES), max_size=30))
def test_a_number_never_changes_and_survives_the_vault(said):
    c = Crosswalk()
    first = {(k, t): c.placeholder(k, t) for k, t in said}
    again = Crosswalk.from_bytes(c.to_bytes())
    assert again.to_bytes() == c.to_bytes()
    for (kind, text), _placeholder in first.items():
        assert c.placeholder(kind, text) == again.placeholder(kind, text)
    numbers = {kind: {c.number(k, t) for k, t in said if k is kind} for kind, _ in said}
    assert all(n == set(range(1, len(n) + 1)) for n in numbers.values())


def test_crosswalk_hides_its_names():
    c = Crosswalk()
    c.number(Kind.NAME, "Tariq")
    assert repr(c) == "Crosswalk(NAME: 1)"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b'{"format": 99}', b'{"format":1,"date_offset_days":1,"certain":[],"things":{"X":[{}]}}'],
)
def test_what_is_no_crosswalk_is_refused(data):
    with pytest.raises(VaultProblem, match="damaged"):
        Crosswalk.from_bytes(data)


def test_people_of_a_roster_with_several_under_one_id():
    rows = [("c1", "client", n) for n in ("Tomasz Biel", "Tomek", "Mark Oye", "Cliff Doe", "Clifford Doe")] + [
        ("c1", "relative", "Ana Biel")
    ]
    assert people_of_roster(rows) == [
        ["Tomasz Biel", "Tomek"],
        ["Mark Oye"],
        ["Cliff Doe", "Clifford Doe"],
        ["Ana Biel"],
    ]
