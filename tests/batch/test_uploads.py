"""Prompt sets from files, and back into files."""

from __future__ import annotations

import base64
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from madlen.batch import uploads
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import TooLarge, Unacceptable
from madlen.prompt_sets import Check, Prompt
from madlen.types import Picture

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30)


def rows(text: str, name: str = "set.csv") -> tuple[Prompt, ...]:
    found = uploads.read(text.encode(), name)
    assert found.errors == ()
    return found.prompts


def dot() -> str:
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def test_a_csv_has_prompts_references_tags_images_and_variables() -> None:
    [prompt] = rows(
        "prompt,reference,tags,image,city\n"
        '"Where is {{city}}, really?",Norway,"geo, easy",https://example.com/a.png,Oslo\n'
    )
    assert prompt.asked == "Where is Oslo, really?"
    assert prompt.reference == "Norway"
    assert prompt.tags == ("geo", "easy")
    assert prompt.pictures == (Picture(url="https://example.com/a.png"),)
    assert prompt.variables == {"city": "Oslo"}


def test_a_column_is_the_variable_that_its_heading_can_be() -> None:
    [prompt] = rows("prompt, home town!,_id,($)\n{{home_town}} {{_id}} {{_}},Oslo,7,5\n")
    assert prompt.asked == "Oslo 7 5"


def test_columns_that_would_be_one_variable_are_refused_where_they_differ() -> None:
    text = "prompt,home town,home-town\nWhy?,Oslo,Oslo\nHow?,Oslo,Bergen\n"
    found = uploads.read(text.encode())
    assert [prompt.variables for prompt in found.prompts] == [{"home_town": "Oslo"}]
    [error] = found.errors
    assert "“home-town” is not the only one for the variable home_town" in error


@pytest.mark.parametrize("name", ["prompt", "Text", "QUESTION", " input "])
@pytest.mark.parametrize("expected", ["reference", "Expected", "answer", "output"])
def test_columns_have_several_names(name: str, expected: str) -> None:
    [prompt] = rows(f"{name},{expected}\nWhy?,Because.\n")
    assert (prompt.text, prompt.reference) == ("Why?", "Because.")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_are_parted_as_the_heading_is(delimiter: str) -> None:
    [prompt] = rows(f"prompt{delimiter}answer\nWhy?{delimiter}Because.\n")
    assert prompt.reference == "Because."


def test_prompts_alone_need_no_quotes_for_their_commas() -> None:
    assert rows("prompt\nYes, or no; which?\n")[0].text == "Yes, or no; which?"


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_words() -> None:
    found = uploads.read("\ufeffprompt,tags\r\nİyi mi?,a\r\n".encode(), "set.csv")
    assert found.prompts[0].text == "İyi mi?"


def test_a_prompt_may_have_several_lines() -> None:
    assert [prompt.text for prompt in rows('prompt\n"One\ntwo"\nThree\n')] == ["One\ntwo", "Three"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("prompt\nWhy?\n".encode("utf-16"), "UTF-16"),
        ("prompt\nİyi\n".encode("iso-8859-9"), "line 2"),
        (b"PK\x03\x04\xff\xfe", "spreadsheet"),
        (b"prompt\n\0\n", "not text"),
    ],
)
def test_another_encoding_is_told(content: bytes, said: str) -> None:
    with pytest.raises(Unacceptable, match=said):
        uploads.read(content, "set.csv")


def test_every_bad_row_is_named_and_the_good_ones_are_taken() -> None:
    found = uploads.read(
        b"prompt,tags,image\nGood,,\n,a,\n\nSeen,,ftp://x\nMore,a,,stray\nLast,,\n", "set.csv"
    )
    assert [prompt.text for prompt in found.prompts] == ["Good", "Last"]
    assert [error.partition(":")[0] for error in found.errors] == ["Row 3", "Row 5", "Row 6"]
    assert "the prompt is empty" in found.errors[0]
    assert "https address" in found.errors[1]
    assert "4 cells" in found.errors[2]


def test_a_file_without_a_column_of_prompts_is_refused() -> None:
    with pytest.raises(Unacceptable, match="must name the columns"):
        uploads.read(b"name,age\na,1\n", "set.csv")


def test_a_column_named_twice_is_refused() -> None:
    with pytest.raises(Unacceptable, match="Two columns"):
        uploads.read(b"prompt,city,city\na,b,c\n", "set.csv")


@pytest.mark.parametrize("content", [b"", b"prompt\n", b"\n\n"])
def test_a_file_without_a_prompt_is_refused(content: bytes) -> None:
    with pytest.raises(Unacceptable, match="no prompt"):
        uploads.read(content, "set.csv")


