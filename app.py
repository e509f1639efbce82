"""One file, two entries: the script that Streamlit reruns, and ``app``, the server around it.

``streamlit run app.py`` imports this file to find ``app``, which serves the pages and, under
``/api``, the REST API. For each view of a page Streamlit runs it again as ``__main__``.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import streamlit as st

from madlen import services
from madlen.errors import MadlenError
from madlen.ui import address, navigation

if __name__ == "__main__":
    st.set_page_config(page_title=services.current().settings.app_name, page_icon=navigation.ICON)
    page = st.navigation(navigation.pages())
    address.arrive()
    page.run()
else:
    from streamlit.runtime.pages_manager import PagesManager
    from uvicorn.config import STARTUP_FAILURE

    from madlen.api.mount import lifespan, middleware, routes
    from madlen.api.workers import refuse_several

    try:
        refuse_several()
        # While nobody can come yet: where a setting or the database is wrong, the process ends.
        settings = services.begin()
    except MadlenError as error:
        print(error, file=sys.stderr)
        # With any other code uvicorn would start a worker again and again.
        sys.exit(STARTUP_FAILURE)
    # A hundred pages at once are a hundred threads. With Python's 5 ms each, one that is in the middle
    # of a transaction would wait for half a second after each of its statements.
    sys.setswitchinterval(0.0005)
    # Python looks for garbage after every 700 objects, a page makes thousands: some 7 % of its time.
    gc.set_threshold(10_000, 10, 10)
    # The pages are those of st.navigation, also for whoever opens one of them first of all.
    PagesManager.uses_pages_directory = False
    html = Path(st.__file__).parent / "static" / "index.html"
    app = st.App(
        __file__,
        routes=routes(page=html),
        middleware=middleware(settings, page=html),
        lifespan=lifespan,
    )
