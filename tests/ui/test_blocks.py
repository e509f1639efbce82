from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from madlen.ui.blocks import LEAST, Blocks, fence_after, split, whole

WHOLE = [
    "A paragraph.",
    "Two lines\nof one paragraph.",
    "# Heading",
    "```\none\n\ntwo\n```",
    "```python\nif x:\n\n    y()\n\n\nz()\n```",
    "~~~\n```\n\nnot closed in here\n~~~",
    "````markdown\n```\n\n```\n\n````",
    "- item\n\n  its second paragraph\n\n      code",
    "- ```python\n  one\n\n  two\n  ```",
    "1. ```\n\n   ```",
    "- one\n\n- two",
    "1. one\n2. two\n\n3. three",
    "$$\nx\n\ny\n$$",
    "$$x =\n\ny$$",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "> quoted\n>\n> more",
    "Code in a line: ```x``` and ``$$``.",
    "In bash `$$` is the process.",
    "It costs $5.",
    "---",
]
"""Each is one block, wherever it stands."""

MARKDOWN = st.lists(
    st.sampled_from(
        ["a", " ", "\n", "\n\n", "```", "~~~", "````", "$$", "`", "- ", "1. ", "  ", "\r\n", "é", "\u2028"]
    )
).map("".join)


def fed(*pieces: str) -> list[str]:
    """The blocks of an answer that comes in those pieces."""
    blocks = Blocks()
    finished = [block for piece in pieces for block in blocks.feed(piece)]
    return [*finished, blocks.tail]


@settings(deadline=None)
@given(st.lists(st.sampled_from(WHOLE), min_size=1, max_size=8))
def test_blank_lines_between_blocks_cut_and_those_inside_do_not(blocks: list[str]) -> None:
    # Between them a line, for lists that meet are one.
    apart = [block for one in blocks for block in (one, "Next.")]
    assert [block.strip("\n") for block in split("\n\n".join(apart))] == apart


@settings(deadline=None)
@given(MARKDOWN | st.text(), st.data())
def test_an_answer_is_cut_in_the_same_places_in_whatever_pieces_it_comes(
    text: str, data: st.DataObject
) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    pieces = [text[start:end] for start, end in pairwise([0, *places, len(text)])]
    assert fed(*pieces) == (split(text) or [""])


@settings(deadline=None)
@given(MARKDOWN | st.text())
def test_the_blocks_joined_are_the_answer(text: str) -> None:
    assert "".join(split(text)) == text


@settings(deadline=None)
@given(MARKDOWN | st.text())
def test_no_block_is_empty(text: str) -> None:
    assert all(block.strip() for block in split(text)[:-1])


def test_an_empty_answer_has_no_blocks() -> None:
    assert split("") == []


def test_an_answer_of_blank_lines_is_one_block() -> None:
    assert split("\n\n \n") == ["\n\n \n"]


def test_blank_lines_before_the_first_words_belong_to_them() -> None:
    assert split("\n\n  \nHello\n\nyou") == ["\n\n  \nHello\n\n", "you"]


@pytest.mark.parametrize("blank", ["\n", "\n\n\n", " \t\n", "\r\n"])
def test_any_blank_line_cuts(blank: str) -> None:
    assert split(f"one\n{blank}two") == [f"one\n{blank}", "two"]


def test_a_line_break_does_not_cut() -> None:
    assert split("one\ntwo") == ["one\ntwo"]


def test_a_block_is_finished_by_the_first_character_of_the_next() -> None:
    blocks = Blocks()
    assert blocks.feed("one\n\n") == []
    assert blocks.feed("t") == ["one\n\n"]
    assert blocks.feed("wo\n") == []
    assert blocks.tail == "two\n"


def test_code_that_is_never_closed_is_never_cut() -> None:
    text = "```\none\n\ntwo\n\n~~~\n\n``\n\n"
    assert split(text) == [text]


def test_what_follows_code_after_a_blank_line_is_a_block_of_its_own() -> None:
    assert split("```\na\n```\n\nb") == ["```\na\n```\n\n", "b"]


def test_an_indented_line_goes_on_with_the_list_above() -> None:
    assert split("- a\n\n  b\n\nc") == ["- a\n\n  b\n\n", "c"]


@pytest.mark.parametrize("indent", [" ", "  ", "   "])
def test_a_paragraph_may_be_indented_a_little(indent: str) -> None:
    assert split(f"one\n\n{indent}two") == ["one\n\n", f"{indent}two"]


@pytest.mark.parametrize("indent", ["    ", "\t", " \t"])
def test_indented_code_stays_with_what_stands_above_it(indent: str) -> None:
    text = f"one\n\n{indent}two\n\n{indent}three"
    assert split(text) == [text]


def test_the_spaces_before_a_word_do_not_yet_say_whose_it_is() -> None:
    blocks = Blocks()
    assert blocks.feed("one\n\n  ") == []
    assert blocks.feed("  code\n\n  ") == []
    assert blocks.feed("two") == ["one\n\n    code\n\n"]


