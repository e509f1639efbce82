import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from madlen.errors import BadSetting
from madlen.settings import Settings, child_environment, load

CANARY = "sk-or-v1-CANARY"

Refusal = Callable[..., BadSetting]


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """How settings are refused when the environment holds the given values."""

    def refused(**values: str) -> BadSetting:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(BadSetting) as caught:
            load()
        return caught.value

    return refused


WRONG = [
    ("OPENROUTER_API_KEY", f"{CANARY} {CANARY}"),
    ("OPENROUTER_API_KEY", f"{CANARY}ş"),
    ("OPENROUTER_API_KEY", f"{CANARY}\nX-Evil: 1"),
    ("OPENROUTER_BASE_URL", CANARY),
    ("OPENROUTER_BASE_URL", f"ftp://{CANARY}"),
    ("OPENROUTER_BASE_URL", f"https://[{CANARY}]/"),
    ("OPENROUTER_BASE_URL", f"https://{CANARY}℀/"),
    ("OPENROUTER_BASE_URL", f"https://host:{CANARY}"),
    ("OPENROUTER_BASE_URL", f"https:///{CANARY}"),
    ("DEBUG", CANARY),
    ("DATABASE_URL", CANARY),
    ("DATABASE_URL", f"mysql://me:{CANARY}@host/db"),
    ("DATABASE_URL", "sqlite:///"),
    ("CORS_ORIGINS", CANARY),
    ("CORS_ORIGINS", f'"{CANARY}"'),
    ("CORS_ORIGINS", f'{{"{CANARY}": 1}}'),
    ("CORS_ORIGINS", f'[["{CANARY}"], ["{CANARY}"]]'),
    ("ALLOWED_HOSTS", CANARY),
    ("ALLOWED_HOSTS", "[1, 2]"),
    ("JAEGER_ENDPOINT", f"{CANARY}:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", f"grpc://{CANARY}"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", CANARY),
    ("OTEL_METRICS_EXPORTER", CANARY),
    ("OTEL_METRICS_EXPORTER", f"otlp,{CANARY}"),
    ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", CANARY),
    ("GENAI_NAMES", CANARY),
    ("ENABLE_TRACING", CANARY),
    ("TRACES_KEPT", CANARY),
    ("TRACES_KEPT", "-1"),
    ("JAEGER_UI_URL", f"javascript:{CANARY}"),
    ("JAEGER_UI_URL", f"https://me:{CANARY}@jaeger"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_a_sentence_with_the_variable_and_without_the_value(
    refusal: Refusal, name: str, value: str
) -> None:
    sentence = str(refusal(**{name: value}))
    assert sentence.startswith(f"Madlen cannot start: {name} ")
    assert sentence.endswith(". Correct it in the environment or in .env.")
    assert sentence.count(name) == 1
    assert sentence.count(". ") == 1
    assert "\n" not in sentence
    assert "CANARY" not in sentence


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_the_traceback_of_a_wrong_value_does_not_hold_it_either(
    refusal: Refusal, name: str, value: str
) -> None:
    assert "CANARY" not in "".join(traceback.format_exception(refusal(**{name: value})))


def test_every_wrong_variable_is_named_in_the_one_sentence(refusal: Refusal) -> None:
    sentence = str(refusal(DEBUG="perhaps", DATABASE_URL="here", CORS_ORIGINS="*"))
    assert sentence.count("Madlen cannot start") == 1
    assert all(name in sentence for name in ("DEBUG", "DATABASE_URL", "CORS_ORIGINS"))


def test_a_wrong_value_says_how_a_right_one_looks(refusal: Refusal) -> None:
    sentence = str(refusal(CORS_ORIGINS="http://localhost:5173", DATABASE_URL="chat.db"))
    assert 'CORS_ORIGINS must be a JSON list such as ["http://localhost:5173"]' in sentence
    assert "DATABASE_URL must look like sqlite:///./chat.db" in sentence


def test_validation_errors_hide_what_was_put_in() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(openrouter_api_key=SecretStr(CANARY), debug=CANARY)
    assert "CANARY" not in str(caught.value)


def test_nothing_needs_to_be_set() -> None:
    found = load()
    assert found.openrouter_api_key is None
    assert found.openrouter_base_url == "https://openrouter.ai/api/v1"
    assert found.database_url == "sqlite:///./chat.db"
    assert found.cors_origins == ()
    assert found.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert found.otlp_endpoint is None


def test_every_variable_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    untouched = load()
    monkeypatch.setenv(name, "")
    assert load() == untouched


def test_the_key_is_not_in_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", CANARY)
    found = load()
    assert isinstance(found.openrouter_api_key, SecretStr)
    assert found.openrouter_api_key.get_secret_value() == CANARY
    assert "CANARY" not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"


def test_the_key_may_have_white_space_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", f" {CANARY}\n")
    assert load().openrouter_api_key == SecretStr(CANARY)


def test_a_key_of_white_space_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", " \n")
    assert load().openrouter_api_key is None


def test_the_env_file_is_read() -> None:
    Path(".env").write_text(
        f'# mine\nOPENROUTER_API_KEY="{CANARY}"\nexport APP_NAME=Çay\nDEBUG=true\nUNKNOWN=1\n', "utf-8"
    )
    found = load()
    assert (found.openrouter_api_key, found.app_name, found.debug) == (SecretStr(CANARY), "Çay", True)


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("APP_NAME=file\n")
    monkeypatch.setenv("APP_NAME", "environment")
    assert load().app_name == "environment"


def test_a_wrong_value_in_the_env_file_is_refused_like_any(refusal: Refusal) -> None:
    Path(".env").write_text(f"DEBUG={CANARY}\n")
    assert str(refusal()).startswith("Madlen cannot start: DEBUG ")


def test_an_env_file_may_begin_with_a_byte_order_mark() -> None:
    Path(".env").write_text("APP_NAME=marked\n", "utf-8-sig")
    assert load().app_name == "marked"


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_an_env_file_in_another_encoding_is_a_sentence(refusal: Refusal, encoding: str) -> None:
    Path(".env").write_text(f"OPENROUTER_API_KEY={CANARY}\nAPP_NAME=Çay\n", encoding)
    error = refusal()
    assert ".env is not UTF-8 text" in str(error)
    assert "CANARY" not in "".join(traceback.format_exception(error))


def test_names_of_variables_may_be_written_in_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("app_name", "quiet")
    assert load().app_name == "quiet"


def test_local_models_are_split_like_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = tmp_path / "a model.gguf", tmp_path / "folder"
    first.touch()
    second.mkdir()
    monkeypatch.setenv("LOCAL_MODELS", os.pathsep.join(["", str(first), "", str(second), ""]))
    assert load().local_models == (first, second)


def test_a_local_model_that_is_not_there_is_named(refusal: Refusal, tmp_path: Path) -> None:
    sentence = str(refusal(LOCAL_MODELS=os.pathsep.join([str(tmp_path), "elsewhere", str(tmp_path)])))
    assert "LOCAL_MODELS names elsewhere, which does not exist" in sentence


@pytest.mark.parametrize(
    ("name", "field"), [("CORS_ORIGINS", "cors_origins"), ("ALLOWED_HOSTS", "allowed_hosts")]
)
@pytest.mark.parametrize("values", [[], ["*"], ["http://localhost:5173", "https://chat.example.com"]])
def test_lists_are_written_in_json(
    monkeypatch: pytest.MonkeyPatch, name: str, field: str, values: list[str]
) -> None:
    monkeypatch.setenv(name, json.dumps(values))
    assert getattr(load(), field) == tuple(values)


@pytest.mark.parametrize(
    ("values", "endpoint"),
    [
        ({"JAEGER_ENDPOINT": "http://jaeger:4317"}, "http://jaeger:4317"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317"}, "http://collector:4317"),
        (
            {
                "JAEGER_ENDPOINT": "http://jaeger:4317",
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317",
            },
            "http://jaeger:4317",
        ),
    ],
)
def test_spans_go_to_jaeger_before_any_other_collector(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], endpoint: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert load().otlp_endpoint == endpoint


@pytest.mark.parametrize("url", ["http://localhost:8080", "https://[::1]:8080/v1", "HTTPS://example.com/v1/"])
def test_openrouter_may_be_at_any_http_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", url)
    assert load().openrouter_base_url == url


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load().debug = True  # type: ignore[misc]


def test_a_child_process_sees_the_environment_and_its_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("CHANGED", "1")
    child = child_environment(CHANGED="2", ADDED="3")
    assert (child["KEPT"], child["CHANGED"], child["ADDED"]) == ("1", "2", "3")
    assert "ADDED" not in child_environment()


@pytest.mark.parametrize("address", ["https://user@openrouter.ai/api", "https://user:word@openrouter.ai/api"])
def test_an_address_with_a_name_or_password_in_it_is_refused(refusal: Refusal, address: str) -> None:
    assert "without a name or password in it" in str(refusal(OPENROUTER_BASE_URL=address))


def test_a_database_that_only_one_connection_would_see_is_refused(refusal: Refusal) -> None:
    assert "DATABASE_URL must look like" in str(refusal(DATABASE_URL="sqlite:///:memory:"))


METRICS = [
    ({}, None, False),
    ({"jaeger_endpoint": "http://jaeger:4317"}, None, False),
    ({"otel_exporter_otlp_endpoint": "http://c:4317"}, "http://c:4317", False),
    (
        {"otel_exporter_otlp_endpoint": "http://c:4317", "jaeger_endpoint": "http://j:4317"},
        "http://c:4317",
        False,
    ),
    ({"otel_exporter_otlp_endpoint": "http://c:4317", "otel_metrics_exporter": "none"}, None, False),
    ({"jaeger_endpoint": "http://j:4317", "otel_metrics_exporter": "otlp"}, "http://j:4317", False),
    ({"otel_metrics_exporter": "prometheus"}, None, True),
    (
        {"otel_exporter_otlp_endpoint": "http://c:4317", "otel_metrics_exporter": "otlp, Prometheus"},
        "http://c:4317",
        True,
    ),
]


@pytest.mark.parametrize(("values", "endpoint", "served"), METRICS)
def test_metrics_go_where_they_are_asked_for_and_to_no_jaeger_that_keeps_none(
    values: dict[str, Any], endpoint: str | None, served: bool
) -> None:
    settings = Settings(**values)
    assert (settings.metrics_endpoint, settings.serves_metrics) == (endpoint, served)


@pytest.mark.parametrize(
    ("value", "captured"),
    [
        ("NO_CONTENT", False),
        ("false", False),
        ("EVENT_ONLY", False),
        ("SPAN_ONLY", True),
        ("true", True),
        ("span_and_event", True),
    ],
)
def test_content_is_captured_by_the_words_of_the_convention(value: str, captured: bool) -> None:
    assert Settings(otel_instrumentation_genai_capture_message_content=value).captures_content is captured
