"""How many processes may serve: one for the pages, any number for the API alone."""

from __future__ import annotations

import multiprocessing

from madlen.api import promptness
from madlen.errors import BadSetting


def refuse_several() -> None:
    """Raises ``BadSetting`` in a process that is one of several that uvicorn starts.

    Streamlit knows a visitor only in the process that met them, and no two requests of a browser need
    come to the same one. WEB_CONCURRENCY alone says nothing: ``streamlit run`` does not heed it.
    """
    serving = promptness.server()
    several = serving is not None and serving.config.workers > 1
    if several and multiprocessing.parent_process() is not None:
        raise BadSetting(
            "Madlen's pages need one process: start it without --workers and WEB_CONCURRENCY. More than one "
            "go behind a proxy that keeps each visitor at the same one, as docker-compose.yml does with "
            "--profile scale; the API alone, madlen.api:app, may have several."
        )
