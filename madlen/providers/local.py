"""Models embedded in this process: GGUF files run by llama.cpp through xllamacpp.

xllamacpp serves OpenAI's API on a loopback port. Loading holds Python's global lock (0.4 to 0.9 s for
the default model on two cores), so it happens once and in a worker thread, never in a page's.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Literal

import anyio
import anyio.to_thread
import httpx

from madlen.errors import Interrupted, ModelGone, ModelUnavailable, UpstreamTimeout
from madlen.providers import chunks, weights
from madlen.providers.refusals import refusal
from madlen.tracing import Tracing
from madlen.types import Done, Event, Model, Pricing, Request, Spent, Started, Usage

DEFAULT_ID = "local/smollm2-135m-instruct"
_USUAL = {DEFAULT_ID: {"temperature": 0.2, "top_p": 0.9}}
"""What the model's card samples with: by llama.cpp's defaults it rambles. Other files bring their own."""
MAX_TOKENS = 1024
CONTEXT_TOKENS = 8192
_SLOTS = 4
_PREFIX = "local/"
_PARAMETERS = frozenset({"temperature", "top_p", "seed", "stop", "max_tokens"})
READ_SECONDS = 300.0

Source = Callable[[weights.Progress], Awaitable[Path]]
Phase = Literal["waiting", "fetching", "loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Readiness:
    """How far an embedded model is; ``fraction`` of the download from 0 to 1, ``sentence`` on failure."""

    phase: Phase = "waiting"
    fraction: float = 0.0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class _Served:
    server: Any
    address: str
    key: str


class _Embedded:
    """One GGUF file: where it comes from, how far it is, and the server once it is loaded."""

    def __init__(self, model: Model, source: Source, path: Path) -> None:
        self.model = model
        self.path = path
        self.readiness = Readiness()
        self._source = source
        self._loading: asyncio.Future[_Served] | None = None

    async def served(self) -> _Served:
        """The server, loaded once for all who ask; one who goes does not end it for the others."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(self._load())
        loading = self._loading
        try:
            return await asyncio.shield(loading)
        except Exception:
            # The next one who asks tries again.
            if self._loading is loading:
                self._loading = None
            raise

    async def _load(self) -> _Served:
        self.readiness = Readiness("fetching")
        try:
            path = await self._source(self._fetched)
            self.readiness = Readiness("loading", fraction=1.0)
            served = await anyio.to_thread.run_sync(_serve, path)
        except ModelUnavailable as error:
            self.readiness = Readiness("failed", sentence=str(error))
            raise
        except BaseException:
            self.readiness = Readiness("failed", sentence="The embedded model was not loaded. Try again.")
            raise
        self.readiness = Readiness("ready", fraction=1.0)
        return served

    def _fetched(self, fraction: float) -> None:
        self.readiness = replace(self.readiness, fraction=fraction)

    async def close(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait([self._loading])
            self._loading = None


class LocalModels:
    """Keeps the ``Provider`` protocol for every GGUF file on offer, the default one first.

    An answer may be silent for ``silence_seconds`` where that is more than the usual five minutes.
    """

    source = "local"

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        cache_folder: Path,
        tracing: Tracing,
        silence_seconds: float = 0.0,
    ) -> None:
        async def default(progress: weights.Progress) -> Path:
            return await weights.obtain(progress, cache_folder)

        self._embedded = {DEFAULT_ID: _Embedded(_default_model(), default, cache_folder / weights.FILE_NAME)}
        for path in _gguf_files(paths):
            model = _file_model(path, taken=self._embedded.keys())
            self._embedded[model.id] = _Embedded(model, _at(path), path)
        timeout = httpx.Timeout(connect=10, read=max(READ_SECONDS, silence_seconds), write=60, pool=30)
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)
        tracing.instrument_client(self._client)

    async def models(self) -> list[Model]:
        return [embedded.model for embedded in self._embedded.values()]

    def readiness(self, model_id: str) -> Readiness | None:
        """How far a model is; ``None`` for one that is not embedded. Callable from any thread."""
        embedded = self._embedded.get(model_id)
        return embedded.readiness if embedded else None

    def files(self) -> list[tuple[Model, weights.Weights]]:
        """Every model with its file, which may not be there yet. Callable from any thread."""
        return [(one.model, weights.at(one.path)) for one in self._embedded.values()]

    async def prepare(self, model_id: str) -> None:
        await self._find(model_id).served()

    async def warm(self, model_id: str) -> None:
        """``prepare`` ahead of need: what goes wrong is left in ``readiness``."""
        with suppress(ModelUnavailable):
            await self.prepare(model_id)

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        embedded = self._find(request.model_id)
        served = await embedded.served()
        try:
            async with self._client.stream(
                "POST",
                f"{served.address}/v1/chat/completions",
                headers={"Authorization": f"Bearer {served.key}"},
                json=_USUAL.get(request.model_id, {}) | chunks.body(request, default_max_tokens=MAX_TOKENS),
            ) as response:
                if response.status_code != 200:
                    raise refusal(
                        response.status_code,
                        chunks.decoded(await response.aread()),
                        model_id=request.model_id,
                    )
                async with aclosing(chunks.events(response, model_id=request.model_id)) as events:
                    async for event in events:
                        yield _ours(event, embedded.model)
        except httpx.TimeoutException as error:
            raise UpstreamTimeout(
                f"{embedded.model.name} did not answer in time; the machine may be busy. Try again."
            ) from error
        except httpx.HTTPError as error:
            raise Interrupted(f"{embedded.model.name} broke off. Try again.") from error

    def after_stop(self, served_by: str) -> str:  # noqa: ARG002
        return ""

    async def receipt(self, generation_id: str) -> Usage | None:  # noqa: ARG002
        return None

    async def close(self) -> None:
        await self._client.aclose()
        for embedded in self._embedded.values():
            await embedded.close()

    def _find(self, model_id: str) -> _Embedded:
        if model_id not in self._embedded:
            raise ModelGone(
                f"There is no embedded model {model_id}. Choose another, or name its file in LOCAL_MODELS."
            )
        return self._embedded[model_id]


