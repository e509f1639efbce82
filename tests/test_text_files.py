"""Text files that go with a prompt."""

from __future__ import annotations

import pytest

from madlen import text_files
from madlen.errors import MadlenError, TooLarge
from madlen.text_files import TextFile
from madlen.ui import text


def test_a_file_stands_in_the_prompt_under_its_name_in_a_fence_of_its_language() -> None:
    file = text_files.read("notes.py", b"print('hi')\r\nprint('ho')\r\n")
    assert text_files.within("Explain.", [file]) == (
        "Explain.\n\n`notes.py`:\n\n```py\nprint('hi')\nprint('ho')\n```"
    )


def test_a_file_alone_is_a_prompt() -> None:
    assert text_files.within("", [TextFile("Makefile", "all:")]) == "`Makefile`:\n\n```\nall:\n```"


def test_several_files_stand_in_their_order() -> None:
    words = text_files.within("Compare.", [TextFile("a.csv", "1"), TextFile("b.csv", "2")])
    assert words.index("`a.csv`") < words.index("`b.csv`")
    assert text_files.within("Hi", []) == "Hi"


def test_nothing_in_a_file_closes_its_fence() -> None:
    words = text_files.within("", [TextFile("x.md", "```py\n1\n```\n`````")])
    assert words.count("``````") == 2
    assert words.endswith("\n``````")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert text_files.read("a.txt", "çağ".encode("utf-8-sig")).text == "çağ"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("müh".encode("cp1252"), "no text in UTF-8"),
        ("wide".encode("utf-16"), "no text in UTF-8"),
        (b"a\0b", "zero bytes"),
        (b"\x89PNG\r\n\x1a\n", "no text in UTF-8"),
        (b" \n", "is empty"),
        (b"x" * 400_001, "at most 400 kB"),
    ],
)
def test_what_is_no_text_is_told_with_the_files_name(content: bytes, sentence: str) -> None:
    with pytest.raises(MadlenError, match=f"data.txt .*{sentence}"):
        text_files.read("data.txt", content)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        (r"C:\Users\me\notes.txt", "notes.txt"),
        ("a\nb\0c.txt", "a_b_c.txt"),
        ("cod`e``.py", "cod_e__.py"),
        ("exe\u202etxt.md", "exe_txt.md"),
        ("", "file"),
        ("/", "file"),
        ("türkçe özet.md", "türkçe özet.md"),
        ("n" * 300 + ".json", "n" * 89 + "…" + "nnnnn.json"),
    ],
)
def test_a_hostile_name_is_one_harmless_line(name: str, safe: str) -> None:
    assert text_files.safe(name) == safe


def test_markup_in_a_name_stays_words_in_what_is_drawn() -> None:
    name = "![x](http://example.com/beacon.png)<b>.md"
    words = text_files.within("", [text_files.read(f"a/{name}", b"Hi")])
    shown = text_files.safe(name)
    assert f"`{shown}`:" in text.prompt(words)


def test_more_files_than_fit_are_too_many() -> None:
    text_files.check_number(20)
    with pytest.raises(TooLarge, match="at most 20"):
        text_files.check_number(21)
