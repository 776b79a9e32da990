"""The residual gate: what it lets through and what it stops. All people here are made up."""

from __future__ import annotations

import pytest

from pipeline.deidentify import Deidentified, deidentify_client
from pipeline.errors import Quarantined, Reason
from pipeline.identifiers_lists import read_lists
from pipeline.identifiers_residual import second_look
from pipeline.pseudonyms import Crosswalk
from pipeline.session import RawSession, RawTurn, Speaker

GERMAN = [
    "Wie war denn die Woche, seit wir uns das letzte Mal gesehen haben?",
    "Also ich weiß auch nicht, wie ich das sagen soll. Nach der Arbeit hat meine Frau gar nicht mit mir gesprochen.",
    "Und was haben Sie dann gemacht?",
    "Ich habe mich ins Schlafzimmer gesetzt und einfach geweint. Am Mittwoch hat mein Chef angerufen.",
]
SPANISH = [
    "¿Cómo ha ido la semana desde la última vez que nos vimos?",
    "Pues no sé cómo decirlo, la verdad. Llegué a casa después del trabajo y mi mujer no me habló en toda la noche.",
    "¿Y qué hizo usted entonces?",
    "Me fui a la habitación y me puse a llorar. El miércoles llamó mi jefe y me preguntó por qué no estaba.",
]
ENGLISH = [
    "So how has the week been since we last met?",
    "Well, I don't know how to say it. After work my wife didn't talk to me at all, the whole evening.",
    "And what did you do then?",
    "I sat down in the bedroom and cried. On Wednesday my boss rang and asked me why I wasn't there.",
]


def run(models, texts: list[str]):
    roles = (("T", Speaker.THERAPIST), ("C", Speaker.CLIENT))
    raw = RawSession("s1", tuple(RawTurn(i, "TC"[i % 2], t) for i, t in enumerate(texts)), roles)
    (result,) = deidentify_client([raw], known=[], detect=models.detect, crosswalk=Crosswalk(), date_offset_days=14)
    return result


@pytest.mark.parametrize("case", [str, str.lower], ids=["cased", "lower"])
@pytest.mark.parametrize("texts", [GERMAN, SPANISH], ids=["german", "spanish"])
def test_a_session_in_another_language_does_not_pass_in_silence(models, texts, case):
    result = run(models, [case(t) for t in texts])
    assert isinstance(result, Quarantined)
    assert result.reason is Reason.RESIDUAL_RISK
    assert "English" in result.advice
    assert not {w.casefold() for t in texts for w in t.split() if len(w) > 6} & set(result.advice.casefold().split())


@pytest.mark.parametrize("case", [str, str.lower], ids=["cased", "lower"])
def test_the_same_in_english_passes(models, case):
    result = run(models, [case(t) for t in ENGLISH])
    assert isinstance(result, Deidentified)
    assert result.residual_risk < 0.1


def test_a_few_turns_in_another_language_raise_the_risk(models):
    result = run(models, ENGLISH * 4 + GERMAN)
    assert isinstance(result, Quarantined)


def test_too_much_replaced_is_no_session_any_more():
    before = ["I went there with them and we talked about it for a very long time, all of us in the house."] * 8
    after = ["[NAME_1] [NAME_2] and we talked about it for a very long time, [ORG_1]."] * 8
    residue = second_look(after, range(8), set(), read_lists(), before=before)
    assert residue.share_replaced > 0.3
    assert residue.foreign
    assert residue.risk == 1.0


def test_without_the_texts_as_they_came_only_what_is_left_counts():
    residue = second_look(["Fine."], [0], set(), read_lists())
    assert (residue.risk, residue.foreign) == (0.0, False)