def test_short_blocks_stay_together_until_they_are_worth_an_element() -> None:
    assert split("# One\n\ntwo\n\nthree\n\nfour", least=12) == ["# One\n\ntwo\n\n", "three\n\nfour"]


@settings(deadline=None)
@given(MARKDOWN | st.text(), st.integers(0, 20))
def test_of_longer_blocks_each_is_a_row_of_short_ones(text: str, least: int) -> None:
    short, long = split(text), split(text, least)
    assert "".join(long) == text
    assert all(len(block) >= least for block in long[:-1])
    ends = set(accumulate(map(len, short)))
    assert ends >= set(accumulate(map(len, long)))


@pytest.mark.parametrize(
    ("fence", "line", "after"),
    [
        ("", "text", ""),
        ("", "```", "```"),
        ("", "  ~~~~ python", "~~~~"),
        ("", "``", ""),
        ("", "```x``` in a line", ""),
        ("", "~~~ a `tick`", "~~~"),
        ("", "- ```", "```"),
        ("", "12. ```sh", "```"),
        ("", "-```", ""),
        ("", "text ```", ""),
        ("```", "text", "```"),
        ("```", "```", ""),
        ("```", "   `````  ", ""),
        ("```", "```python", "```"),
        ("```", "- ```", "```"),
        ("```", "~~~", "```"),
        ("````", "```", "````"),
        ("~~~", "~~~~", ""),
    ],
)
def test_fences_open_and_close_as_in_commonmark(fence: str, line: str, after: str) -> None:
    assert fence_after(fence, line) == after


def test_a_long_answer_is_handed_over_once() -> None:
    paragraphs = [f"Paragraph {number}\nof two lines.\n\n" for number in range(2500)]
    code = [f"```\nprint({number})\n\n\n```\n\n" for number in range(500)]
    text = "".join(paragraphs + code)
    assert text.count("\n") > 10_000
    blocks, finished, longest = Blocks(), 0, 0
    for start in range(0, len(text), 4):
        finished += sum(map(len, blocks.feed(text[start : start + 4])))
        longest = max(longest, len(blocks.tail))
    assert finished + len(blocks.tail) == len(text)
    assert longest < 100


def test_a_long_answer_without_a_blank_line_is_taken_line_by_line() -> None:
    blocks = Blocks()
    assert not any(blocks.feed(f"line {number}\n") for number in range(10_000))
    assert blocks.tail.count("\n") == 10_000


ITEMS = st.sampled_from(
    [
        *WHOLE,
        "- a",
        "- b\n- c",
        "* other",
        "+ third",
        "1. one",
        "2. two",
        "10) ten",
        "  indented",
        "See [the page][home] and [other].",
        "[home]: https://example.com/a",
        "[other]: https://example.com/b 'Title'",
        "Setext\n===",
        "**bold**\nand more",
    ]
)


@settings(deadline=None)
@given(st.lists(ITEMS, max_size=10).map("\n\n".join))
def test_the_blocks_are_drawn_as_the_whole_would_be(text: str) -> None:
    markdown = MarkdownIt("commonmark").enable("table")
    assert "".join(markdown.render(block) for block in whole(text)) == markdown.render(text)


CODE = "```python\nx = 1\n```"
"""Together with what is short it is one block."""


def test_a_link_beside_code_leads_where_it_is_defined_later() -> None:
    prose = "A paragraph of some length. " * 6
    linking, *_ = whole(
        f"{CODE}\n\nSee [the page][home]. {prose}\n\n[home]: https://example.com/a\n\n{prose}"
    )
    assert CODE in linking
    assert linking.endswith("\n\n[home]: https://example.com/a\n")


def test_a_link_is_not_defined_by_code() -> None:
    prose = "A paragraph of some length. " * 6
    text = f"See [home]. {prose}\n\n```\n[home]: https://example.com/a\n```\n"
    assert whole(text) == split(text, LEAST)


def test_of_two_definitions_the_first_counts() -> None:
    prose = "A paragraph of some length. " * 6
    linking, *_ = whole(
        f"See [home]. {prose}\n\n[home]: https://example.com/a\n\n[home]: https://example.com/b"
    )
    assert linking.endswith("\n\n[home]: https://example.com/a\n")


def test_what_follows_code_that_is_never_closed_is_left_as_it_is() -> None:
    prose = "A paragraph of some length. " * 6
    text = f"{prose}\n\n[home]: https://example.com/a\n\n{prose}\n\nSee [home].\n\n```\nx = 1\n"
    assert whole(text)[-1].endswith("See [home].\n\n```\nx = 1\n")


def test_a_list_goes_on_over_blank_lines_while_it_comes() -> None:
    assert fed("- a\n\n", "-", " b\n\n", "1", "2", ". c\n\nd") == ["- a\n\n- b\n\n", "12. c\n\n", "d"]


def test_a_number_that_begins_a_sentence_is_no_item() -> None:
    assert fed("1. a\n\n", "20", "26 was good.") == ["1. a\n\n", "2026 was good."]
