"""OpenRouter over httpx: its model list and its streamed chat completions."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from madlen import catalogue, lenient
from madlen.errors import BadSetting, Interrupted, MadlenError, UpstreamError, UpstreamTimeout
from madlen.providers import chunks
from madlen.providers.account import Account
from madlen.providers.bounds import bounded
from madlen.providers.refusals import refusal
from madlen.providers.retries import retried
from madlen.tracing import Tracing
from madlen.types import Event, Model, Quota, Request, Started, Usage

MAX_TOKENS = 4096

# OpenRouter's guide on streaming lists which providers end generation and billing on a cancelled request.
STOP_BILLING = frozenset(
    {"OpenAI", "Azure", "Anthropic", "Fireworks", "Mancer", "Recursal", "AnyScale", "Lepton", "OctoAI"}
    | {"Novita", "DeepInfra", "Together", "Cohere", "Hyperbolic", "Infermatic", "Avian", "xAI", "Cloudflare"}
    | {"SFCompute", "Nineteen", "Liquid", "Friendli", "Chutes", "DeepSeek"}
)
BILL_ON = frozenset(
    {"Bedrock", "Amazon Bedrock", "Groq", "Modal", "Google", "Google AI Studio", "Minimax", "HuggingFace"}
    | {"Replicate", "Perplexity", "Mistral", "AI21", "Featherless", "Lynn", "Lambda", "Reflection"}
    | {"SambaNova", "Inflection", "ZeroOneAI", "AionLabs", "Alibaba", "Nebius", "Kluster", "Targon"}
    | {"InferenceNet"}
)
_STOPPING, _BILLING_ON = (frozenset(map(str.casefold, names)) for names in (STOP_BILLING, BILL_ON))
READ_SECONDS = 120.0
_TELLING_CHARACTERS = 4
"""Fewer of a key's characters tell nothing of it."""
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=90)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the operator wants of every request; the names are those of OpenRouter's ``provider`` object."""

    data_collection: str | None = None
    zdr: bool = False
    sort: str | None = None
    user: str = ""

    def members(self) -> dict[str, Any]:
        """The members of a request's body that say so."""
        routing = {"data_collection": self.data_collection, "zdr": self.zdr or None, "sort": self.sort}
        wanted = {name: value for name, value in routing.items() if value is not None}
        return {**({"provider": wanted} if wanted else {}), **({"user": self.user} if self.user else {})}


_NO_PREFERENCES = Preferences()


