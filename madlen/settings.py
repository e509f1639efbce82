"""What the environment and ``.env`` say, read once. The only module that looks at ``os.environ``."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import pydantic
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from madlen.errors import BadSetting

MetricsExporter = Literal["otlp", "prometheus", "none"]
# Madlen makes no log events, the other place that the convention knows for content.
_CAPTURING = {"TRUE", "SPAN_ONLY", "SPAN_AND_EVENT"}
_NOT_CAPTURING = {"FALSE", "NO_CONTENT", "EVENT_ONLY"}

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class Settings(BaseSettings):
    """Every variable that Madlen reads; the table in the README is tested against this class."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    openrouter_api_key: SecretStr | None = Field(
        None, description="Your OpenRouter key; without one the embedded model answers"
    )
    openrouter_base_url: str = Field("https://openrouter.ai/api/v1", description="Where OpenRouter's API is")
    openrouter_data_collection: Literal["allow", "deny"] | None = Field(
        None, description="`deny` to use only providers that do not keep prompts to train on"
    )
    openrouter_zdr: bool = Field(False, description="Use only providers that keep nothing at all")
    openrouter_sort: Literal["price", "throughput", "latency"] | None = Field(
        None, description="Which providers of a model go first: `price`, `throughput` or `latency`"
    )
    openrouter_user: str | None = Field(
        None, description="A name for whoever uses this Madlen, sent with each request"
    )
    app_url: str | None = Field(None, description="Your address for OpenRouter's app attribution")
    app_name: str = Field("Madlen AI Chat", description="The name in the page, the API and OpenRouter")
    app_version: str = Field("1.0.0", description="The version that the API reports")
    debug: bool = Field(False, description="Log more, for development")
    database_url: str = Field(
        "sqlite:///./chat.db",
        description="Where sessions and messages are kept: a SQLite file or a PostgreSQL database",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Browser origins that may call the API, a JSON list"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        LOOPBACK_HOSTS,
        description='Host names under which pages and API answer, a JSON list; `["*"]` for any',
    )
    no_token_seconds: float = Field(
        120.0, gt=0, le=86400, description="How long a model may be silent before it is given up"
    )
    answer_seconds: float = Field(1800.0, gt=0, le=86400, description="How long a whole answer may take")
    daily_budget_usd: Decimal | None = Field(
        None, ge=0, le=1_000_000, description="US dollars that all answers of a day (UTC) may cost together"
    )
    batch_concurrency: int = Field(
        8, ge=1, le=100, description="How many answers a prompt set's run asks for at the same time"
    )
    title_model: str | None = Field(
        None, description="A model that names each new chat from its first prompt; one more request per chat"
    )
    jaeger_endpoint: str | None = Field(
        None, description="OTLP/gRPC address of Jaeger, such as http://localhost:4317"
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry's own variable; used when JAEGER_ENDPOINT is not set"
    )
    otel_exporter_otlp_protocol: Literal["grpc", "http/protobuf"] = Field(
        "grpc", description="How to speak to a collector: `grpc` (port 4317) or `http/protobuf` (port 4318)"
    )
    otel_metrics_exporter: Annotated[tuple[MetricsExporter, ...], NoDecode] | None = Field(
        None,
        description="Where metrics go: `otlp`, `prometheus` (at `/metrics`), both with a comma, or `none`; "
        "if not set, to OTEL_EXPORTER_OTLP_ENDPOINT",
    )
    otel_instrumentation_genai_capture_message_content: str = Field(
        "NO_CONTENT", description="`SPAN_ONLY` to put prompts and answers into spans, at most 8 kB of each"
    )
    genai_names: Literal["legacy", "current", "both"] = Field(
        "both",
        description="Names of the GenAI conventions that changed: `legacy` as in v1.41, `current`, or `both`",
    )
    otel_service_name: str = Field("madlen-chat-backend", description="The service name in Jaeger")
    enable_tracing: bool = Field(True, description="Make spans, and export them where an endpoint is set")
    traces_kept: int = Field(
        20_000, ge=0, le=1_000_000, description="How many spans the Traces page keeps, the newest; 0 for none"
    )
    jaeger_ui_url: str | None = Field(
        None, description="Where people open Jaeger, such as http://localhost:16686; traces then link to it"
    )
    local_models: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="GGUF files and folders to offer, separated as in PATH"
    )

    @property
    def otlp_endpoint(self) -> str | None:
        return self.jaeger_endpoint or self.otel_exporter_otlp_endpoint

    @property
    def metrics_endpoint(self) -> str | None:
        """Where metrics are sent; Jaeger keeps none, and gets them only where it is asked for."""
        if self.otel_metrics_exporter is None:
            return self.otel_exporter_otlp_endpoint
        at = self.otel_exporter_otlp_endpoint or self.jaeger_endpoint
        return at if "otlp" in self.otel_metrics_exporter else None

    @property
    def serves_metrics(self) -> bool:
        """Whether Prometheus may come for metrics."""
        return "prometheus" in (self.otel_metrics_exporter or ())

    @property
    def captures_content(self) -> bool:
        """Whether spans hold prompts and answers."""
        return self.otel_instrumentation_genai_capture_message_content in _CAPTURING

    @field_validator("openrouter_api_key", mode="before")
    @classmethod
    def _fit_for_a_header(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip() or None
            if value and not (value.isascii() and value.isprintable() and " " not in value):
                raise ValueError("must be the key alone, one word of ASCII characters")
        return value

    @field_validator("openrouter_base_url", "jaeger_endpoint", "otel_exporter_otlp_endpoint", "jaeger_ui_url")
    @classmethod
    def _an_http_address(cls, value: str | None) -> str | None:
        if value is not None and not _is_http_address(value):
            raise ValueError("must be an http or https address, without a name or password in it")
        return value

    @field_validator("database_url")
    @classmethod
    def _a_database_we_speak(cls, value: str) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            return value
        if not value.startswith("sqlite:///") or value in {"sqlite:///", "sqlite:///:memory:"}:
            raise ValueError("must look like sqlite:///./chat.db or postgresql://user:password@host/database")
        return value

    @field_validator("cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _a_json_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except json.JSONDecodeError:
                value = None
            if not isinstance(value, list):
                raise ValueError('must be a JSON list such as ["http://localhost:5173"]')
        return value

    @field_validator("otel_metrics_exporter", mode="before")
    @classmethod
    def _a_list_with_commas(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = tuple(part.strip().lower() for part in value.split(","))
            if not set(value) <= {"otlp", "prometheus", "none"}:
                raise ValueError("must be otlp, prometheus, both with a comma between them, or none")
        return value

    @field_validator("otel_instrumentation_genai_capture_message_content")
    @classmethod
    def _a_way_to_capture(cls, value: str) -> str:
        if (value := value.upper()) not in _CAPTURING | _NOT_CAPTURING:
            raise ValueError("must be SPAN_ONLY or NO_CONTENT")
        return value

    @field_validator("local_models", mode="before")
    @classmethod
    def _split_like_a_path(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(Path(part) for part in value.split(os.pathsep) if part)
        return value

    @field_validator("local_models")
    @classmethod
    def _files_that_exist(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        for path in value:
            # Unlike Path.exists, this says of a path that is too long or forbidden that it is not there.
            if not os.path.exists(path):
                raise ValueError(f"names {str(path)[:200]}, which does not exist")
        return value


def load() -> Settings:
    """The settings of this process.

    Raises ``BadSetting`` with one sentence that names each variable with a wrong value. The value is
    left out, for it may be a secret, but for a path in LOCAL_MODELS.
    """
    try:
        return Settings()
    except UnicodeDecodeError:
        wrong = ".env is not UTF-8 text"
    except pydantic.ValidationError as error:
        reasons = (f"{str(part['loc'][0]).upper()} {_reason(part['msg'])}" for part in error.errors())
        wrong = "; ".join(dict.fromkeys(reasons))
    # Raised out here, so that neither error above comes along: they know the values.
    raise BadSetting(f"Madlen cannot start: {wrong}. Correct it in the environment or in .env.")


def source(settings: Settings, name: str) -> Literal["environment", ".env", "default"]:
    """Where a setting's value is from."""
    if name not in settings.model_fields_set:
        return "default"
    named = {variable.lower() for variable, value in os.environ.items() if value}
    return "environment" if name in named else ".env"


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a child process: this one's, with the changes."""
    return {**os.environ, **changes}


def _is_http_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.username is None and parts.password is None
        return parts.scheme in {"http", "https"} and named and parts.port != 0
    except ValueError:
        # Its message quotes the address.
        return False


def _reason(message: str) -> str:
    message = message.removeprefix("Value error, ").rstrip(".")
    return (
        message if message.startswith(("must", "names")) else f"is wrong: {message[:1].lower()}{message[1:]}"
    )
