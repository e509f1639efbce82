"""The list of all chats: what is searched for, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo

import streamlit as st

from madlen import services
from madlen.history import MOST_SOUGHT, Entry, Wanted
from madlen.types import Model
from madlen.ui import chats, picks, text

AT_ONCE = 20
_PAGE = "history-page"


def search(models: Sequence[Model]) -> tuple[str, Wanted]:
    """The search box, which searches while one types, and the filters."""
    words = st.text_input(
        "Search titles and messages",
        key="history-words",
        type="search",
        live=True,
        max_chars=MOST_SOUGHT,
        on_change=_first_page,
        help="All the words, in the title or in one message; the last one may be a beginning.",
    )
    place = st.popover(
        "Filter", icon=":material/filter_list:", key="history-filter", type="tertiary", on_change="rerun"
    )
    kept: Wanted = st.session_state.get("history-wanted", Wanted())
    if place.open:
        with place:
            kept = _filters(kept, models)
        st.session_state["history-wanted"] = kept
    if kept != Wanted():
        st.caption(text.label(_told(kept, {model.id: model.name for model in models})))
    return words, kept


def _filters(kept: Wanted, models: Sequence[Model]) -> Wanted:
    zone = chats.zone()
    ids = list(dict.fromkeys([*([kept.model_id] if kept.model_id else []), *(model.id for model in models)]))
    names = {model.id: model.name for model in models}
    model_id = st.selectbox(
        "Model that answered",
        ids,
        index=ids.index(kept.model_id) if kept.model_id else None,
        format_func=lambda one: names.get(one, one),
        placeholder="any",
        key="history-model",
        on_change=_first_page,
    )
    since = st.date_input(
        "Last used since", _day(kept.since, zone), key="history-since", on_change=_first_page
    )
    last = kept.until - timedelta(days=1) if kept.until else None
    until = st.date_input("Last used until", _day(last, zone), key="history-until", on_change=_first_page)
    image = st.checkbox("Has an image", kept.has_image, key="history-image", on_change=_first_page)
    error = st.checkbox(
        "Has an answer that failed", kept.has_error, key="history-error", on_change=_first_page
    )
    archived = st.checkbox("Archived", kept.archived, key="history-archived", on_change=_first_page)
    return Wanted(
        model_id=model_id or "",
        since=_moment(since, zone),
        until=_moment(until + timedelta(days=1), zone) if until else None,
        has_image=image,
        has_error=error,
        archived=archived,
    )


def _told(wanted: Wanted, names: dict[str, str]) -> str:
    zone = chats.zone()
    last = wanted.until - timedelta(days=1) if wanted.until else None
    parts = [
        names.get(wanted.model_id, wanted.model_id),
        f"since {_day(wanted.since, zone)}" if wanted.since else "",
        f"until {_day(last, zone)}" if last else "",
        "with an image" if wanted.has_image else "",
        "with an answer that failed" if wanted.has_error else "",
        "archived" if wanted.archived else "",
    ]
    return "Only chats: " + ", ".join(part for part in parts if part)


def found(words: str, wanted: Wanted) -> None:
    """A page of what was found, what can be done with those that are picked, and the ways to more."""
    page = st.session_state.setdefault(_PAGE, 0)
    store = services.current().store
    # One more than is shown, to know whether there are more.
    entries = store.sessions(words=words, wanted=wanted, limit=AT_ONCE + 1, offset=page * AT_ONCE)
    shown = entries[:AT_ONCE]
    picked = picks.chosen()
    picks.draw(words, wanted, shown, picked)
    if not shown:
        _nothing(words, wanted, page)
    zone = chats.zone()
    with st.container(gap="small"):
        for entry in shown:
            _row(entry, zone, picked)
    if page or len(entries) > AT_ONCE:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Newer",
                key="history-newer",
                icon=":material/chevron_left:",
                disabled=page == 0,
                on_click=_turn,
                args=(-1,),
            )
            st.caption(f"{page * AT_ONCE + 1:,} to {page * AT_ONCE + len(shown):,}")
            st.button(
                "Older",
                key="history-older",
                icon=":material/chevron_right:",
                disabled=len(entries) <= AT_ONCE,
                on_click=_turn,
                args=(1,),
            )


def _nothing(words: str, wanted: Wanted, page: int) -> None:
    if words.strip() or wanted != Wanted() or page:
        st.info("No chat is found by this.", icon=":material/search_off:")
        return
    st.markdown("Every chat and comparison is kept here, to be searched, exported and sorted out.")
    st.page_link("pages/chat.py", label="Begin a chat", icon=":material/forum:")


def _row(entry: Entry, zone: tzinfo, picked: set[str]) -> None:
    key = f"pick-{entry.id}"
    # Not given as a default, for buttons change it too.
    st.session_state[key] = entry.id in picked
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        st.checkbox(
            f"Pick {text.label(entry.title)}",
            key=key,
            label_visibility="collapsed",
            on_change=picks.pick,
            args=(entry.id, key),
        )
        with st.container(gap=None):
            there = chats.place(entry)
            target = {"session": entry.id, **({"message": entry.message_id} if entry.message_id else {})}
            st.page_link(
                f"pages/{there}.py",
                label=f"**{text.label(entry.title)}**",
                icon=":material/keep:" if entry.pinned else None,
                query_params=target,
            )
            if entry.found:
                st.markdown(
                    "".join(
                        f"**:primary[{text.label(one.text)}]**" if one.hit else _around(one.text)
                        for one in entry.found
                    )
                )
            messages = "1 message" if entry.message_count == 1 else f"{entry.message_count:,} messages"
            day = entry.updated_at.astimezone(zone)
            st.caption(text.label(f"{day:%d %B %Y, %H:%M} · {messages} · {entry.model_id}"))


def _around(said: str) -> str:
    """The words beside a hit, with the spaces that part them from it."""
    before, after = " " if said[:1].isspace() else "", " " if said[-1:].isspace() else ""
    return f"{before}{text.label(said)}{after}"


def _first_page() -> None:
    st.session_state[_PAGE] = 0
    picks.none()


def _turn(pages: int) -> None:
    st.session_state[_PAGE] += pages


def _day(moment: datetime | None, zone: tzinfo) -> date | None:
    return moment.astimezone(zone).date() if moment else None


def _moment(day: date | None, zone: tzinfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None
