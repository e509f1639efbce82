"""Exports for people: complete, and harmless whatever was said."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from madlen.files import html, markdown, rendering
from madlen.files.documents import Archive
from madlen.types import CHAT_LANE, Failure, Lane, Parameters, Picture, Session
from madlen.votes import Vote
from tests.files.archiving import COMPARISON, FAILED, FAST, NOW, RED, TURN, archives
from tests.files.hostile import HOSTILE
from tests.files.test_documents import long

ATTRIBUTES = {
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "dir",
    "class",
    "rel",
    "target",
    "href",
    "alt",
    "src",
    "style",
    "start",
}
PARTS = (
    "html head meta title style body header main section article div p h1 h2 h3 h4 h5 h6 a bdi strong em s "
    "code pre blockquote ul ol li hr br table thead tbody tr th td details summary img"
)
TAGS = frozenset(PARTS.split())


class Seen(HTMLParser):
    """What stands in a page: its elements with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.elements if attribute in attributes]


def as_html(archive: Archive) -> str:
    return "".join(html.written(archive, app_version="1.0.0", now=NOW))


def as_markdown(archive: Archive) -> str:
    return "".join(markdown.written(archive, app_version="1.0.0", now=NOW))


def saying(words: str) -> Archive:
    """A comparison that says the same words wherever there is room for any."""
    reply = replace(
        FAST,
        text=words,
        reasoning=words,
        model_id=words or "x",
        lane=words or "x",
        model=words,
        provider=words,
        system=words,
        parameters=Parameters(stop=(words,), reasoning_effort=words),
        failure=Failure("upstream", words),
        notes=(words,),
        pictures=(RED, Picture(url=words), Picture(url=f"https://example.com/{words}")),
    )
    turn = replace(TURN, text=words, replies=(reply, replace(reply, id="r2"), FAILED))
    session = replace(COMPARISON.session, title=words, system=words, model_id=words or "x")
    vote = Vote("t1", "s1", (("r1",), ("r2",)), NOW, note=words, tags=(words,))
    return Archive(session, (turn,), (vote,))


def check_harmless(page: str) -> None:
    seen = Seen(page)
    assert {tag for tag, _ in seen.elements} <= TAGS
    assert {name for _, attributes in seen.elements for name in attributes} <= ATTRIBUTES
    assert all(src.startswith("data:image/png;base64,") for src in seen.values("src"))
    assert all(re.match(r"(?i)(https?|mailto):", href.strip()) for href in seen.values("href"))
    assert set(seen.values("style")) <= {"text-align:left", "text-align:right", "text-align:center"}
    assert [attributes for tag, attributes in seen.elements if tag == "style"] == [{}]
    assert len([tag for tag, _ in seen.elements if tag == "meta"]) == 4
    assert page.count("</style>") == page.count("</title>") == page.count("<html") == 1


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_words_in_html(words: str) -> None:
    check_harmless(as_html(saying(words)))


@given(st.text(st.sampled_from("<>/!-[]()`*_\"'&:= \n\tabjs|~#>"), max_size=60))
@settings(deadline=None, max_examples=200)
def test_no_mixture_of_signs_is_more_than_words_in_html(words: str) -> None:
    check_harmless(as_html(saying(words)))


@given(archives())
@settings(deadline=None, max_examples=50)
def test_every_archive_can_be_shown(archive: Archive) -> None:
    check_harmless(as_html(archive))
    assert as_markdown(archive).startswith("# ")


def test_a_page_may_load_and_run_nothing() -> None:
    page = as_html(COMPARISON)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in page
    # It must stand before anything that it is to hold back.
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_signs_that_turn_the_direction_do_not_leave_their_place() -> None:
    page = as_html(saying("\u202eabc"))
    title = re.search(r"<title>(.*)</title>", page)
    assert title is not None
    assert title[1] == "abc"
    for place in re.finditer("\u202e", page):
        assert 'dir="auto"' in page[: place.start()].rsplit("<div", 1)[-1].partition(">")[0]


def test_lanes_stand_side_by_side_with_figures_and_vote() -> None:
    page = as_html(COMPARISON)
    assert page.count('<article class="lane">') == 2
    text = " ".join(" ".join(Seen(page).texts).split())
    for part in (
        "Comparison of 2 lanes",
        "How many colours?",
        "A · parrot/polly · parrot/polly-2026 · Cage",
        "temperature 0.5 · top-p 0.9 · at most 100 tokens · seed 7 · effort low · stops at 'END'",
        "Count them.",
        "Too many requests.",
        "1 earlier image was left out.",
        "3 tokens in, 5 out · $0.000071",
        "A (parrot/polly), better than B (parrot/seer), and even the best was bad.",
        "“Clear.” Tags: physics.",
    ):
        assert part in text
    assert page.count("data:image/png;base64,") == 3
    assert 'href="https://example.com/map.png"' in page


