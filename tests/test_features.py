import numpy as np
import pytest

from pipeline.features import FEATURES, measure_session
from pipeline.segment import turns_before
from pipeline.session import Speaker, Turn
from tests.dialogues import dialogue


def measured(turns):
    vectors = np.zeros((len(turns), 2), dtype=np.float32)
    vectors[:, 0] = 1.0
    return measure_session(turns, turns_before(turns), vectors)


def test_short_is_short_for_this_client():
    chatty = "\n".join(f"T: And then?\nC: {'word ' * 30}" for _ in range(10)) + "\nT: And then?\nC: It was fine."
    terse = "\n".join("T: And then?\nC: It was fine." for _ in range(11))
    of_chatty = measured(dialogue(chatty)[0])[-1]["length_z"]
    of_terse = measured(dialogue(terse)[0])[-1]["length_z"]
    assert of_chatty < -2 < -0.5 < of_terse


def test_with_few_answers_the_corpus_is_the_baseline():
    z = measured(dialogue("T: And then?\nC: Fine.")[0])[1]["length_z"]
    assert z == pytest.approx((np.log(2) - np.log(11)) / 1.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("[pause 6s] Fine.", 6.0), ("[silence] Fine.", 3.0), ("Fine. [pause 6s]", 0.0), ("Fine.", 0.0)],
)
def test_a_written_pause_counts_where_an_answer_should_begin(text, seconds):
    assert measured([Turn(0, Speaker.CLIENT, text)])[0]["pause_s"] == seconds


def test_fit_is_the_cosine_with_the_question():
    turns = dialogue("T: What came up?\nC: I was sad.\nT: And now?\nC: The bus is late.")[0]
    vectors = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert [f["fit"] for f in measure_session(turns, turns_before(turns), vectors)] == [None, 1.0, 1.0, 0.0]


def test_without_times_nothing_is_said_of_silence():
    assert measured(dialogue("T: And?\nC: No.")[0])[1]["latency_z"] is None


def test_every_feature_is_described():
    assert set(measured(dialogue("T: And?\nC: No.")[0])[1]) <= set(FEATURES)
