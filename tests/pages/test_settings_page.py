"""The page of settings, run without a browser."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from madlen import services as services_module
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.types import Choices, Lane, Status
from madlen.ui.settings.running import size
from tests.pages import opening
from tests.pages.opening import Current, chatted, texts
from tests.parrot import POLLY, Gate, Parrot
from tests.pretend_openrouter import PretendOpenRouter

CANARY = "q7Zx9CanaryKey4Wm2"


def opened() -> AppTest:
    page = opening.opened("settings", seconds=60)
    assert not page.exception
    return page


def everything(page: AppTest) -> str:
    """All that is sent to the browser."""
    protos = [str(one.proto) for block in (page.main, page.sidebar) for one in elements(block)]
    return "\n".join([*protos, *(table.value.to_csv() for table in page.dataframe)])


def elements(block: Block) -> Iterator[Element]:
    """Every element of a block, however deep."""
    for child in block.children.values():
        if isinstance(child, Block):
            yield from elements(child)
        elif isinstance(child, Element):
            yield child


@contextmanager
def with_key(key: str, tmp_path: Path, **changes: object) -> Iterator[Services]:
    """A Madlen with the key and a pretend OpenRouter."""
    with PretendOpenRouter().running() as pretend:
        values = {
            "openrouter_api_key": key,
            "openrouter_base_url": pretend.base_url,
            "database_url": f"sqlite:///{tmp_path}/keyed.db",
            **changes,
        }
        madlen = Services(Settings(**values))  # type: ignore[arg-type]
        try:
            with services_module.using(madlen):
                yield madlen
        finally:
            madlen.close()


def test_the_page_says_what_runs_and_where_it_keeps_everything(current: Current) -> None:
    madlen = current()
    chatted(madlen)
    said = texts(opened())
    assert r"Version: **1\.0\.0**" in said
    assert re.search(r"Python: \*\*3\\\.\d+", said)
    assert "Database: **SQLite 3" in said
    assert "Chats and comparisons: **1**" in said
    assert "Prompts and answers: **2**" in said
    assert r"chat\.db" in said


def test_every_setting_is_in_the_table_with_its_value_and_where_it_is_from(
    current: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCH_CONCURRENCY", "3")
    current()
    [table] = [one.value for one in opened().dataframe if "Variable" in one.value]
    rows = {row["Variable"]: row for row in table.to_dict("records")}
    assert list(rows) == [name.upper() for name in Settings.model_fields]
    assert (rows["BATCH_CONCURRENCY"]["Value"], rows["BATCH_CONCURRENCY"]["From"]) == ("3", "environment")
    assert rows["ANSWER_SECONDS"]["Value"] == "1800"


def test_no_secret_is_sent_to_the_browser(tmp_path: Path) -> None:
    with with_key(f"sk-or-v1-{CANARY}", tmp_path, app_url=f"https://ada:{CANARY}@chat.example"):
        page = opened()
        page.button(key="settings-key").click().run()
        assert "OpenRouter takes the key" in page.success[0].value
        assert CANARY not in everything(page)
        assert "chat.example" in everything(page)


def test_a_key_that_is_refused_is_a_sentence(tmp_path: Path) -> None:
    with with_key("sk-or-v1-unknown", tmp_path):
        page = opened()
        page.button(key="settings-key").click().run()
        assert "OpenRouter refused the API key" in page.error[0].value


def test_without_a_key_there_is_nothing_to_test(current: Current) -> None:
    current()
    page = opened()
    assert "Key: **not set**" in texts(page)
    assert not [one for one in page.button if one.key == "settings-key"]


def test_embedded_models_say_how_far_they_are_and_how_large(tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF" * 1000)
    with with_key("sk-or-v1-valid", tmp_path, local_models=(tmp_path / "mine.gguf",)):
        [table] = [one.value for one in opened().dataframe if "State" in one.value]
        mine = table.to_dict("records")[1]
        assert (mine["Model"], mine["Size"]) == ("mine", "4.0 kB")
        assert mine["State"] == "there, loaded when it is first asked"


@pytest.fixture
def collector() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_collector_that_listens_is_said_to(current: Current, collector: int) -> None:
    current(jaeger_endpoint=f"http://127.0.0.1:{collector}")
    page = opened()
    assert "takes connections" in page.success[0].value
    assert f"Collector: **http\\://127\\.0\\.0\\.1\\:{collector}**" in texts(page)


def test_a_collector_that_is_gone_is_said_to_be(current: Current, collector: int) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        current(jaeger_endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert "Nobody takes connections" in opened().warning[0].value


def test_without_a_collector_none_is_tried(current: Current) -> None:
    madlen = current()
    assert madlen.collector_listens() is None
    assert "Collector: **not set**" in texts(opened())


def test_a_backup_is_made_beside_the_database(current: Current, tmp_path: Path) -> None:
    madlen = current()
    session_id = chatted(madlen)
    page = opened()
    page.button(key="settings-backup").click().run()
    assert "the copy is sound" in page.success[0].value
    [copy] = tmp_path.glob("chat-*.db")
    assert madlen.store.session(session_id).id.encode() in copy.read_bytes()


def test_all_chats_are_deleted_only_when_their_number_is_typed(current: Current) -> None:
    madlen = current()
    chatted(madlen)
    chatted(madlen)
    page = opened()
    assert page.button(key="settings-delete").disabled
    page.text_input(key="settings-typed").set_value("3").run()
    assert page.button(key="settings-delete").disabled
    page.text_input(key="settings-typed").set_value(" 2 ").run()
    assert not page.button(key="settings-delete").disabled
    page.button(key="settings-delete").click().run()
    assert not page.exception
    assert madlen.store.sessions() == []
    assert "There are none." in texts(page)
    assert page.toast[0].value == "2 chats deleted"


def test_chats_that_came_meanwhile_are_not_deleted_unseen(current: Current) -> None:
    madlen = current()
    chatted(madlen)
    page = opened()
    page.text_input(key="settings-typed").set_value("1").run()
    chatted(madlen)
    page.button(key="settings-delete").click().run()
    assert len(madlen.store.sessions()) == 2
    assert "is 2 by now" in page.toast[0].value


def test_an_answer_in_flight_stops_when_all_chats_are_deleted(current: Current) -> None:
    madlen = current(Parrot(["Hello", Gate()]))
    [generation] = madlen.chat.ask("Hi", [Lane(POLLY.id)]).generations
    page = opened()
    page.text_input(key="settings-typed").set_value("1").run()
    page.button(key="settings-delete").click().run()
    list(generation.follow(every=0))
    assert generation.reply().status is Status.STOPPED


def test_what_was_chosen_is_forgotten_with_one_click(current: Current) -> None:
    madlen = current()
    madlen.chat.pin_model(POLLY.id, True)
    page = opened()
    page.button(key="settings-forget").click().run()
    assert madlen.store.choices() == Choices()
    assert page.toast[0].value == "Forgotten"


def test_the_list_of_shortcuts_is_one_click_away(current: Current) -> None:
    current()
    page = opened()
    page.button(key="help").click().run()
    assert not page.exception
    said = "\n".join(str(one.value) for one in page.markdown)
    for keys in ("`Alt` `N`", "`Esc`", "`H`", "`N`"):
        assert keys in said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (98_000_000, "98 MB"),
        (4_100_000_000, "4.1 GB"),
        (2 * 10**15, "2,000 TB"),
    ],
)
def test_bytes_read_as_people_say_them(number: int, said: str) -> None:
    assert size(number) == said
