"""What a process runs with, wired once. The only module that constructs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyio.from_thread import BlockingPortal, start_blocking_portal

from madlen import traces
from madlen.batch import Batch
from madlen.batch.judging import Judging
from madlen.budget import Budget
from madlen.chat import Chat
from madlen.deadlines import Deadlines
from madlen.editing import Editing
from madlen.errors import UpstreamAuth
from madlen.hub import Hub
from madlen.providers import Provider, reach, weights
from madlen.providers.account import Account
from madlen.providers.directory import Directory, Listing
from madlen.providers.local import DEFAULT_ID, LocalModels, Readiness
from madlen.providers.openrouter import OpenRouter, Preferences
from madlen.settings import Settings
from madlen.shelf import Shelf
from madlen.store import Store, open_store, upkeep
from madlen.titles import Titles
from madlen.traces import Traces
from madlen.tracing import Outlets, Tracing
from madlen.types import Model, Quota

if TYPE_CHECKING:
    from madlen.archives import Archives
    from madlen.run_files import RunFiles

log = logging.getLogger("madlen")

MakeProviders = Callable[[Settings, Tracing], Sequence[Provider]]


class Services:
    """A running Madlen: its loop, store, providers, hub and chat. Close it to end all of them."""

    def __init__(
        self,
        settings: Settings,
        *,
        make_providers: MakeProviders | None = None,
        tracing: Tracing | None = None,
        store: Store | None = None,
    ) -> None:
        """A ``store`` that is given is the services' from then on, also where making them fails."""
        self.settings = settings
        with ExitStack() as stack:
            self.store = store or open_store(settings.database_url)
            stack.callback(self.store.close)
            self.traces = Traces(
                traces.beside(settings.database_url, weights.cache_folder().parent),
                kept=settings.traces_kept if settings.enable_tracing else 0,
            )
            stack.callback(self.traces.close)
            self.tracing = tracing or Tracing(
                enabled=settings.enable_tracing,
                service_name=settings.otel_service_name,
                service_version=settings.app_version,
                outlets=Outlets(
                    spans=settings.otlp_endpoint,
                    metrics=settings.metrics_endpoint,
                    protocol=settings.otel_exporter_otlp_protocol,
                    prometheus=settings.serves_metrics,
                ),
                genai_names=settings.genai_names,
                processors=[self.traces.recorder] if self.traces.recorder else [],
                captures_content=settings.captures_content,
                database="sqlite" if settings.database_url.startswith("sqlite") else "postgresql",
            )
            stack.callback(self.tracing.close)
            self.portal: BlockingPortal = stack.enter_context(start_blocking_portal(name="madlen"))
            self._local: LocalModels | None = None
            self._account: Account | None = None
            self._openrouter: OpenRouter | None = None
            providers = (make_providers or self._providers)(settings, self.tracing)
            directory = self._directory = Directory(providers)
            stack.callback(self.portal.call, directory.close)
            self._in_background(stack, directory.keep_fresh)
            if self._account is not None:
                self._in_background(stack, self._account.keep_fresh)
            self.budget = self._budgeted(stack, directory)
            """What all answers of a day may cost; ``None`` where that has no limit."""
            deadlines = Deadlines(settings.no_token_seconds, settings.answer_seconds)
            self.hub = Hub(self.portal, self.store, self.tracing, deadlines=deadlines, budget=self.budget)
            stack.callback(self.hub.close)
            self._in_background(stack, self.hub.keep_alive)
            self._in_background(stack, self.hub.keep_settled)
            self._in_background(stack, self.hub.keep_listening)
            self._in_background(stack, self.hub.keep_stored)
            if settings.openrouter_api_key is None:
                # Nobody else can answer, so the download need not wait for the first prompt.
                self.warm(DEFAULT_ID)
            self.chat = Chat(self.store, self.hub, directory, self.portal, self.tracing)
            if settings.title_model:
                titles = Titles(self.chat, self.portal, settings.title_model)
                stack.callback(titles.close)
                self.chat.begun = titles.begun
            self.shelf = Shelf(self.store, self.hub, self.portal)
            stack.callback(self.shelf.close)
            self._in_background(stack, self.shelf.keep_purged)
            self.editing = Editing(self.chat, self.tracing)
            self.batch = Batch(
                self.store,
                self.hub,
                directory,
                self.portal,
                self.tracing,
                concurrency=settings.batch_concurrency,
                quota=self.quota,
                renew_quota=self._renew_quota,
            )
            self._in_background(stack, self.batch.keep_running)
            stack.callback(self.batch.close)
            self._late = threading.Lock()
            self._archives: Archives | None = None
            self._run_files: RunFiles | None = None
            self.judging = Judging(self.chat, self.portal, self.batch.limits, self.batch.asking.channel)
            stack.callback(self.judging.close)
            self._stack = stack.pop_all()
        log.info("%s %s with %s", settings.app_name, settings.app_version, self.store.description)
        for warning in self.store.warnings:
            log.warning(warning)

    def _providers(self, settings: Settings, tracing: Tracing) -> list[Provider]:
        self._local = LocalModels(
            settings.local_models,
            cache_folder=weights.cache_folder(),
            tracing=tracing,
            silence_seconds=settings.no_token_seconds,
        )
        if settings.openrouter_api_key is None:
            return [self._local]
        openrouter = OpenRouter(
            key=settings.openrouter_api_key.get_secret_value(),
            base_url=settings.openrouter_base_url,
            app_name=settings.app_name,
            app_url=settings.app_url or "",
            preferences=Preferences(
                data_collection=settings.openrouter_data_collection,
                zdr=settings.openrouter_zdr,
                sort=settings.openrouter_sort,
                user=settings.openrouter_user or "",
            ),
            tracing=tracing,
            silence_seconds=settings.no_token_seconds,
        )
        self._account, self._openrouter = openrouter.account, openrouter
        return [openrouter, self._local]

    def _budgeted(self, stack: ExitStack, directory: Directory) -> Budget | None:
        limit = self.settings.daily_budget_usd
        if limit is None:
            return None
        budget = Budget(limit, self.store, directory)
        stack.callback(budget.close)
        self._in_background(stack, budget.keep)
        return budget

    def _in_background(self, stack: ExitStack, work: Callable[[], Awaitable[None]]) -> None:
        """Runs until the services close; one that ends before that is a defect, and is seen."""

        def ended(task: Future[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("A background task failed by a defect", exc_info=error)

        task = self.portal.start_task_soon(work)
        task.add_done_callback(ended)
        stack.callback(task.cancel)

    def warm(self, model_id: str) -> None:
        """Begins to fetch and load an embedded model ahead of need; ``readiness`` says how far it is."""
        if self._local is not None:
            self.portal.start_task_soon(self._local.warm, model_id)

    def readiness(self, model_id: str) -> Readiness | None:
        """How far an embedded model is; ``None`` for any other model."""
        return self._local.readiness(model_id) if self._local else None

    def quota(self) -> Quota | None:
        """What the OpenRouter account may still do, as far as is known; ``None`` without a key."""
        return self._account.quota if self._account else None

    def list_age(self) -> float | None:
        """Seconds since the list of models was had; ``None`` where there is none yet."""
        return self._directory.age

    def list_anew(self) -> Listing:
        """Asks for the list of models, whatever its age; waits for it."""
        return self.portal.call(partial(self._directory.refresh, anew=True))

    @property
    def archives(self) -> Archives:
        """Chats as files. Made at the first use: what reads files takes a tenth of every start to load."""
        from madlen.archives import Archives  # noqa: PLC0415

        with self._late:
            if self._archives is None:
                self._archives = Archives(self.chat, self.portal, app_version=self.settings.app_version)
                self._stack.callback(self._archives.close)
            return self._archives

    @property
    def run_files(self) -> RunFiles:
        """Runs of prompt sets as files, made at the first use too."""
        from madlen.run_files import RunFiles  # noqa: PLC0415

        with self._late:
            if self._run_files is None:
                self._run_files = RunFiles(self.store, self.batch, app_version=self.settings.app_version)
            return self._run_files

    def check_key(self) -> Quota:
        """What OpenRouter says of the key at this moment.

        Raises ``UpstreamError``, and ``UpstreamAuth`` for a key that is missing or refused.
        """
        if self._openrouter is None:
            raise UpstreamAuth("No key is set. Set OPENROUTER_API_KEY and start Madlen again.")
        return self.portal.call(self._openrouter.quota)

    def embedded(self) -> list[tuple[Model, weights.Weights]]:
        """Every embedded model with its file."""
        return self._local.files() if self._local else []

    def collector_listens(self) -> bool | None:
        """Whether the collector of traces takes a connection, within two seconds; ``None`` without one."""
        address = self.settings.otlp_endpoint
        if not self.settings.enable_tracing or address is None:
            return None
        return self.portal.call(reach.listens, address)

    def back_up(self) -> Path:
        """Copies the database into a file beside it, named after the moment. Raises what ``backup`` does."""
        url = self.settings.database_url
        path = Path(url.removeprefix("sqlite:///"))
        copy = path.with_name(f"{path.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}.db")
        upkeep.backup(url, copy)
        return copy

    async def _renew_quota(self) -> None:
        if self._account is not None:
            await self._account.refresh()

    def close(self) -> None:
        """Interrupts and stores what is in flight, then lets everything go."""
        self._stack.close()  # a second time there is nothing left to do
