"""The history page, run without a browser."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import IO

import pytest
from streamlit.testing.v1 import AppTest

from madlen.archives import Archives
from madlen.errors import StoreUnavailable
from madlen.files.kinds import Kind
from madlen.services.wiring import Services
from madlen.types import Lane
from madlen.ui import past
from tests.pages import opening
from tests.pages.opening import Current, chatted, looked_at, texts
from tests.parrot import DONE, POLLY, Parrot
from tests.store.keeping import PICTURE


def opened(**query: str) -> AppTest:
    return opening.opened("history", seconds=20, **query)


def links(page: AppTest) -> list[str]:
    """The titles of the chats that the page lists."""
    drawn = [one.proto for one in page.main.get("page_link")]
    return [link.label.strip("*") for link in drawn if link.query_string]


def sought(page: AppTest, words: str) -> AppTest:
    return page.text_input(key="history-words").set_value(words).run()


def picked(page: AppTest, *session_ids: str) -> AppTest:
    for session_id in session_ids:
        page.checkbox(key=f"pick-{session_id}").check().run()
    return page


def held(madlen: Services, *prompts: str) -> list[str]:
    return [chatted(madlen, prompt) for prompt in prompts]


def test_an_empty_history_says_what_it_is_for(current: Current) -> None:
    current()
    page = opened()
    assert not page.exception
    assert "Every chat and comparison is kept here" in texts(page)
    assert links(page) == []


def test_all_chats_are_listed_newest_first(current: Current) -> None:
    held(current(), "Apples", "Pears")
    page = opened()
    assert not page.exception
    assert links(page) == ["Pears", "Apples"]
    assert "2 messages · parrot/polly" in texts(page).replace("\\", "")


def test_chats_are_found_by_their_words_and_the_hit_is_marked(current: Current) -> None:
    held(current(Parrot(["Sweet and round.", DONE])), "Apples, why?", "Pears")
    page = sought(opened(), "app")
    assert links(page) == ["Apples, why?"]
    assert "**:primary[Apples]**, why?" in texts(page)


def test_what_was_said_is_shown_as_words_only(current: Current) -> None:
    held(current(), "![apple](http://sink.example/x.png) <b>apple</b> :material/home: $x$")
    page = sought(opened(), "apple")
    assert "![" not in texts(page)
    assert "<b>" not in texts(page)
    assert ":material/home" not in texts(page)


@pytest.mark.parametrize("words", ['"', "*", "a AND", "🌈", "虹", "\0", "x" * 2000, "(", ":red[x]"])
def test_nothing_that_is_typed_is_an_error(current: Current, words: str) -> None:
    held(current(), "Apples")
    page = sought(opened(), words)
    assert not page.exception
    assert not page.error


def test_a_search_without_a_hit_says_so(current: Current) -> None:
    held(current(), "Apples")
    assert "No chat is found" in sought(opened(), "plums").info[0].value


def test_the_words_that_were_found_are_opened_in_their_chat(current: Current) -> None:
    [session_id] = held(current(), "Apples")
    page = sought(opened(), "apples")
    [link] = [one.proto for one in page.main.get("page_link") if one.proto.query_string]
    assert f"session={session_id}" in link.query_string
    assert "message=" in link.query_string


def test_filters_are_drawn_when_looked_at_and_say_what_they_leave(current: Current) -> None:
    madlen = current()
    held(madlen, "Apples")
    made = madlen.chat.ask("Pears", [Lane("parrot/seer")], pictures=[PICTURE])
    list(made.generations[0].follow(every=0))
    page = opened()
    assert not [one for one in page.checkbox if one.key == "history-image"]
    page = looked_at(page, "history-filter")
    page.checkbox(key="history-image").check().run()
    assert (links(page), "with an image" in texts(page)) == (["Pears"], True)
    page.checkbox(key="history-image").uncheck().run()
    page.selectbox(key="history-model").set_value("parrot/polly").run()
    assert links(page) == ["Apples"]
    page.selectbox(key="history-model").set_value(None).run()
    page.date_input(key="history-until").set_value((datetime.now(UTC) - timedelta(days=3)).date()).run()
    assert links(page) == []
    page.date_input(key="history-until").set_value(None).run()
    page.date_input(key="history-since").set_value((datetime.now(UTC) - timedelta(days=3)).date()).run()
    assert links(page) == ["Pears", "Apples"]


def test_filters_stay_when_their_popover_is_closed(current: Current) -> None:
    held(current(), "Apples")
    page = looked_at(opened(), "history-filter")
    page.checkbox(key="history-error").check().run()
    page.session_state["history-filter"] = False
    assert links(page.run()) == []


def test_chats_that_are_picked_are_archived_together(current: Current) -> None:
    madlen = current()
    apples, pears, _ = held(madlen, "Apples", "Pears", "Plums")
    page = picked(opened(), apples, pears)
    assert "**2 chats picked**" in texts(page)
    page.button(key="history-archive").click().run()
    assert links(page) == ["Plums"]
    page = looked_at(page, "history-filter")
    page.checkbox(key="history-archived").check().run()
    assert links(page) == ["Pears", "Apples"]
    page = picked(page, apples)
    page.button(key="history-archive").click().run()
    assert not madlen.store.entry(apples).archived


def test_chats_that_are_picked_are_deleted_after_a_second_click_and_come_back(current: Current) -> None:
    madlen = current()
    apples, pears = held(madlen, "Apples", "Pears")
    page = picked(opened(), apples, pears)
    page = looked_at(page, "history-delete")
    assert links(page) == ["Pears", "Apples"]
    page.button(key="history-delete-all").click().run()
    assert (links(page), madlen.store.sessions()) == ([], [])
    assert "Deleted 2 chats" in [one.value for one in page.sidebar.caption]
    page.button(key="undo").click().run()
    assert links(page) == ["Pears", "Apples"]


def test_all_that_are_found_are_picked_and_let_go(current: Current) -> None:
    held(current(), "Apples", "Pears", "Apple pie")
    page = sought(opened(), "app")
    page.button(key="history-all").click().run()
    assert "**2 chats picked**" in texts(page)
    assert all(one.value for one in page.checkbox)
    page.button(key="history-none").click().run()
    assert "picked" not in texts(page)


def test_a_new_search_lets_go_of_what_was_picked(current: Current) -> None:
    apples, _ = held(current(), "Apples", "Pears")
    page = picked(opened(), apples)
    assert "picked" not in texts(sought(page, "pears"))


def test_chats_that_are_picked_are_exported_into_one_file(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    apples, pears = held(current(), "Apples", "Pears")
    contents: list[bytes] = []
    page = looked_at(picked(opened(), apples, pears), "history-export-place")
    bundle = Archives.bundle

    def kept(self: Archives, ids: Sequence[str], kind: Kind, out: IO[bytes]) -> Iterator[float]:
        yield from bundle(self, ids, kind, out)
        out.seek(0)
        contents.append(out.read())

    monkeypatch.setattr(Archives, "bundle", kept)
    page.button(key="history-make").click().run()
    assert not page.exception
    assert [one.label for one in page.main.download_button] == ["Download"]
    with zipfile.ZipFile(BytesIO(contents[0])) as packed:
        assert sorted(packed.namelist()) == sorted([f"Apples-{apples[:8]}.json", f"Pears-{pears[:8]}.json"])


def test_a_long_list_comes_a_page_at_a_time(current: Current) -> None:
    madlen = current()
    for number in range(past.AT_ONCE + 3):
        madlen.chat.create_session(POLLY.id, f"Chat {number}")
    page = opened()
    assert len(links(page)) == past.AT_ONCE
    page.button(key="history-older").click().run()
    assert links(page) == ["Chat 2", "Chat 1", "Chat 0"]
    assert page.button(key="history-older").disabled
    page.button(key="history-newer").click().run()
    assert len(links(page)) == past.AT_ONCE


def test_statistics_are_drawn_when_looked_at(current: Current) -> None:
    madlen = current()
    page = looked_at(opened(), "statistics")
    assert "Nothing was answered in this time." in texts(page)
    held(madlen, "Apples")
    page = page.run()
    assert not page.exception
    assert "1 answers, 8 tokens, 0.0001 US dollars" in texts(page).replace("\\", "")
    assert len(page.get("vega_lite_chart")) == 2


def test_chats_can_be_imported_here(current: Current) -> None:
    current()
    assert len(looked_at(opened(), "history-imports-place").file_uploader) == 1


def test_a_database_that_fails_is_told(current: Current, monkeypatch: pytest.MonkeyPatch) -> None:
    madlen = current()

    def fails(**_: object) -> None:
        raise StoreUnavailable("The database is busy.")

    monkeypatch.setattr(madlen.store, "sessions", fails)
    page = opened()
    assert not page.exception
    assert "The database is busy" in page.error[0].value
