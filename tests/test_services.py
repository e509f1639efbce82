from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from madlen import services
from madlen.errors import BadSetting, StoreUnavailable
from madlen.services import wiring
from madlen.services.wiring import Services
from madlen.settings import Settings
from tests.conftest import StartMadlen
from tests.loading import loaded
from tests.parrot import Parrot


@pytest.fixture
def own_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_weights: Path) -> None:
    """The environment of a process of its own, whose services end with the test."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")


def asked_at_once(make: Callable[[], object]) -> list[object]:
    """What eight threads get."""
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.append(make())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


def test_all_first_visitors_get_the_same_services(own_process: None) -> None:
    made = asked_at_once(services.current)
    services.close()
    assert len(set(map(id, made))) == 1


def test_closed_services_are_made_anew(own_process: None) -> None:
    first = services.current()
    services.close()
    second = services.current()
    services.close()
    assert first is not second


def test_what_begins_first_is_what_the_services_then_run_with(own_process: None) -> None:
    settings = services.begin()
    made = services.current()
    assert services.begin() is made.settings is settings
    services.close()


def test_a_database_that_was_opened_and_never_used_is_closed(own_process: None, tmp_path: Path) -> None:
    services.begin()
    assert (tmp_path / "chat.db-wal").exists()
    services.close()
    assert not (tmp_path / "chat.db-wal").exists()


def test_a_start_that_fails_late_closes_the_database_and_says_why_each_time(
    own_process: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-late")
    monkeypatch.setenv("OPENROUTER_BASE_URL", "http://münchen..de/v1")
    services.begin()
    for _ in range(2):
        with pytest.raises(BadSetting, match="OPENROUTER_BASE_URL is not an address"):
            services.current()
        assert not (tmp_path / "chat.db-wal").exists()
    services.close()


def test_a_server_can_listen_before_most_of_madlen_is_loaded() -> None:
    late = {
        "madlen.services.wiring",
        "madlen.batch",
        "madlen.providers.openrouter",
        "opentelemetry.sdk.trace",
    }
    assert loaded("import madlen.api.mount, madlen.api.workers", late) == ""


def test_interrupting_what_was_never_made_does_nothing() -> None:
    services.interrupt()


def test_closing_what_was_never_opened_does_nothing() -> None:
    services.close()


def test_a_start_says_which_database_runs(
    start_madlen: StartMadlen, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring.log, "propagate", True)
    with caplog.at_level(logging.INFO, "madlen"):
        madlen = start_madlen()
    assert f"Madlen AI Chat 1.0.0 with {madlen.store.description}" in caplog.text


@pytest.mark.parametrize(("debug", "level"), [("false", logging.INFO), ("true", logging.DEBUG)])
def test_debug_makes_the_log_say_more(
    own_process: None, monkeypatch: pytest.MonkeyPatch, debug: str, level: int
) -> None:
    monkeypatch.setenv("DEBUG", debug)
    services.current()
    services.close()
    assert wiring.log.level == level


def test_a_start_that_fails_leaves_no_thread_behind(tmp_path: Path) -> None:
    # Each by itself and not by number: a thread of an earlier test may end meanwhile.
    before = set(threading.enumerate())

    def no_providers(*_: object) -> list[Parrot]:
        raise BadSetting("No provider.")

    with pytest.raises(BadSetting):
        Services(Settings(database_url=f"sqlite:///{tmp_path}/chat.db"), make_providers=no_providers)
    with pytest.raises(StoreUnavailable):
        Services(Settings(database_url=f"sqlite:///{tmp_path}/none/chat.db"))
    assert set(threading.enumerate()) <= before


def test_what_reads_and_writes_files_is_loaded_when_somebody_has_a_file() -> None:
    script = "import madlen.services, madlen.ui.conversation, madlen.ui.exports"
    assert loaded(script, {"madlen.archives", "madlen.run_files", "madlen.files.imports"}) == ""


@pytest.mark.parametrize("name", ["archives", "run_files"])
def test_what_is_made_late_is_made_once(start_madlen: StartMadlen, name: str) -> None:
    madlen = start_madlen()
    made = asked_at_once(lambda: getattr(madlen, name))
    assert len(set(map(id, made))) == 1


def test_closing_ends_every_thread(start_madlen: StartMadlen) -> None:
    before = set(threading.enumerate())
    madlen = start_madlen()
    assert set(threading.enumerate()) - before
    madlen.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "madlen"] == []


def test_without_a_key_the_embedded_model_is_there_and_on_its_way(own_process: None) -> None:
    madlen = services.current()
    try:
        [model] = madlen.chat.models().models
        readiness = madlen.readiness(model.id)
        assert model.id == "local/smollm2-135m-instruct"
        assert readiness is not None
        assert readiness.phase != "failed"
    finally:
        services.close()


def test_with_a_key_the_embedded_model_waits_until_it_is_asked(
    own_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-test")
    monkeypatch.setenv("OPENROUTER_BASE_URL", "http://127.0.0.1:9/api/v1")
    madlen = services.current()
    try:
        listing = madlen.chat.models()
        readiness = madlen.readiness("local/smollm2-135m-instruct")
        assert [model.source for model in listing.models] == ["local"]
        assert "OpenRouter cannot be reached" in listing.notes[0]
        assert readiness is not None
        assert readiness.phase == "waiting"
    finally:
        services.close()
