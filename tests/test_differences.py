import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madlen import differences
from madlen.differences import Segment

PIECES = ["a", "b", "the", ".", ", ", " ", "  ", "\n", "\n\n", "\t", "你", "é", "1", "!", "```", "-"]
WORDS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
TEXTS = st.one_of(st.text(max_size=60), WORDS)


def joined(found: list[Segment], without: str) -> str:
    return "".join(segment.text for segment in found if segment.kind != without)


def compared(first: str, second: str) -> list[tuple[str, str]]:
    return [(segment.kind, segment.text) for segment in differences.segments(first, second)]


def only(text: str, *others: str) -> list[str]:
    return [text[span.start : span.end] for span in differences.only_in(text, others)]


@given(TEXTS, TEXTS)
def test_segments_join_to_both_texts(first: str, second: str) -> None:
    found = differences.segments(first, second)
    assert joined(found, "only_second") == first
    assert joined(found, "only_first") == second


@given(TEXTS, TEXTS)
def test_no_segment_is_empty_and_none_follows_its_own_kind(first: str, second: str) -> None:
    found = differences.segments(first, second)
    assert all(segment.text for segment in found)
    assert all(one.kind != other.kind for one, other in pairwise(found))


@given(TEXTS)
def test_a_text_keeps_all_of_itself(text: str) -> None:
    assert compared(text, text) == ([("kept", text)] if text else [])


def test_two_empty_texts_have_no_segments() -> None:
    assert compared("", "") == []


def test_one_word_for_another_is_the_only_difference() -> None:
    assert compared("The quick brown fox.", "The quick red fox.") == [
        ("kept", "The quick "),
        ("only_first", "brown "),
        ("only_second", "red "),
        ("kept", "fox."),
    ]


def test_punctuation_is_a_word_of_its_own() -> None:
    assert compared("Yes.", "Yes!") == [("kept", "Yes"), ("only_first", "."), ("only_second", "!")]


def test_other_white_space_between_the_same_words_is_seen() -> None:
    assert compared("a b", "a\n\nb") == [
        ("kept", "a"),
        ("only_first", " "),
        ("only_second", "\n\n"),
        ("kept", "b"),
    ]


def test_a_line_that_was_added_leaves_the_others_alone() -> None:
    assert compared("one\nthree", "one\ntwo\nthree") == [
        ("kept", "one\n"),
        ("only_second", "two\n"),
        ("kept", "three"),
    ]


def test_languages_without_spaces_differ_by_the_character() -> None:
    assert compared("我有一只黑猫", "我有一只白猫") == [
        ("kept", "我有一只"),
        ("only_first", "黑"),
        ("only_second", "白"),
        ("kept", "猫"),
    ]


def test_nothing_in_common_is_two_segments() -> None:
    assert compared("Cats purr", "Dogs bark") == [("only_first", "Cats purr"), ("only_second", "Dogs bark")]


@pytest.mark.parametrize("unit", ["a ", "a b ", "a\n", "A b. ", "\n\n"])
def test_what_repeats_itself_is_compared_in_bounded_time(unit: str) -> None:
    before = time.process_time()
    differences.segments(unit * 20_000, "b " + unit * 19_000)
    differences.segments(unit * 315, "b " + unit * 310)
    assert time.process_time() - before < 10


def test_long_answers_are_compared_in_bounded_time() -> None:
    words = random.Random(1)  # noqa: S311
    vocabulary = [f"word{number}" for number in range(2000)]
    weights = [1 / (number + 1) for number in range(2000)]
    first, second = (" ".join(words.choices(vocabulary, weights, k=8000)) for _ in range(2))
    before = time.process_time()
    differences.segments(first, second)
    differences.only_in(first.replace("word7 ", "word7. "), [second.replace("word7 ", "word7. ")] * 11)
    assert time.process_time() - before < 10


def test_a_sentence_that_no_other_answer_has_is_marked() -> None:
    assert only("Paris is big. It has a tower.", "Paris is big.", "It rains.") == ["It has a tower."]


def test_a_sentence_in_another_order_of_words_is_the_same() -> None:
    assert only("Paris is the capital of France.", "The capital of France is Paris!") == []


def test_a_sentence_with_a_word_more_is_nearly_the_same() -> None:
    assert only("The capital of France is of course Paris.", "The capital of France is Paris.") == []


def test_another_number_makes_another_sentence() -> None:
    text = "The tower is 330 metres high and made of iron."
    assert only(text, text.replace("330", "324")) == [text]


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("It is safe to eat these berries raw.", "It is not safe to eat these berries raw."),
        ("It does work on the newest of phones.", "It doesn’t work on the newest of phones."),
        ("Das ist heute in Europa noch erlaubt.", "Das ist heute in Europa nicht erlaubt."),
    ],
)
def test_a_negation_makes_another_sentence(said: str, denied: str) -> None:
    assert only(said, denied) == [said]
    assert only(denied, said) == [denied]


def test_without_other_answers_every_sentence_is_marked() -> None:
    assert only("Yes. No!") == ["Yes.", "No!"]


def test_marks_and_rules_without_words_are_not_sentences() -> None:
    assert only("---\n```\n***") == []


def test_a_number_with_a_point_does_not_end_a_sentence() -> None:
    assert only("Pi is 3.14 or so. Good.", "Good.") == ["Pi is 3.14 or so."]


def test_chinese_sentences_are_told_apart() -> None:
    assert only("我有一只猫。今天下雨了。", "今天下雨了。") == ["我有一只猫。"]


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_spans_lie_in_the_text_in_order(text: str, others: list[str]) -> None:
    ends = 0
    for span in differences.only_in(text, others):
        assert ends <= span.start < span.end <= len(text)
        assert not text[span.start].isspace()
        ends = span.end


@given(TEXTS)
def test_a_text_says_nothing_that_itself_does_not(text: str) -> None:
    assert differences.only_in(text, [text]) == []
