import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen.ui import text

JOINER = "\u2060"


def unescaped(label: str) -> str:
    """What Markdown leaves of backslashes before punctuation."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", label)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Plain words, even ünïcödé 😀", "Plain words, even ünïcödé 😀"),
        ("![x](http://sink/?q=1)", r"\!\[x\]\(http\://sink/?q=1\)"),
        ("<b>&amp;</b>", r"\<b\>\&amp;\</b\>"),
        ("**b** _i_ `c` ~~s~~", r"\*\*b\*\* \_i\_ \`c\` \~\~s\~\~"),
        ("# 1. - + > |", r"\# 1\. \- \+ \> \|"),
        (":red[x] $a$", r"\:red\[x\] \$a\$"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_markup_is_escaped_in_a_label(typed: str, label: str) -> None:
    assert text.label(typed) == label


@pytest.mark.parametrize("typed", ["one\ntwo", "one\r\n\ttwo", "  one \u2028 two ", "one\x0btwo", "one two"])
def test_a_label_is_one_line(typed: str) -> None:
    assert text.label(typed) == "one two"


@pytest.mark.parametrize(
    "typed",
    [":material/delete:", ":streamlit:", "a :material/x::streamlit: b", "a -> b", "<->", "<- -- >= <= ~="],
)
def test_what_streamlit_draws_behind_escapes_is_parted(typed: str) -> None:
    shown = unescaped(text.label(typed))
    assert shown.replace(JOINER, "") == typed
    assert not re.search(r":material/\w+:|:streamlit:|(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)", shown)


@pytest.mark.parametrize("typed", ["a->b", "--flag", "x>=1", "10:30", "a - b", "Material: wood"])
def test_other_signs_get_nothing_invisible(typed: str) -> None:
    assert JOINER not in text.label(typed)


@settings(deadline=None)
@given(st.text() | st.text(alphabet="\\`*_{}[]()#+-.!|<>~:$& \n=a"))
def test_a_label_shows_every_character_that_was_typed(typed: str) -> None:
    assert unescaped(text.label(typed)).replace(JOINER, "") == " ".join(typed.replace(JOINER, "").split())


@settings(deadline=None)
@given(st.text(alphabet="\\`*_{}[]()#+-.!|<>~:$&a"))
def test_no_sign_of_markup_is_left_in_a_label(typed: str) -> None:
    bare = re.sub(r"\\.", "", text.label(typed))
    assert set(bare) <= {"a", JOINER}


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [
        ("", "  "),
        ("one\ntwo", "one  \ntwo  "),
        ("one\r\ntwo", "one  \ntwo  "),
        ("one\n\ntwo", "one  \n  \ntwo  "),
        ("It costs $5 and $6.", r"It costs \$5 and \$6.  "),
        (r"It costs \$5 and $6.", r"It costs \$5 and \$6.  "),
        ("What does `echo $HOME` print for $5?", r"What does `echo $HOME` print for \$5?  "),
        ("``a `$b` c`` $d", r"``a `$b` c`` \$d  "),
        (r"\`$5\`", r"\`\$5\`  "),
        ("a ` alone and $5", r"a ` alone and \$5  "),
    ],
)
def test_a_prompt_keeps_its_lines_and_its_dollars(typed: str, drawn: str) -> None:
    assert text.prompt(typed) == drawn


@pytest.mark.parametrize(
    "code",
    [
        "```\necho $HOME\n\n```",
        "```bash\necho $HOME\n```",
        "~~~\n```\necho $HOME\n~~~",
        "````md\n```\n$x\n```\n````",
        "  ```\n  $x\n  ```",
        "```\nnever closed $x",
    ],
)
def test_code_in_a_prompt_is_left_alone(code: str) -> None:
    assert text.prompt(code) == code


def test_after_code_dollars_are_money_again() -> None:
    assert text.prompt("```\n$x\n```\n$5") == "```\n$x\n```\n\\$5  "


def test_code_within_a_line_opens_no_fence() -> None:
    assert text.prompt("```x``` costs\n$5") == "```x``` costs  \n\\$5  "


@settings(deadline=None)
@given(st.text(alphabet="`~$\\ab \n"))
def test_a_prompt_loses_nothing(typed: str) -> None:
    drawn, plain = (
        [line.rstrip().replace("\\", "") for line in one.split("\n")] for one in (text.prompt(typed), typed)
    )
    assert drawn == plain
