"""What is shown of the settings, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from madlen import disclosure
from madlen.settings import Settings, load

CANARY = "q7Zx9CanaryKey4Wm2"


def shown(settings: Settings) -> dict[str, disclosure.Shown]:
    return {one.name: one for one in disclosure.shown(settings)}


def test_every_setting_is_shown_with_its_meaning() -> None:
    found = shown(load())
    assert list(found) == [name.upper() for name in Settings.model_fields]
    assert all(one.meaning for one in found.values())


def test_a_key_is_only_said_to_be_set_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(load())["OPENROUTER_API_KEY"].value == "not set"
    monkeypatch.setenv("OPENROUTER_API_KEY", f"sk-or-v1-{CANARY}")
    assert shown(load())["OPENROUTER_API_KEY"].value == "set"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENROUTER_API_KEY", f"sk-or-v1-{CANARY}"),
        ("DATABASE_URL", f"postgresql://ada:{CANARY}@db/chats"),
        ("DATABASE_URL", f"postgresql://db/chats?password={CANARY}"),
        ("OPENROUTER_BASE_URL", f"https://proxy.example/api/v1?key={CANARY}"),
        ("APP_URL", f"https://ada:{CANARY}@chat.example/"),
        ("APP_URL", f"https://[{CANARY}"),
        ("JAEGER_ENDPOINT", f"http://collector:4317/?token={CANARY}#{CANARY}"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://collector:4317?{CANARY}"),
    ],
)
def test_no_secret_is_in_what_is_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    found = disclosure.shown(load())
    assert CANARY.lower() not in str(found).lower()
    assert {one.name: one for one in found}[name].source == "environment"


def test_a_value_says_where_it_is_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_NAME=Ada's chat\nDEBUG=true\nOPENROUTER_SORT=price\n", "utf-8")
    monkeypatch.setenv("DEBUG", "false")
    monkeypatch.setenv("OPENROUTER_SORT", "")
    found = shown(load())
    assert (found["APP_NAME"].value, found["APP_NAME"].source) == ("Ada's chat", ".env")
    assert (found["DEBUG"].value, found["DEBUG"].source) == ("false", "environment")
    assert found["OPENROUTER_SORT"].source == ".env"
    assert found["ANSWER_SECONDS"].source == "default"


def test_lists_numbers_and_switches_read_as_one_would_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", '["chat.example"]')
    found = shown(load())
    assert found["ALLOWED_HOSTS"].value == '["chat.example"]'
    assert found["NO_TOKEN_SECONDS"].value == "120"
    assert found["ENABLE_TRACING"].value == "true"
    assert found["CORS_ORIGINS"].value == "not set"
    assert found["DATABASE_URL"].value == "sqlite:///./chat.db"


def test_an_address_keeps_what_tells_where_it_is() -> None:
    assert disclosure.address("http://[::1]:4317/path") == "http://[::1]:4317/path"