def test_a_jsonl_file_has_one_object_a_line() -> None:
    row = {
        "question": "Is {{a}} > {{b}}?",
        "expected": True,
        "tags": ["maths"],
        "images": [dot()],
        "variables": {"a": 2},
        "b": 1.5,
        "checks": [{"kind": "length", "limit": 5}],
    }
    [prompt] = rows(json.dumps(row) + "\n\n", "set.jsonl")
    assert prompt.asked == "Is 2 > 1.5?"
    assert (prompt.reference, prompt.tags) == ("true", ("maths",))
    assert prompt.pictures[0].media_type == "image/png"
    assert prompt.checks == (Check("length", limit=5.0),)


def test_line_separators_inside_json_end_no_line() -> None:
    assert rows('{"prompt": "a\u2028b"}\n', "set.jsonl")[0].text == "a\u2028b"


def test_a_json_list_is_taken_too_and_is_known_without_a_name() -> None:
    assert [prompt.text for prompt in rows('[{"prompt": "a"}, {"prompt": "b"}]', "")] == ["a", "b"]


def test_lines_that_are_no_objects_are_named() -> None:
    lines = ['{"prompt": "a"', "[1]", '{"prompt": {"a": 1}}', '{"prompt": "b", "tags": 5}']
    lines += ['{"prompt": "c", "checks": [{"kind": "magic"}]}', '{"prompt": "d"}', "[" * 5000]
    found = uploads.read("\n".join(lines).encode(), "set.jsonl")
    assert [prompt.text for prompt in found.prompts] == ["d"]
    assert [error.partition(":")[0] for error in found.errors] == [f"Row {row}" for row in (1, 2, 3, 4, 5, 7)]


def test_errors_are_told_up_to_a_limit() -> None:
    found = uploads.read(b"prompt,a\n" + b",x\n" * 250, "set.csv")
    assert len(found.errors) == uploads.ERRORS_TOLD + 1
    assert found.errors[-1] == "150 more rows cannot be taken."


def test_a_set_has_so_many_rows_and_the_rest_is_said_to_be_left_out() -> None:
    found = uploads.read(b"prompt\n" + b"x\n" * (uploads.MOST_ROWS + 7), "set.csv")
    assert len(found.prompts) == uploads.MOST_ROWS
    assert found.errors == ("Row 5,002: a set has at most 5,000 prompts; the rest was left out.",)


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge, match="at most 20 MB"):
        uploads.read(b"x" * (uploads.MOST_BYTES + 1), "set.csv")


def test_a_prompt_is_as_long_as_a_message_may_be() -> None:
    longest = "x" * PROMPT_CHARACTERS
    found = uploads.read(f"prompt\n{longest}\n{longest}y\n".encode(), "set.csv")
    assert [prompt.text for prompt in found.prompts] == [longest]
    assert "400,000" in found.errors[0]


def test_variables_may_not_make_a_prompt_too_long() -> None:
    half = "x" * (PROMPT_CHARACTERS // 2)
    found = uploads.read(f"prompt,v\n{{{{v}}}}{{{{v}}}}y,{half}\n".encode(), "set.csv")
    assert (found.prompts, len(found.errors)) == ((), 1)


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    prompts = [Prompt("1", "=1+1", "@x", variables={"+a": "-b"}), Prompt("2", "'=quoted")]
    for row in csv.reader(io.StringIO(uploads.as_csv(prompts))):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert [prompt.text for prompt in rows(uploads.as_csv(prompts))] == ["=1+1", "'=quoted"]


def plain(prompt: Prompt) -> tuple[object, ...]:
    return prompt.text, prompt.reference, prompt.tags, prompt.pictures, prompt.variables, prompt.checks


FULL = Prompt(
    "1",
    'Say "{{a}}", twice;\nplease',
    "=2",
    (Picture(url="https://example.com/a.png"),),
    ("one, two", "[three]"),
    {"a": "x", "b_c": "-"},
    (Check("regex", "^a;b,c$"), Check("cost", limit=0.5)),
)


@pytest.mark.parametrize("name", ["set.csv", "set.jsonl"])
def test_a_set_is_read_as_it_was_written(name: str) -> None:
    write = uploads.as_csv if name.endswith("csv") else uploads.as_jsonl
    assert [plain(one) for one in rows(write([FULL, Prompt("2", "b")]), name)] == [
        plain(FULL),
        plain(Prompt("2", "b")),
    ]


@given(text=WORDS.filter(str.strip), reference=WORDS)
def test_any_words_survive_both_files(text: str, reference: str) -> None:
    prompt = Prompt("1", text, reference)
    [line] = rows(uploads.as_jsonl([prompt]), "set.jsonl")
    [cell] = rows(uploads.as_csv([prompt]), "set.csv")
    assert (line.text, line.reference) == (text, reference)
    assert (cell.text, cell.reference) == (text, reference if reference.strip() else "")