class OpenRouter:
    """Keeps the ``Provider`` protocol. ``base_url`` is the only place that the key is sent to.

    An answer may be silent for ``silence_seconds`` where that is more than the usual two minutes.
    """

    source = "openrouter"

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        app_name: str,
        tracing: Tracing,
        app_url: str = "",
        preferences: Preferences = _NO_PREFERENCES,
        silence_seconds: float = 0.0,
    ) -> None:
        try:
            httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise BadSetting("Madlen cannot start: OPENROUTER_BASE_URL is not an address.") from error
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._preferences = preferences
        self._client = httpx.AsyncClient(
            headers={
                "Authorization": f"Bearer {key}",
                "X-OpenRouter-Title": header_text(app_name) or "Madlen",
                **({"HTTP-Referer": header_text(app_url)} if header_text(app_url) else {}),
                # A compressed body could unpack to any size.
                "Accept-Encoding": "identity",
            },
            timeout=_timeout(READ_SECONDS),
            limits=_LIMITS,
            follow_redirects=False,
        )
        self._answer_timeout = _timeout(max(READ_SECONDS, silence_seconds))
        self._longest: dict[str, int] = {}
        self.account = Account(self.quota)
        """What the key's account may still do; somebody must keep it fresh."""
        tracing.instrument_client(self._client, self.source, self._base_url)

    async def models(self) -> list[Model]:
        """Those that the key's account may use; where a server does not know accounts, all of them."""
        with self._sentences("the model list"):
            status, body = await self._get("/models/user")
            if status == 404:
                status, body = await self._get("/models")
            if status != 200:
                raise refusal(status, body, model_id="the model list")
            try:
                listed = catalogue.models(body)
            except ValueError as error:
                raise UpstreamError(
                    f"What answers at {self._base_url} sent no model list; check OPENROUTER_BASE_URL."
                ) from error
        self._longest = {model.id: longest_answer(model) for model in listed}
        return listed

    async def quota(self) -> Quota:
        """What the key may still do. Raises ``UpstreamError``; ``UpstreamAuth`` for a key that is refused."""
        with self._sentences("the key"):
            status, body = await self._get("/key")
            if status != 200:
                raise refusal(status, body, model_id="the key")
        facts = lenient.mapping(lenient.mapping(body).get("data"))
        free = lenient.mapping(facts.get("free_model_daily_requests"))
        return Quota(
            free_used=lenient.count(free.get("used")),
            free_limit=lenient.count(free.get("limit")),
            free_left=lenient.count(free.get("remaining")),
            credit_left=lenient.amount(facts.get("limit_remaining")),
        )

    async def prepare(self, model_id: str) -> None:
        """Nothing to load."""

    def stream(self, request: Request) -> AsyncGenerator[Event]:
        return retried(lambda: self._once(request))

    async def _once(self, request: Request) -> AsyncGenerator[Event]:
        free = catalogue.counts_against_quota(Model(request.model_id, request.model_id, self.source))
        with self.account.request(free=free), self._sentences(f"the answer of {request.model_id}"):
            response = await self._sent(request)
            async with aclosing(response):
                if response.status_code != 200:
                    raise refusal(
                        response.status_code,
                        chunks.decoded(await bounded(response).aread()),
                        model_id=request.model_id,
                        headers=response.headers,
                    )
                known = Started(
                    provider=lenient.text(response.headers.get("x-provider-name")),
                    generation_id=lenient.text(response.headers.get("x-generation-id")),
                )
                async with aclosing(
                    chunks.events(response, model_id=request.model_id, known=known)
                ) as events:
                    async for event in events:
                        yield event

    async def _sent(self, request: Request) -> httpx.Response:
        try:
            # Not ``stream``, which holds what the body is made of until the answer has ended.
            return await self._client.send(self._asking(request), stream=True)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
            # Most likely a connection that was kept and that the other side ended as it was used again.
            broken = _broken(f"the answer of {request.model_id}")
            broken.retryable = broken.retry_once = True
            raise broken from error

    def _asking(self, request: Request) -> httpx.Request:
        # Asked for more than they can write, some providers refuse.
        longest = self._longest.get(request.model_id, MAX_TOKENS)
        body = chunks.body(request, default_max_tokens=longest) | self._preferences.members()
        if request.session_id:
            body["session_id"] = request.session_id
        return self._client.build_request(
            "POST", f"{self._base_url}/chat/completions", json=body, timeout=self._answer_timeout
        )

    def after_stop(self, served_by: str) -> str:
        known = served_by.casefold()
        if known in _STOPPING:
            return f"{served_by} stops billing when an answer is stopped."
        if known in _BILLING_ON:
            return f"{served_by} bills the whole answer even when it is stopped."
        return (
            f"It is not known whether {served_by or 'its provider'} stops billing when an answer is stopped."
        )

    async def receipt(self, generation_id: str) -> Usage | None:
        with self._sentences("the receipt"):
            status, body = await self._get(f"/generation?{urlencode({'id': generation_id})}")
        facts = lenient.mapping(lenient.mapping(body).get("data"))
        if status != 200 or not facts:
            # It is 404 for a while after the answer.
            return None
        prompt = lenient.count(facts.get("native_tokens_prompt"))
        completion = lenient.count(facts.get("native_tokens_completion"))
        return Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=None if prompt is None or completion is None else prompt + completion,
            reasoning_tokens=lenient.count(facts.get("native_tokens_reasoning")),
            cached_tokens=lenient.count(facts.get("native_tokens_cached")),
            cost=lenient.amount(facts.get("total_cost")),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def _get(self, path: str) -> tuple[int, Any]:
        """Status and decoded body of a call that only reads; to be called within ``_sentences``."""
        async with self._client.stream("GET", f"{self._base_url}{path}") as response:
            return response.status_code, chunks.decoded(await bounded(response).aread())

    def _sentences(self, what: str) -> _Sentences:
        return _Sentences(what, self._key, self._base_url)


@dataclass(frozen=True, slots=True)
class _Sentences:
    """Turns httpx's errors within it into ours, and lets no error repeat the key."""

    what: str
    key: str = field(repr=False)
    base_url: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case MadlenError():
                error.args = (_without(str(error), self.key),)
            case httpx.TimeoutException():
                raise UpstreamTimeout(
                    f"OpenRouter took too long over {self.what}. Try again or choose another model."
                ) from error
            case httpx.ConnectError() | httpx.ProxyError():
                raise UpstreamError(
                    f"OpenRouter cannot be reached at {self.base_url}. "
                    "Check the network and OPENROUTER_BASE_URL.",
                    retryable=True,
                ) from error
            case httpx.HTTPError() | httpx.StreamError():
                raise _broken(self.what) from error


def _broken(what: str) -> Interrupted:
    return Interrupted(f"The connection broke before {what} was complete. Continue or try again.")


def longest_answer(model: Model) -> int:
    """The tokens that are asked for at most where a request does not say."""
    return min(MAX_TOKENS, catalogue.longest_answer(model) or MAX_TOKENS)


def _timeout(read_seconds: float) -> httpx.Timeout:
    return httpx.Timeout(connect=10, read=read_seconds, write=60, pool=10)


def _without(sentence: str, key: str) -> str:
    """The sentence without the key, nor its beginning where the sentence was cut off in it."""
    sentence = sentence.replace(key, "…")
    for length in range(len(key) - 1, _TELLING_CHARACTERS - 1, -1):
        sentence = sentence.replace(f"{key[:length]}…", "…")
    return sentence


def header_text(text: str) -> str:
    """The nearest printable ASCII, all that a header value may hold: ``Tést`` becomes ``Test``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(character for character in plain if character.isprintable()).strip()
