"""From raw sessions to safe ones. All people here are made up."""

from __future__ import annotations

import pickle

import pytest

from pipeline.deidentify import Deidentified, deidentify_client
from pipeline.errors import Quarantined, Reason
from pipeline.pseudonyms import Crosswalk
from pipeline.session import KnownIdentifier, RawSession, RawTurn, Speaker

ROLES = (("T", Speaker.THERAPIST), ("C", Speaker.CLIENT))
ROSTER = [
    KnownIdentifier("c1", "client", "name", "Chidinma Oduya"),
    KnownIdentifier("c1", "client", "nickname", "Chidi"),
    KnownIdentifier("c1", "relative", "name", "Rose Oduya"),
    KnownIdentifier("c1", "client", "employer", "Halden Bright"),
    KnownIdentifier("c1", "client", "phone", "07700 900123"),
    KnownIdentifier("t1", "therapist", "name", "Martin Kowal"),
]
CASED = [
    "Hello, Chidi, come in. How's the week been?",
    "Bad. Rose rang, my sister, and she said Oduya women don't cry.",
    "And what did Rose mean, do you think?",
    "I don't know. I was at Halden Bright till six, and then Tariq's thing in Leeds on the ninth of June.",
    "Who is Tariq?",
    "My neighbour. Tariq Rahman. He rose from the chair and left. Call me on 07700 900123, Martin.",
]
LOWER = [
    "hello chidi come in hows the week been",
    "bad rose rang my sister and she said oduya women dont cry",
    "and what did rose mean do you think",
    "i dont know i was at halden bright till six and then tariqs thing in leeds on the ninth of june",
    "who is tariq",
    "my neighbour he rose from the chair and left call me on oh "
    "double seven double oh nine double oh one two three martin",
]


def session(texts: list[str], session_id: str = "s1", labels: tuple[str, str] = ("T", "C")) -> RawSession:
    roles = tuple((label, role) for label, (_, role) in zip(labels, ROLES, strict=True))
    return RawSession(
        session_id, tuple(RawTurn(i, labels[i % 2], t, float(i), i + 0.5) for i, t in enumerate(texts)), roles
    )


@pytest.fixture(scope="module")
def run(models):
    def deidentify(*raws, known=tuple(ROSTER), crosswalk=None, **more):
        crosswalk = crosswalk or Crosswalk()
        return deidentify_client(
            raws, known=known, detect=models.detect, crosswalk=crosswalk, date_offset_days=14, **more
        )

    return deidentify


def texts(result) -> list[str]:
    assert isinstance(result, Deidentified), result
    return [t.text for t in result.turns]


@pytest.mark.parametrize("spoken", [CASED, LOWER], ids=["cased", "lower"])
def test_no_name_survives_and_the_verb_does(run, spoken):
    (result,) = run(session(spoken))
    safe = " ".join(texts(result)).casefold()
    for name in (
        "chidi",
        "oduya",
        "tariq",
        "rahman",
        "martin",
        "halden",
        "bright",
        "leeds",
        "ninth of june",
        "nine double",
        "900123",
    ):
        assert name not in safe, name
    assert safe.count("rose") == 1
    assert "he rose from the chair" in safe


def test_one_person_one_number(run):
    (result,) = run(session(CASED))
    t = texts(result)
    assert t[0] == "Hello, [NAME_1], come in. How's the week been?"
    assert t[1].startswith("Bad. [NAME_2] rang, my sister")
    assert t[2] == "And what did [NAME_2] mean, do you think?"
    assert "[NAME_3]'s thing in [LOCATION_1] on the [DATE_1]" in t[3]
    assert t[4] == "Who is [NAME_3]?"
    assert "My neighbour. [NAME_3]. He rose" in t[5]


def test_turns_keep_number_speaker_and_times(run):
    (result,) = run(session(CASED))
    assert [(t.turn_no, t.speaker, t.start_s) for t in result.turns][:2] == [
        (0, Speaker.THERAPIST, 0.0),
        (1, Speaker.CLIENT, 1.0),
    ]
    assert result.counts["NAME"] >= 8


def test_a_name_met_once_is_known_in_all_sessions_of_the_client(run):
    first = session(["And?", "i told my sister hazel everything", "what did hazel say", "hazel said leave him", *LOWER])
    second = session(["How was it?", "i saw hazel on the weekend and hazel cried", *LOWER], "s2")
    crosswalk = Crosswalk()
    one, two = run(first, second, crosswalk=crosswalk)
    assert "hazel" not in " ".join(texts(one) + texts(two))
    (later,) = run(session(["okay", "hazel rang", *LOWER], "s3"), crosswalk=Crosswalk.from_bytes(crosswalk.to_bytes()))
    number = texts(one)[1].split("sister ")[1].split("]")[0] + "]"
    assert texts(later)[1] == f"{number} rang"


def test_same_input_same_output(run):
    first, second = Crosswalk(), Crosswalk()
    (a,), (b,) = run(session(CASED), crosswalk=first), run(session(CASED), crosswalk=second)
    assert texts(a) == texts(b)
    assert first.to_bytes() == second.to_bytes()
    (again,) = run(session(CASED), crosswalk=first)
    assert texts(again) == texts(a)
    assert first.to_bytes() == second.to_bytes()


def test_speaker_labels_are_names(run):
    raw = session(
        ["Good to see you.", "Kestrel asked me that, too. Ask KESTREL, Dr Amberley."] * 2,
        labels=("Dr Amberley", "Kestrel"),
    )
    (result,) = run(raw, known=())
    safe = " ".join(texts(result)).casefold()
    assert "kestrel" not in safe
    assert "amberley" not in safe


def test_gate_stops_a_session_in_which_detection_was_switched_off(run):
    (result,) = run(session(CASED), find=lambda reading, *_: [[] for _ in reading.texts])
    assert isinstance(result, Quarantined)
    assert result.reason is Reason.RESIDUAL_RISK
    assert "turns 1" in result.advice or "turns 0" in result.advice
    for word in ("Chidi", "Rose", "Tariq", "Leeds", "Halden"):
        assert word not in str(result)
        assert word not in repr(result)
    assert pickle.loads(pickle.dumps(result)).advice == result.advice


def test_gate_lets_a_clean_session_through(run):
    (result,) = run(session(CASED))
    assert result.residual_risk < 0.3


def test_gate_limit_is_an_argument(run):
    results = run(session(CASED), risk_limit=-1.0)
    assert isinstance(results[0], Quarantined)


def test_a_label_without_role_is_refused_without_naming_it(run):
    raw = RawSession("s9", (RawTurn(0, "Zebedee", "Hello there."),), ROLES)
    (result,) = run(raw)
    assert isinstance(result, Quarantined)
    assert result.reason is Reason.UNKNOWN_SPEAKER
    assert "Zebedee" not in str(result)


def test_unknown_style_is_an_error(run):
    with pytest.raises(ValueError, match="placeholder"):
        run(session(CASED), style="rhymes")


def test_records_hide_their_words(run):
    (result,) = run(session(CASED))
    assert "week" not in repr(result)


def test_composed_and_decomposed_accents_are_the_same_name(run):
    (result,) = run(
        session(["And?", "Zoe\u0308 rang. I told Zoë so, I told Zoe\u0308 so."]),
        known=[KnownIdentifier("c1", "relative", "name", "Zoë")],
    )
    assert texts(result)[1] == "[NAME_1] rang. I told [NAME_1] so, I told [NAME_1] so."
