import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.phrases import phrase_pattern, words_of


def found(phrase, text):
    words = words_of(text)
    return [" ".join(words.plain[a : b + 1]) for a, b in words.matches(phrase_pattern([phrase]))]


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("(i)? (dont|do not) know", "I don't know.", ["i dont know"]),
        ("(i)? (dont|do not) know", "dont know really", ["dont know"]),
        ("you never ... listen", "You never, ever really listen!", ["you never ever really listen"]),
        ("you never ... listen", "You never. One two three four five six seven listen.", []),
        ("^ fine $", "Fine.", ["fine"]),
        ("^ fine $", "Fine, but.", []),
        ("fine", "refined", []),
        ("[pause]", "[pause 6s] Yes.", ["[pause]"]),
        ("[looks]", "(looks at her lap) Yes.", ["[looks]"]),
        ("told [name]", "You told [NAME_3].", ["told [name]"]),
        ("(my (mum|dad)|she) said", "And my mum said so", ["my mum said"]),
    ],
)
def test_a_phrase_finds_typed_and_recognised_talk(phrase, text, expected):
    assert found(phrase, text) == expected


@pytest.mark.parametrize("phrase", ["", "   ", "(fine", "fine)", "fine|okay"])
def test_a_phrase_that_cannot_be_read_is_refused(phrase):
    with pytest.raises(ValueError, match="phrase"):
        phrase_pattern([phrase])


@given(st.text(max_size=200))
def test_every_word_stands_where_it_says(text):
    words = words_of(text)
    assert len(words.plain) == len(words.starts) == len(words.ends)
    for plain, a, b in zip(words.plain, words.starts, words.ends, strict=True):
        assert 0 <= a < b <= len(text)
        if plain[0] != "[":
            assert text[a:b].lower().replace("'", "").replace("’", "") == plain


@given(st.text(alphabet="ab .?!\n’", min_size=1, max_size=80))
def test_a_sentence_holds_its_words_and_no_outer_space(text):
    words = words_of(text)
    for i in range(len(words.plain)):
        a, b = words.sentence_around(i, i)
        assert a <= words.starts[i] < words.ends[i] <= b
        assert text[a:b] == text[a:b].strip()
