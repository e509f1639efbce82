"""What Madlen measures, as a collector and as Prometheus get it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from madlen import services
from madlen.api import mount
from madlen.api.application import create
from madlen.api.entry import Entry
from madlen.errors import RateLimited
from madlen.services.wiring import Services
from madlen.settings import Settings
from madlen.tracing import metrics, names
from madlen.tracing.names import Choice
from madlen.types import Done, Lane, Started, Usage
from tests.otlp_receiver import GRPC, HTTP, Receiver
from tests.parrot import DONE, USAGE, Gate, Parrot
from tests.waiting import step_done

SAID = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "parrot",
    "gen_ai.request.model": "parrot/polly",
}
ANSWERED = {**SAID, "gen_ai.response.model": "polly-real"}
CURRENT = {
    "gen_ai.client.inference.duration",
    "gen_ai.client.inference.time_to_first_chunk",
    "gen_ai.client.inference.time_per_output_chunk",
    "gen_ai.client.inference.usage.input_tokens",
    "gen_ai.client.inference.usage.output_tokens",
}
LEGACY = {
    "gen_ai.client.operation.duration",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.client.operation.time_per_output_chunk",
    "gen_ai.client.token.usage",
}
OWN = {
    "madlen.cost",
    "madlen.generations.in_flight",
    "madlen.spans.dropped",
    "db.client.operation.duration",
}

Points = dict[str, list[tuple[dict[str, Any], Any]]]


def madlen_with(folder: Path, parrot: Parrot, **changes: Any) -> Services:
    settings = Settings(database_url=f"sqlite:///{folder}/chat.db", **changes)
    return Services(settings, make_providers=lambda _settings, _tracing: [parrot])


def ask(madlen: Services) -> None:
    list(madlen.chat.ask("Hi", [Lane("parrot/polly")]).generations[0].follow(every=0))


def measured(folder: Path, parrot: Parrot, *, times: int = 1, protocol: str = GRPC, **changes: Any) -> Points:
    """What a collector has of a Madlen that answered so often, by the names of the metrics."""
    with Receiver().running(protocol) as receiver:
        madlen = madlen_with(
            folder,
            parrot,
            otel_exporter_otlp_endpoint=receiver.endpoint,
            otel_exporter_otlp_protocol=protocol,
            **changes,
        )
        for _ in range(times):
            ask(madlen)
        madlen.close()
        found: Points = {}
        for _, metric in receiver.metrics:
            data = getattr(metric, str(metric.WhichOneof("data")))
            found[metric.name] = [(_said(point), point) for point in data.data_points]
        return found


def _said(point: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in point.attributes}


@pytest.mark.parametrize("protocol", [GRPC, HTTP])
def test_an_answer_is_measured_and_counted(tmp_path: Path, protocol: str) -> None:
    script = [Started("polly-real"), "Hello", " you", " there", DONE]
    found = measured(tmp_path, Parrot(script), times=2, protocol=protocol)
    assert found.keys() == CURRENT | OWN
    [(said, duration)] = found["gen_ai.client.inference.duration"]
    assert (said, duration.count) == (ANSWERED, 2)
    [(said, first)] = found["gen_ai.client.inference.time_to_first_chunk"]
    assert (said, first.count) == (ANSWERED, 2)
    assert first.sum <= duration.sum
    [(said, gaps)] = found["gen_ai.client.inference.time_per_output_chunk"]
    assert (said, gaps.count) == (SAID, 4)
    text = {**ANSWERED, "gen_ai.token.modality": "text"}
    for kind, tokens in ("input_tokens", 6), ("output_tokens", 10):
        [(said, point)] = found[f"gen_ai.client.inference.usage.{kind}"]
        assert (said, point.as_int) == (text, tokens)
    [(said, cost)] = found["madlen.cost"]
    assert (said, cost.as_double) == (ANSWERED, pytest.approx(0.0002))
    [(said, in_flight)] = found["madlen.generations.in_flight"]
    assert (said, in_flight.as_int) == (SAID, 0)
    [(_, dropped)] = found["madlen.spans.dropped"]
    assert dropped.as_int == 0
    stored = {said["db.operation.name"]: point.count for said, point in found["db.client.operation.duration"]}
    assert stored["begin"] == stored["finish"] == 2


def test_buckets_are_those_of_the_conventions(tmp_path: Path) -> None:
    found = measured(tmp_path, Parrot(["Hello", " you", DONE]), genai_names="legacy")
    for name in sorted(LEGACY - {"gen_ai.client.token.usage"}):
        assert [list(point.explicit_bounds) for _, point in found[name]] == [metrics.SECONDS]
    assert metrics.SECONDS[0] == 0.01
    assert metrics.SECONDS[-1] == 81.92
    bounds = [list(point.explicit_bounds) for _, point in found["gen_ai.client.token.usage"]]
    assert bounds == [metrics.TOKENS] * 2
    assert metrics.TOKENS[-1] == 67108864


@pytest.mark.parametrize(
    ("choice", "expected"), [("legacy", LEGACY), ("current", CURRENT), ("both", CURRENT)]
)
def test_metrics_have_one_set_of_names(tmp_path: Path, choice: Choice, expected: set[str]) -> None:
    found = measured(tmp_path, Parrot(["Hello", " you", DONE]), genai_names=choice)
    assert found.keys() == expected | OWN


def test_tokens_of_every_type_are_counted(tmp_path: Path) -> None:
    usage = Usage(90, 50, 140, reasoning_tokens=20, cached_tokens=30, cache_write_tokens=40)
    found = measured(tmp_path, Parrot(["Hello", Done("stop", usage)]))
    prefix = "gen_ai.client.inference.usage."
    counted = {
        name.removeprefix(prefix): point.as_int
        for name, points in found.items()
        if name.startswith(prefix)
        for _, point in points
    }
    assert counted == {
        "input_tokens": 90,
        "output_tokens": 50,
        "cache_read.input_tokens": 30,
        "cache_write.input_tokens": 40,
        "reasoning.output_tokens": 20,
    }


def test_the_old_histogram_has_input_and_output_alone(tmp_path: Path) -> None:
    usage = Usage(90, 50, 140, reasoning_tokens=20, cached_tokens=30)
    found = measured(tmp_path, Parrot(["Hello", Done("stop", usage)]), genai_names="legacy")
    sums = {said["gen_ai.token.type"]: point.sum for said, point in found["gen_ai.client.token.usage"]}
    assert sums == {"input": 90, "output": 50}


def test_a_failure_has_its_kind_and_tokens_that_nobody_knows(tmp_path: Path) -> None:
    found = measured(tmp_path, Parrot([RateLimited("Wait.")]))
    [(said, duration)] = found["gen_ai.client.inference.duration"]
    assert (said, duration.count) == ({**SAID, "error.type": "rate-limited"}, 1)
    assert "gen_ai.client.inference.time_to_first_chunk" not in found
    unknown = {**SAID, "gen_ai.token.modality": "unknown"}
    [(said, tokens)] = found["gen_ai.client.inference.usage.output_tokens"]
    assert (said, tokens.as_int) == (unknown, 0)


def test_of_a_long_answer_so_many_waits_are_recorded_and_no_more(tmp_path: Path) -> None:
    found = measured(tmp_path, Parrot([*(["word "] * 1000), DONE]))
    [(_, gaps)] = found["gen_ai.client.inference.time_per_output_chunk"]
    assert metrics.MOST_GAPS / 2 <= gaps.count <= metrics.MOST_GAPS


@pytest.mark.parametrize("choice", ["legacy", "current", "both"])
def test_attributes_that_were_renamed_have_the_names_that_are_asked_for(choice: Choice) -> None:
    legacy, current = "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"
    expected = {"legacy": (legacy,), "current": (current,), "both": (legacy, current)}
    assert names.cache_write(choice) == expected[choice]


def prometheus(madlen: Services) -> dict[str, list[Any]]:
    client = TestClient(Entry(create(madlen)))
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family.samples for family in text_string_to_metric_families(answer.text)}


def test_prometheus_gets_the_same_as_text(tmp_path: Path) -> None:
    madlen = madlen_with(tmp_path, Parrot(["Hello", " you", DONE]), otel_metrics_exporter="prometheus")
    try:
        ask(madlen)
        found = prometheus(madlen)
        [cost] = found["madlen_cost_USD"]
        assert cost.value == float(USAGE.cost or 0)
        assert cost.labels["gen_ai_request_model"] == "parrot/polly"
        [count] = [
            sample
            for sample in found["gen_ai_client_inference_duration_seconds"]
            if sample.name.endswith("_count")
        ]
        assert count.value == 1
        [target] = found["target_info"]
        assert target.labels["service_name"] == "madlen-chat-backend"
    finally:
        madlen.close()


def test_answers_in_flight_are_counted_while_they_are(tmp_path: Path) -> None:
    gate = Gate()
    madlen = madlen_with(tmp_path, Parrot(["Hello", gate, DONE]), otel_metrics_exporter="prometheus")
    try:
        made = madlen.chat.ask("Hi", [Lane("parrot/polly")])
        assert gate.reached.wait(5)
        [in_flight] = prometheus(madlen)["madlen_generations_in_flight"]
        assert in_flight.value == 1
        gate.open()
        list(made.generations[0].follow(every=0))
        step_done(madlen)
        [in_flight] = prometheus(madlen)["madlen_generations_in_flight"]
        assert in_flight.value == 0
    finally:
        madlen.close()


def test_metrics_that_nobody_asked_for_are_not_there_and_the_answer_says_how_to_have_them(
    tmp_path: Path,
) -> None:
    madlen = madlen_with(tmp_path, Parrot())
    try:
        answer = TestClient(Entry(create(madlen))).get("/metrics")
        assert answer.status_code == 404
        assert "OTEL_METRICS_EXPORTER=prometheus" in answer.json()["detail"]
    finally:
        madlen.close()


def test_metrics_are_at_the_root_of_the_server_for_the_hosts_it_answers_to(tmp_path: Path) -> None:
    madlen = madlen_with(tmp_path, Parrot(), otel_metrics_exporter="prometheus")
    page = tmp_path / "index.html"
    page.touch()
    try:
        with services.using(madlen):
            client = TestClient(Starlette(routes=mount.routes(page=page)), base_url="http://localhost")
            assert "madlen_spans_dropped" in client.get("/metrics").text
            assert client.get("/api/metrics").text
            assert client.get("/metrics", headers={"Host": "attacker.test"}).status_code == 403
            assert client.post("/metrics").status_code == 405
    finally:
        madlen.close()
