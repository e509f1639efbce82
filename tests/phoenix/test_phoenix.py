"""Our spans in Arize Phoenix, a back end of another house; `make phoenix` sets it up and runs this."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from madlen.settings import child_environment
from madlen.types import Reply
from tests.otlp_receiver import GRPC, HTTP
from tests.playing import staged
from tests.ports import free_port
from tests.pretend_openrouter import CHAT_MODEL

pytestmark = [pytest.mark.phoenix, pytest.mark.timeout(600)]

PHOENIX = Path(__file__).parents[2] / ".phoenix/bin/phoenix"


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Where a Phoenix listens that begins with nothing, by protocol; it may look at no other machine."""
    folder = tmp_path_factory.mktemp("phoenix")
    at = {HTTP: free_port(), GRPC: free_port()}
    environment = child_environment(
        PHOENIX_WORKING_DIR=str(folder),
        PHOENIX_HOST="127.0.0.1",
        PHOENIX_PORT=str(at[HTTP]),
        PHOENIX_GRPC_PORT=str(at[GRPC]),
        PHOENIX_TELEMETRY_ENABLED="false",
        PHOENIX_ALLOW_EXTERNAL_RESOURCES="false",
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([PHOENIX, "serve"], env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            soon(lambda: httpx.get(f"http://127.0.0.1:{at[HTTP]}/healthz").is_success, process)
            yield at
        finally:
            process.terminate()
            process.wait(60)


def soon(found: Callable[[], Any], process: subprocess.Popen[bytes] | None = None) -> Any:
    """What is found as soon as something is."""
    until = time.monotonic() + 120
    while True:
        assert process is None or process.poll() is None
        try:
            if value := found():
                return value
        except httpx.TransportError:
            pass
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize("protocol", [GRPC, HTTP])
def test_its_api_shows_an_answer_with_model_tokens_and_session(
    ports: dict[str, int], tmp_path: Path, protocol: str
) -> None:
    reply = traced(f"http://127.0.0.1:{ports[protocol]}", protocol, tmp_path)
    with closing(httpx.Client(base_url=f"http://127.0.0.1:{ports[HTTP]}/v1/projects/default")) as phoenix:

        def listed(path: str, **wanted: str) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = phoenix.get(path).json().get("data", [])
            return [one for one in found if wanted.items() <= {**one, **one.get("context", {})}.items()]

        [chat] = soon(lambda: listed("/spans", trace_id=reply.trace_id, name=f"chat {CHAT_MODEL}"))
        assert chat["span_kind"] == "LLM"
        assert chat["context"]["span_id"] == reply.span_id
        expected = {
            "llm.model_name": CHAT_MODEL,
            "llm.token_count.prompt": reply.usage.prompt_tokens,
            "llm.token_count.completion": reply.usage.completion_tokens,
            "session.id": reply.session_id,
        }
        assert expected.items() <= chat["attributes"].items()
        [session] = soon(lambda: listed("/sessions", session_id=reply.session_id))
        assert [trace["trace_id"] for trace in session["traces"]] == [reply.trace_id]
        assert session["token_count_total"] == reply.usage.total_tokens


def traced(endpoint: str, protocol: str, folder: Path) -> Reply:
    """An answer whose trace has been exported."""
    with staged(
        folder,
        enable_tracing=True,
        otel_exporter_otlp_endpoint=endpoint,
        otel_exporter_otlp_protocol=protocol,
        otel_metrics_exporter="none",
    ) as stage:
        return stage.reply()
