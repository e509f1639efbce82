"""The profile ``scale`` of docker-compose.yml: two replicas, one database, a proxy."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from madlen.settings import Settings
from tests.test_deployment import COMPOSE, SERVICES, instructions, without_substitution

SCALE = {name: service for name, service in SERVICES.items() if "scale" in service.get("profiles", [])}
REPLICAS = {name: service for name, service in SCALE.items() if "build" in service}


def caddyfile() -> str:
    (config,) = SERVICES["proxy"]["configs"]
    return str(COMPOSE["configs"][config["source"]]["content"])


def test_without_a_profile_only_madlen_and_jaeger_start() -> None:
    assert {name for name, service in SERVICES.items() if not service.get("profiles")} == {"app", "jaeger"}


def test_the_profile_scale_starts_two_replicas_their_database_and_a_proxy() -> None:
    assert SCALE.keys() == {"replica-1", "replica-2", "postgres", "proxy"}


def test_both_replicas_are_the_same_and_differ_from_the_app_in_their_database() -> None:
    one, other = REPLICAS.values()
    assert one == other
    app = SERVICES["app"]
    assert one["environment"].keys() == app["environment"].keys()
    differing = {name for name, value in one["environment"].items() if value != app["environment"][name]}
    assert differing == {"DATABASE_URL"}
    assert {name: one[name] for name in ("cap_drop", "security_opt", "init")} == {
        name: app[name] for name in ("cap_drop", "security_opt", "init")
    }


def test_the_replicas_use_the_database_server_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    server = SERVICES["postgres"]["environment"]
    for replica in REPLICAS.values():
        address = urlsplit(without_substitution(replica["environment"]["DATABASE_URL"]))
        assert (address.hostname, address.port) == ("postgres", 5432)
        assert (address.username, address.path) == (server["POSTGRES_USER"], f"/{server['POSTGRES_DB']}")
        assert address.password == without_substitution(server["POSTGRES_PASSWORD"])
        assert replica["depends_on"]["postgres"] == {"condition": "service_healthy"}
        monkeypatch.setenv("DATABASE_URL", address.geturl())
        assert Settings().database_url == address.geturl()


def test_only_the_proxy_of_the_profile_scale_is_published() -> None:
    assert [name for name, service in SCALE.items() if service.get("ports")] == ["proxy"]


@pytest.mark.parametrize("service", ["postgres", "proxy"])
def test_an_image_of_others_is_pinned_to_a_release(service: str) -> None:
    assert re.fullmatch(r"(postgres:\d+\.\d+|caddy:2\.\d+\.\d+-alpine)", SCALE[service]["image"])


def test_the_proxy_keeps_a_browser_with_one_of_the_replicas() -> None:
    (port,) = {port.rpartition(":")[2] for port in SERVICES["proxy"]["ports"]}
    (listens,) = instructions("EXPOSE")
    upstreams = re.search(r"reverse_proxy (.+) {", caddyfile())
    assert caddyfile().startswith(f":{port} {{")
    assert upstreams is not None
    assert upstreams[1].split() == [f"{name}:{listens}" for name in REPLICAS]
    assert "lb_policy cookie madlen_replica" in caddyfile()
    assert {*SERVICES["proxy"]["depends_on"]} == REPLICAS.keys()


def test_the_proxy_asks_under_a_name_that_the_replicas_answer_to() -> None:
    assert re.search(r"health_headers {\s+Host localhost\s+}", caddyfile())
