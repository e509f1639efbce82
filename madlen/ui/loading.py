"""The one piece of HTML that Madlen draws: what only a browser can be told, and not Streamlit."""

from __future__ import annotations

import streamlit as st

_MARKUP = """<style>
[data-testid="stAppScrollToBottomContainer"] { container-type: scroll-state; }
@container not scroll-state(scrollable: bottom) {
  [data-testid="stMainBlockContainer"] > *,
  [data-testid="stAppScrollToBottomContainer"] > :not([data-testid="stMainBlockContainer"]) {
    overflow-anchor: none;
  }
}
[data-testid="stMainBlockContainer"]::after { content: ""; display: block; width: 100%; height: 1px; }
</style>
<script type="module" src="./ahead.js"></script>"""
"""Says nothing that anybody wrote, and its script is served by ``madlen.api.ahead``.

By its style a page stays at its end as it grows for whoever is there: the last line of pixels is then what
the browser keeps in its place. Else Streamlit's page moves there step by step after each growth, sixty times
a second for most of an answer. It still does in browsers that know nothing of scroll states.
"""


def ahead() -> None:
    """Loads what an answer is drawn with as soon as the box stands, for it would halt the page amid it.

    And keeps the newest words in view.
    """
    st.html(_MARKUP, unsafe_allow_javascript=True)
