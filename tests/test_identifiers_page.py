"""The page of the HIPAA classes is current, complete and true."""

from __future__ import annotations

import importlib

import pytest

from pipeline.identifiers import Kind
from pipeline.identifiers_known import KnownForms
from pipeline.identifiers_lists import FOLDER, read_lists
from pipeline.identifiers_page import SAFE_HARBOR, page
from pipeline.identifiers_session import certain_names, find_identifiers, read_with_model


def test_the_page_is_current():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == page(), (
        "write it anew: python -c 'from pipeline.identifiers_page import page; print(page(), end=\"\")'"
    )


def test_all_eighteen_classes_and_all_kinds_have_a_row():
    assert [c.letter for c in SAFE_HARBOR] == list("ABCDEFGHIJKLMNOPQR")
    assert {k for c in SAFE_HARBOR for k in c.kinds} == set(Kind)


@pytest.mark.parametrize("row", SAFE_HARBOR, ids=lambda c: c.letter)
def test_the_example_of_a_class_is_found_as_its_kind(models, row):
    importlib.import_module(f"pipeline.identifiers_{row.recogniser}")
    start = row.example.index("«")
    end = row.example.index("»") - 1
    text = row.example.replace("«", "").replace("»", "")
    lists, known = read_lists(), KnownForms()
    reading = read_with_model(["okay so how has the week been since we last met", text], models.detect, lists)
    found = find_identifiers(reading, known, lists, certain_names(reading, known, lists, set()))[1]
    gone = {k for one in found for k in range(one.start, one.end)}
    assert {k for k in range(start, end) if text[k].isalnum()} <= gone
    assert any(one.kind in row.kinds and one.start < end and start < one.end for one in found)
    assert not {k for k in range(len(text)) if text[k].isalnum() and not start <= k < end} & gone