def test_a_chat_has_one_column() -> None:
    reply = replace(FAST, lane=CHAT_LANE)
    session = replace(COMPARISON.session, lanes=(), title="Tea")
    page = as_html(Archive(session, (replace(TURN, replies=(reply,)),)))
    assert 'class="lanes alone"' in page
    assert "<table" not in page


def test_answers_that_were_asked_for_again_stay_below_the_last_one() -> None:
    turn = replace(TURN, replies=(FAST, replace(FAST, id="r3", text="Eight.")))
    archive = Archive(COMPARISON.session, (turn,))
    page = as_html(archive)
    assert page.index("Eight.") < page.index("Earlier answers: 1") < page.index("<strong>Seven</strong>")
    text = as_markdown(archive)
    assert text.index("Eight.") < text.index("Earlier answer: A") < text.index("**Seven**")


def test_markdown_has_everything_too() -> None:
    text = as_markdown(COMPARISON)
    for part in (
        "# Rainbows",
        "> How many colours?",
        "### A · parrot/polly",
        "**Seven**, as in a rainbow.",
        "> Count them.",
        "Too many requests",
        "| A | 0\\.50 s | 1\\.50 s | 4 | 5 | \\$0\\.000071 |",
        "**Vote:** A \\(parrot/polly\\), better than B",
        f"Image {RED.sha256[:12]}",
    ):
        assert part in text, part


AS_VIEWED = MarkdownIt("commonmark", {"html": True}).enable("table")


def headings(text: str) -> list[str]:
    tokens = AS_VIEWED.parse(text)
    return [
        after.content
        for token, after in pairwise(tokens)
        if token.type == "heading_open" and token.level == 0
    ]


def check_inert(text: str) -> None:
    page = str(AS_VIEWED.render(text))
    assert not {tag for tag, _ in Seen(page).elements} & {
        "script",
        "img",
        "iframe",
        "style",
        "svg",
        "meta",
        "link",
        "base",
        "body",
    }
    assert "<!--" not in page
    assert all(re.match(r"(?i)(https?|mailto):", href) for href in Seen(page).values("href"))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_words_in_markdown(words: str) -> None:
    text = as_markdown(saying(words))
    check_inert(text)
    # Nothing that was said swallows what comes after it.
    assert "**Vote:**" in text
    assert [heading for heading in headings(text) if heading.startswith("Prompt 1")] == ["Prompt 1"]
    assert str(AS_VIEWED.render(text)).count("<strong>Vote:</strong>") == 1


@given(st.text(st.sampled_from("<>/!-[]()`*_\"'&:= \n\tab|~#>"), max_size=60))
@settings(deadline=None, max_examples=300)
def test_no_mixture_of_signs_swallows_what_follows_in_markdown(words: str) -> None:
    check_inert(f"{markdown.inert(words)}\n\n## After\n")
    assert headings(f"{markdown.inert(words)}\n\n## After\n")[-1] == "After"


def test_ordinary_markdown_stays_as_it_was_written() -> None:
    ordinary = "# Title\n\n- one `a < b`\n- two\n\n```html\n<b>x</b>\n```\n\n[link](https://example.com)"
    assert markdown.inert(ordinary) == ordinary


@pytest.mark.parametrize("sign", ["[", "![", "*a ", "`", "> ", "<a ", "|a", "a**b", "``` \n", "- "])
def test_markdown_that_is_made_to_take_long_does_not(sign: str) -> None:
    words = sign * (3_000_000 // len(sign))
    began = time.process_time()
    rendering.markup(words)
    markdown.inert(words)
    rendering.markup(words[:50_000])
    markdown.inert(words[:50_000])
    assert time.process_time() - began < 20


def test_the_time_for_a_long_session_grows_with_its_length_only() -> None:
    def seconds(archive: Archive) -> float:
        began = time.process_time()
        as_html(archive)
        as_markdown(archive)
        return time.process_time() - began

    short, tenfold = long(20), long(200)
    seconds(short)
    assert seconds(tenfold) < 40 * seconds(short)


def test_a_session_without_turns_is_a_page_too() -> None:
    empty = Archive(Session("s", "", "m", NOW, NOW, lanes=(Lane("m", "A"),)))
    check_harmless(as_html(empty))
    assert as_markdown(empty).startswith("# ")
