import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madlen.errors import RateLimited, UpstreamError
from madlen.providers.refusals import readable, refusal

KEY = "sk-or-v1-0123456789abcdefCANARY"
STATUSES = (200, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 524, 529)
CLOUDFLARE = """<!DOCTYPE html>
<!--[if lt IE 7]> <html class="no-js ie6 oldie" lang="en-US"> <![endif]-->
<html><head><title>openrouter.ai | 524: A timeout occurred</title>
<style type="text/css">body { margin: 0 }</style><SCRIPT>var hidden = "<b>";</SCRIPT></head>
<body><h1>A timeout occurred</h1>\n\n<p>Error code 524</p></body></html>"""


def limited(headers: dict[str, str] | None = None, **metadata: Any) -> RateLimited:
    content = {"error": {"code": 429, "message": "Slow down", "metadata": metadata}}
    error = refusal(429, content, model_id="a/b", headers=headers)
    assert isinstance(error, RateLimited)
    return error


@pytest.mark.parametrize(
    "saying",
    [
        KEY,
        f"Invalid key {KEY}!",
        f"Authorization: Bearer {KEY}",
        f"Authorization=Bearer%20{KEY}",
        f"Authorization: Bearer {KEY.removeprefix('sk-or-')}",
        f"authorization: bearer\n{KEY.removeprefix('sk-or-')}",
        f"key={KEY.upper()}&x=1",
        f"('{KEY}')",
        f"{'x' * 290} {KEY}",
        f"<a href='https://{KEY}@host'>{KEY}</a>",
        "Incorrect API key provided: sk-proj-CANARY_0123456789",
        "Authorization: Bearer eyCANARY+/.0123456789=",
    ],
)
@pytest.mark.parametrize("status", STATUSES)
def test_no_key_is_ever_in_a_sentence(status: int, saying: str) -> None:
    bodies = [
        saying,
        {"error": saying},
        {"message": saying},
        {"error": {"code": status, "message": saying}},
        {"error": {"code": status, "message": "Failed", "metadata": {"raw": saying}}},
        {"error": {"message": "Failed", "metadata": {"raw": json.dumps({"error": {"message": saying}})}}},
    ]
    sentences = "".join(str(refusal(status, body, model_id="a/b")) for body in bodies)
    assert "CANARY" not in sentences.upper()
    assert "0123456789" not in sentences


@pytest.mark.parametrize("saying", ["Ask the risk-management team.", "Use a task-specific model."])
def test_ordinary_words_are_not_taken_for_a_key(saying: str) -> None:
    assert readable(saying) == saying


@pytest.mark.parametrize("status", STATUSES)
def test_every_sentence_is_one_line_of_bounded_length(status: int) -> None:
    content = {"error": {"message": "many\r\nlines\u2028of\x1b[31m\x00words\t" * 1000, "code": status}}
    sentence = str(refusal(status, content, model_id="a/b"))
    assert sentence.isprintable()
    assert len(sentence) < 600
    assert sentence.endswith((".", "…"))


def test_a_page_is_read_without_its_markup_scripts_and_styles() -> None:
    assert readable(CLOUDFLARE) == (
        "openrouter.ai | 524: A timeout occurred A timeout occurred Error code 524."
    )


def test_a_page_of_unclosed_tags_is_not_read_to_its_end() -> None:
    # All of it would take minutes.
    assert readable("<" * 1_000_000).startswith("<<<")


def test_long_words_are_cut() -> None:
    assert readable("w" * 1000) == "w" * 300 + "…"


@pytest.mark.parametrize(
    ("said", "shown"), [("Busy", "Busy."), ("Busy!", "Busy!"), ("Busy?", "Busy?"), ("", "")]
)
def test_a_reason_ends_like_a_sentence(said: str, shown: str) -> None:
    assert readable(said) == shown


@settings(deadline=None)
@given(st.text(st.characters(codec=None)) | st.text(alphabet="<>/script sk-or-v1Bearer\ud83d\n"))
def test_whatever_is_said_can_be_stored_and_sent(text: str) -> None:
    shown = readable(text)
    assert shown.encode("utf-8").decode() == shown
    assert len(shown) <= 302


@pytest.mark.parametrize(
    ("headers", "metadata", "seconds"),
    [
        ({}, {}, None),
        ({"retry-after": "12"}, {}, 12),
        ({"retry-after": "0"}, {}, 0),
        ({"retry-after": "12"}, {"retry_after_seconds": 7.5}, 7.5),
        ({"retry-after": "12"}, {"retry_after_seconds": None}, 12),
        ({"retry-after": "12"}, {"retry_after_seconds": "soon"}, 12),
        ({"retry-after": "-1"}, {}, None),
        ({"retry-after": "nan"}, {}, None),
        ({"retry-after": "inf"}, {}, None),
        ({"retry-after": ""}, {}, None),
        ({"retry-after": "later"}, {}, None),
        ({}, {"retry_after_seconds": 10**400}, None),
        ({}, {"retry_after_seconds": []}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, {}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 -0000"}, {}, 0),
    ],
)
def test_the_wait_is_known_where_it_was_named(
    headers: dict[str, str], metadata: dict[str, Any], seconds: float | None
) -> None:
    assert limited(headers, **metadata).retry_after == seconds


def test_the_wait_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert limited({"retry-after": date}).retry_after == pytest.approx(90, abs=10)


def test_the_wait_of_a_routing_failure_is_known() -> None:
    content = {
        "error": {
            "message": "Busy",
            "http_status": 503,
            "availability": {"code": "temporarily_unavailable", "retry_after": 4},
        }
    }
    error = refusal(200, content, model_id="a/b")
    assert isinstance(error, UpstreamError)
    assert error.retry_after == 4


@pytest.mark.parametrize(
    ("seconds", "advice"),
    [
        (None, "Try again in a moment or"),
        (0, "Try again in a moment or"),
        (0.2, "Try again in 1 second or"),
        (11.4, "Try again in 12 seconds or"),
    ],
)
def test_the_wait_is_said_in_whole_seconds(seconds: float | None, advice: str) -> None:
    assert advice in str(limited(retry_after_seconds=seconds))


@pytest.mark.parametrize("status", [402, 429, 502, 503])
def test_the_wait_goes_with_whatever_may_pass(status: int) -> None:
    error = refusal(status, "Busy", model_id="a/b", headers={"retry-after": "3"})
    assert isinstance(error, UpstreamError)
    assert error.retry_after == 3
