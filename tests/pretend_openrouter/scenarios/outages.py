"""Outages of OpenRouter and its providers, and those that pass."""

from __future__ import annotations

from tests.pretend_openrouter.answers import Answer, Scenario, in_turn
from tests.pretend_openrouter.chat import hello
from tests.pretend_openrouter.payloads import unavailable
from tests.pretend_openrouter.scenarios.limits import RATE_LIMITED_SECONDS, RATE_LIMITED_UPSTREAM
from tests.pretend_openrouter.scenarios.refusals import IN_FLIGHT_BUDGET, page, refused

SERVER_ERROR = refused(
    "500, its reason masked", 500, "Internal Server Error", metadata={"error_type": "server"}
)
BAD_GATEWAY = refused(
    "502: the provider is down or talks nonsense",
    502,
    "Provider returned error",
    metadata={
        "raw": "upstream connect error",
        "provider_name": "DeepInfra",
        "error_type": "provider_unavailable",
    },
)
BAD_GATEWAY_PAGE = page("502 with the edge's page", 502, "502 Bad Gateway")
EMPTY_GATEWAY = Scenario("502 with nothing at all", (Answer(502, ""),))
UNAVAILABLE = refused(
    "503: no provider now", 503, "No instances available", metadata={"error_type": "provider_overloaded"}
)
UNAVAILABLE_SECONDS = refused(
    "503, Retry-After 1", 503, "No instances available", headers={"Retry-After": "1"}
)
UNAVAILABLE_NEW = Scenario(
    "503 for a moment, new shape",
    (unavailable(503, "temporarily_unavailable", "Temporarily unavailable", "provider_overloaded"),),
)
UNAVAILABLE_PAGE = page("503 with the edge's page", 503, "Worker exceeded resource limits")
GATEWAY_TIMEOUT = refused(
    "504: the provider took too long", 504, "Provider timed out", metadata={"error_type": "timeout"}
)
EDGE_TIMEOUT = refused("524: the edge took too long", 524, "Request timed out at the edge")
EDGE_TIMEOUT_PAGE = page("524 with the edge's page", 524, "524: A timeout occurred")
OVERLOADED = refused(
    "529: the provider is overloaded",
    529,
    "Provider overloaded",
    metadata={"error_type": "provider_overloaded"},
)

_GOOD = Scenario("a good answer", (hello,))
UNAVAILABLE_THEN_GOOD = in_turn(UNAVAILABLE, _GOOD)
UNAVAILABLE_TWICE_THEN_GOOD = in_turn(UNAVAILABLE, UNAVAILABLE, _GOOD)
BAD_GATEWAY_THEN_GOOD = in_turn(BAD_GATEWAY, _GOOD)
SERVER_ERROR_THEN_GOOD = in_turn(SERVER_ERROR, _GOOD)
OVERLOADED_THEN_GOOD = in_turn(OVERLOADED, _GOOD)
RATE_LIMITED_THEN_GOOD = in_turn(RATE_LIMITED_SECONDS, _GOOD)
RATE_LIMITED_UPSTREAM_THEN_GOOD = in_turn(RATE_LIMITED_UPSTREAM, _GOOD)
IN_FLIGHT_BUDGET_THEN_GOOD = in_turn(IN_FLIGHT_BUDGET, _GOOD)
