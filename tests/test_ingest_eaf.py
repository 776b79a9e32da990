import pytest

from pipeline.errors import Reason
from pipeline.ingest_eaf import read_eaf
from pipeline.ingest_turns import Unreadable, as_turns

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="hidden" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2500"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2000"/><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="3000"/>
<TIME_SLOT TIME_SLOT_ID="ts5" TIME_VALUE="4000"/><TIME_SLOT TIME_SLOT_ID="ts6" TIME_VALUE="5000"/></TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="speech" TIER_ID="tier one" PARTICIPANT="Therapist">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>How are you &amp; yours?</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts5" TIME_SLOT_REF2="ts6">
<ANNOTATION_VALUE>Mhm.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="speech" TIER_ID="Client">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
<ANNOTATION_VALUE>Fine.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="note" PARENT_REF="Client" TIER_ID="translation" PARTICIPANT="Client">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a3">
<ANNOTATION_VALUE>hidden translation</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="speech" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""


def test_tiers_are_speakers_in_the_order_of_time(tmp_path):
    (tmp_path / "a.eaf").write_text(EAF)
    assert [(turn.speaker, turn.text, turn.start_s, turn.end_s) for turn in as_turns(read_eaf(tmp_path / "a.eaf"))] == [
        ("Therapist", "How are you & yours?", 0.0, 2.5),
        ("Client", "Fine.", 2.0, 3.0),
        ("Therapist", "Mhm.", 4.0, 5.0),
    ]


def test_without_a_time_the_order_is_unknown(tmp_path):
    (tmp_path / "a.eaf").write_text(EAF.replace(' TIME_VALUE="4000"', ""))
    with pytest.raises(Unreadable) as refusal:
        read_eaf(tmp_path / "a.eaf")
    assert refusal.value.reason is Reason.MALFORMED
