"""The page of traces as a visitor opens it, and what one reads there."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from madlen.services.wiring import Services
from tests.pages import opening
from tests.waiting import step_done


def opened(**query: str) -> AppTest:
    return opening.opened("traces", seconds=30, **query)


def trace_of(madlen: Services, session_id: str) -> str:
    """The id of the trace of a session's last answer."""
    step_done(madlen)
    return madlen.store.turns(session_id)[-1].replies[-1].trace_id


def listed(page: AppTest) -> list[str]:
    """The traces that are listed, as their lines say them."""
    return [one.label for one in page.main.button if (one.key or "").startswith("trace-") and one.icon]


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(one.proto.spec) for one in page.main.get("vega_lite_chart")]


def cells(page: AppTest) -> str:
    """All that tables say."""
    return "\n".join(one.value.to_string() for one in page.main.dataframe)