def _serve(path: Path) -> _Served:
    """Loads a file and serves it on a free loopback port, to holders of a key made here only."""
    # Imported where it is needed: a machine that xllamacpp has no wheel for can still use OpenRouter.
    try:
        import xllamacpp  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ModelUnavailable(
            "The embedded model needs the package xllamacpp, which is not installed here. "
            "Install it with pip, or set OPENROUTER_API_KEY."
        ) from error
    except ImportError as error:
        raise ModelUnavailable(
            f"The embedded model cannot run because this system lacks a library: {error}. "
            "Install it (for libgomp on Debian: apt-get install libgomp1), or set OPENROUTER_API_KEY."
        ) from error
    key = secrets.token_urlsafe(32)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = _SLOTS
    for work in (parameters.cpuparams, parameters.cpuparams_batch):
        work.n_threads = threads(os.cpu_count() or 1)
    parameters.kv_unified = True
    parameters.cache_ram_mib = 0
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.ui = False
    parameters.verbosity = 0
    try:
        server = xllamacpp.Server(parameters)
        # A server that is let go before its loop has begun waits for that loop for ever, and holds
        # Python's lock meanwhile; one that has answered has begun.
        server.handle_chat_completions({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1})
    except RuntimeError as error:
        raise ModelUnavailable(
            f"llama.cpp cannot load {path.name}; it may be damaged, too large for this machine's memory, "
            "or not a GGUF model for text."
        ) from error
    return _Served(server, server.listening_address, key)


def threads(cores: int) -> int:
    """How many threads a model thinks with: half of the cores, on a small machine all but one.

    At every layer each waits for all others. Where one has to share its core with a page or a browser,
    all of them wait: two threads on two cores gave 4 tokens a second beside two busy programs, one gave 30.
    """
    return max(1, cores // 2, min(cores - 1, 3))


def _ours(event: Event, model: Model) -> Event:
    """llama.cpp names the file where we name the model, and cannot know that it costs nothing."""
    match event:
        case Started():
            return replace(event, model=model.id, provider="llama.cpp")
        case Done(usage=usage) | Spent(usage):
            return replace(event, usage=replace(usage, cost=Decimal(0)))
    return event


def _default_model() -> Model:
    return _model(
        DEFAULT_ID,
        "SmolLM2 135M Instruct",
        "A small model from Hugging Face that runs inside Madlen, on this machine's processor. "
        "Quick and private; good for trying things out, not for facts.",
    )


def _file_model(path: Path, *, taken: Collection[str]) -> Model:
    """Named after its file, with a number where another file has that name already."""
    names = (path.stem if number == 1 else f"{path.stem}-{number}" for number in count(1))
    name = next(name for name in names if f"{_PREFIX}{name}" not in taken)
    return _model(f"{_PREFIX}{name}", name, f"The file {path.name} on this machine.")


def _model(model_id: str, name: str, description: str) -> Model:
    return Model(
        id=model_id,
        name=name,
        source=LocalModels.source,
        description=description,
        context_length=CONTEXT_TOKENS,
        pricing=Pricing(prompt=Decimal(0), completion=Decimal(0)),
        supported_parameters=_PARAMETERS,
    )


def _gguf_files(paths: Sequence[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.gguf")) if path.is_dir() else [path])]


def _at(path: Path) -> Source:
    async def source(progress: weights.Progress) -> Path:
        progress(1.0)
        return path

    return source
