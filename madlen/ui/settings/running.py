"""What this process runs with: its versions, database, models, upstream and collector of traces."""

from __future__ import annotations

import platform
import time
from pathlib import Path

import streamlit as st

from madlen import comparison, disclosure, figures, images, services
from madlen.chat import PROMPT_CHARACTERS
from madlen.errors import MadlenError
from madlen.holdings import Holdings
from madlen.providers.local import Readiness
from madlen.ui import facts, picker, text

_SQLITE = "sqlite:///"
_FRESH_SECONDS = 30.0
_UNITS = ("kB", "MB", "GB", "TB")
_LISTENS = "settings-collector"


def versions() -> None:
    """What runs."""
    running = services.current()
    st.header("This Madlen")
    facts.draw(
        [
            ("Version", running.settings.app_version),
            ("Python", platform.python_version()),
            ("Streamlit", st.__version__),
            ("Database", running.store.description.partition(" in ")[0].partition(" on ")[0]),
        ]
    )


def store(held: Holdings) -> None:
    """Where everything is kept and how much it is."""
    running = services.current()
    st.header("Data")
    url = running.settings.database_url
    file = Path(url.removeprefix(_SQLITE)).resolve() if url.startswith(_SQLITE) else None
    facts.draw(
        [
            ("Kept in", str(file) if file else running.store.description),
            ("Size", size(held.bytes)),
            *([("Write-ahead log", size(held.log_bytes))] if held.log_bytes is not None else []),
            ("Chats and comparisons", f"{held.chats:,}"),
            ("Prompts and answers", f"{held.messages:,}"),
            ("Images", f"{held.images:,}"),
            ("Votes", f"{held.votes:,}"),
        ]
    )
    for warning in running.store.warnings:
        st.warning(text.label(warning))
    if file is None:
        st.caption("PostgreSQL databases are backed up with pg_dump, also while they are in use.")
        return
    if st.button("Make a backup beside it", icon=":material/save:", key="settings-backup"):
        try:
            with st.spinner("Copying the database"):
                copy = running.back_up()
        except MadlenError as error:
            st.error(text.label(str(error)), icon=":material/error:")
        else:
            st.success(f"Copied to {text.label(str(copy.resolve()))}; the copy is sound.")
    st.caption("From the command line, also while Madlen runs: python -m madlen backup FILE")


def upstream() -> None:
    """Where OpenRouter is, whether it takes the key, and what the account may still do."""
    running = services.current()
    settings = running.settings
    st.header("OpenRouter")
    has_key = settings.openrouter_api_key is not None
    facts.draw(
        [
            ("Address", disclosure.address(settings.openrouter_base_url)),
            ("Key", disclosure.SET if has_key else disclosure.NOT_SET),
        ]
    )
    if not has_key:
        st.caption("The embedded model answers. Set OPENROUTER_API_KEY and start Madlen again for others.")
        return
    picker.quota(running.quota())
    if st.button("Test the key", icon=":material/key:", key="settings-key"):
        try:
            with st.spinner("Asking OpenRouter"):
                quota = running.check_key()
        except MadlenError as error:
            st.error(text.label(str(error)), icon=":material/error:")
        else:
            said = figures.left(quota) or "nothing of what is left"
            st.success(f"OpenRouter takes the key. It says: {text.label(said)}.")


def embedded() -> None:
    """The models that run in this process."""
    running = services.current()
    st.header("Embedded models")
    rows = [
        {
            "Model": model.name,
            "State": _state(running.readiness(model.id), there=file.size is not None),
            "Size": "" if file.size is None else size(file.size),
            "File": str(file.path),
        }
        for model, file in running.embedded()
    ]
    if rows:
        st.dataframe(rows, hide_index=True, alt="Embedded models with their state and files")
    else:
        st.caption("This process runs none.")


def tracing() -> None:
    """Whether spans are made, and whether anybody takes them."""
    running = services.current()
    settings = running.settings
    st.header("Traces")
    endpoint = settings.otlp_endpoint
    facts.draw(
        [
            ("Spans", "made" if settings.enable_tracing else "not made"),
            ("Service", settings.otel_service_name),
            ("Collector", disclosure.address(endpoint) if endpoint else disclosure.NOT_SET),
        ]
    )
    if not settings.enable_tracing or endpoint is None:
        return
    with st.spinner("Trying the collector"):
        listens = _listens()
    if listens:
        st.success("The collector takes connections.", icon=":material/check_circle:")
    else:
        st.warning(
            "Nobody takes connections there. Answers do not wait for it; their traces are lost until it is "
            "back.",
            icon=":material/cloud_off:",
        )


def limits() -> None:
    """What is in force for every prompt and answer."""
    settings = services.current().settings
    st.header("Limits in force")
    facts.draw(
        [
            ("A model may be silent for", f"{settings.no_token_seconds:g} s"),
            ("An answer may take", f"{settings.answer_seconds:g} s"),
            ("Answers of a run at a time", f"{settings.batch_concurrency:,}"),
            ("Lanes in a comparison", f"{comparison.MOST_LANES}"),
            ("A prompt", f"{PROMPT_CHARACTERS:,} characters"),
            ("Images in a prompt", f"{images.PER_REQUEST}, {size(images.UPLOAD_BYTES)} each"),
        ]
    )


def size(number: int) -> str:
    """Bytes as people read them: ``512 bytes``, ``4.1 kB``, ``93 MB``."""
    if number < 1000:
        return figures.counted(number, "byte")
    power = min((len(str(number)) - 1) // 3, len(_UNITS))
    scaled, unit = number / 1000**power, _UNITS[power - 1]
    return f"{scaled:.1f} {unit}" if scaled < 10 else f"{scaled:,.0f} {unit}"


def _state(readiness: Readiness | None, *, there: bool) -> str:
    match readiness.phase if readiness else "waiting":
        case "ready":
            return "loaded"
        case "fetching":
            return f"being fetched, {readiness.fraction:.0%}" if readiness else ""
        case "loading":
            return "being loaded"
        case "failed":
            return readiness.sentence if readiness else ""
    return "there, loaded when it is first asked" if there else "fetched when it is first asked"


def _listens() -> bool:
    """Whether the collector takes connections; tried again after a while, for it may take two seconds."""
    kept: tuple[float, bool] | None = st.session_state.get(_LISTENS)
    if kept is None or time.monotonic() - kept[0] > _FRESH_SECONDS:
        kept = (time.monotonic(), bool(services.current().collector_listens()))
        st.session_state[_LISTENS] = kept
    return kept[1]
