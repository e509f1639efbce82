"""A session to take away: three files to download, made when one is asked for, and the way to ask again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from madlen import services
from madlen.errors import MadlenError
from madlen.files.kinds import MEDIA_TYPES, Kind, file_name
from madlen.types import Session
from madlen.ui import address, text
from madlen.ui.chats import Here

_FILES: dict[Kind, tuple[str, str, str]] = {
    "json": ("JSON", ":material/data_object:", "Complete, with images; can be imported again"),
    "markdown": ("Markdown", ":material/markdown:", "To read, and to go on writing"),
    "html": ("HTML", ":material/html:", "A page that stands alone and can be printed"),
}


def draw(session: Session, *, here: Here) -> None:
    """A popover with the files of a session, drawn only while it is looked at."""
    behind = st.popover(
        "Export",
        icon=":material/download:",
        type="tertiary",
        key=f"export-{session.id}",
        on_change="rerun",
    )
    if not behind.open:
        return
    with behind:
        downloads(session, partial(_content, session.id), key=f"export-{session.id}")
        if st.button(
            "Ask all of it again",
            key=f"again-{session.id}",
            icon=":material/history:",
            help="In a new comparison of the same lanes, with each answer beside the earlier one",
            on_click=_again if here == "compare" else None,
            args=(session.id,),
            width="stretch",
        ):
            _again_elsewhere(session.id)


def downloads(session: Session, content: Callable[[Kind], bytes], *, key: str) -> None:
    """A button for each kind of file; ``content`` makes the one that is asked for."""
    for kind, (label, icon, told) in _FILES.items():
        st.download_button(
            label,
            partial(content, kind),
            file_name(session, kind),
            mime=MEDIA_TYPES[kind],
            key=f"{key}-{kind}",
            icon=icon,
            help=told,
            on_click="ignore",
            width="stretch",
        )


def _content(session_id: str, kind: Kind) -> bytes:
    return services.current().archives.export(session_id, kind).content


def _again(session_id: str) -> None:
    """Opens the new comparison by its address; for callbacks of the page that shows it."""
    try:
        begun = services.current().archives.rerun(session_id)
    except MadlenError as error:
        st.toast(text.label(str(error)), icon=":material/error:")
    else:
        address.go(session=begun.id)


def _again_elsewhere(session_id: str) -> None:
    begun = services.current().archives.rerun(session_id)
    st.switch_page("pages/compare.py", query_params={"session": begun.id})
