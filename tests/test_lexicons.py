"""The codebook proves itself: every example is tagged with exactly its words, every near miss is not tagged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.codes import Family, Status
from pipeline.errors import LexiconProblem
from pipeline.features import FEATURES
from pipeline.lexicon import read_lexicon
from pipeline.lexicon_page import codebook_page
from pipeline.method import prepare_turns, tag_turns
from tests.dialogues import dialogue

LEXICONS = Path(__file__).resolve().parent.parent / "lexicons"
LEXICON = read_lexicon(LEXICONS)
CODEBOOK = [
    "wd_minimal_response",
    "wd_topic_shift",
    "wd_denial",
    "wd_abstract_talk",
    "wd_appeasing",
    "wd_giving_up",
    "wd_nonverbal",
    "cf_complaint_therapist",
    "cf_complaint_treatment",
    "cf_reject_intervention",
    "cf_control_pressure",
    "rp_name_rupture",
    "rp_accountability",
    "rp_validate",
    "rp_explore_client_part",
    "rp_clarify",
    "rp_negotiate",
    "rp_client_reengage",
    "rp_defensive",
    "at_late",
    "at_cancelled",
    "at_no_show",
]


def cases(kind):
    for code in LEXICON.codes.values():
        for n, example in enumerate(getattr(code, kind)):
            marks = [pytest.mark.xfail(strict=True, reason=example.known_failure)] if example.known_failure else []
            yield pytest.param(code, example, id=f"{code.id}-{example.cue or example.why or n}", marks=marks)


def tags_of(code, example, models):
    turns, marks = dialogue(example.dialogue)
    tags = tag_turns(prepare_turns(turns, LEXICON), lexicon=LEXICON, embed=models.embed)
    return [t for t in tags if t.code == code.id], marks


@pytest.mark.parametrize(("code", "example"), list(cases("examples")))
def test_an_example_is_tagged_with_exactly_its_words(code, example, models):
    tags, marks = tags_of(code, example, models)
    assert marks, "an example marks the words that carry the code"
    assert [(t.turn_no, t.char_start, t.char_end) for t in tags] == marks


@pytest.mark.parametrize(("code", "example"), list(cases("examples")))
def test_an_example_is_nominated_by_the_cue_it_proves(code, example, models):
    turns, marks = dialogue(example.dialogue)
    cue = next(c for c in code.cues if c.id == example.cue)
    from pipeline.phrases import words_of

    assert any(True for _ in words_of(turns[marks[0][0]].text).matches(cue.pattern))


@pytest.mark.parametrize(("code", "example"), list(cases("near_misses")))
def test_a_near_miss_is_not_tagged(code, example, models):
    tags, _ = tags_of(code, example, models)
    assert not [t for t in tags if t.status is Status.LIKELY]


def test_the_codebook_has_all_its_codes():
    assert sorted(LEXICON.codes) == sorted(CODEBOOK)
    assert all(c.prototypes and c.contrasts for c in LEXICON.codes.values() if c.speaker and c.id != "wd_nonverbal")


def test_every_feature_that_is_named_exists():
    named = {m.feature for c in LEXICON.codes.values() for m in c.measures}
    named |= {c.feature for c in LEXICON.contexts.values() if c.feature}
    assert named <= set(FEATURES)


def test_thresholds_favour_recall_for_confrontation_and_precision_for_withdrawal():
    assert LEXICON.thresholds[Family.CONFRONTATION].likely < LEXICON.thresholds[Family.WITHDRAWAL].likely


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("covers = ", "cover = "), "unknown key `cover`"),
        (('family = "withdrawal"', 'family = "retreat"'), "retreat"),
        (('cue = "bare_reply"', 'cue = "other"'), "cue `bare_reply` has no example"),
        (('why = "closed question"', ""), "each with `why`"),
        (('after = ["open_question", "feeling_question"]', 'after = ["nowhere"]'), "`nowhere` is not in contexts.toml"),
        (("schema = 1", "schema = 9"), "schema must be 1"),
        (("weight = 2.6", ""), "weight"),
        (('"^ [silence] $"', '"(fine"'), "does not close"),
        (("likely = 0.5", "likely = 0.1"), "possible <= likely"),
    ],
)
def test_a_mistake_in_a_lexicon_is_named(tmp_path, change, says):
    for f in LEXICONS.glob("*.toml"):
        body = f.read_text(encoding="utf-8")
        if f.name == "withdrawal.toml":
            assert change[0] in body
            body = body.replace(*change)
        (tmp_path / f.name).write_text(body, encoding="utf-8")
    with pytest.raises(LexiconProblem) as caught:
        read_lexicon(tmp_path)
    assert says in str(caught.value)


def test_a_changed_word_changes_the_hash(tmp_path):
    copy = shutil.copytree(LEXICONS, tmp_path / "lexicons")
    assert read_lexicon(copy).hash == LEXICON.hash
    with (copy / "repair.toml").open("a") as f:
        f.write("# one more line\n")
    assert read_lexicon(copy).hash != LEXICON.hash


def test_the_codebook_page_is_current():
    assert (LEXICONS / "README.md").read_text(encoding="utf-8") == codebook_page(LEXICON)
