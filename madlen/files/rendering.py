"""Markdown of models and people as HTML that runs nothing and loads nothing.

Raw HTML is text, links go to web and mail addresses only, and images are links to where they are.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

RENDERED_CHARACTERS = 400_000
"""A longer text is shown as it was typed: some hostile Markdown takes time that grows with its square."""
_SCHEMES = {"http", "https", "mailto"}
_LINK = 'rel="noopener noreferrer nofollow" target="_blank"'


class _Renderer(RendererHTML):
    """Images become links, except inside of links, where they are their words."""

    def image(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        token = tokens[idx]
        words = escape(self.renderInlineAsText(token.children or [], options, env) or "image")
        if env.get("in_link"):
            return words
        return f'<a {_LINK} href="{escape(str(token.attrs.get("src", "")))}">{words}</a>'

    def link_open(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,  # noqa: ARG002
        env: MutableMapping[str, Any],
    ) -> str:
        env["in_link"] = True
        return f'<a {_LINK} href="{escape(str(tokens[idx].attrs.get("href", "")))}">'

    def link_close(
        self,
        tokens: Sequence[Token],  # noqa: ARG002
        idx: int,  # noqa: ARG002
        options: OptionsDict,  # noqa: ARG002
        env: MutableMapping[str, Any],
    ) -> str:
        env["in_link"] = False
        return "</a>"


def is_address(url: str) -> bool:
    """Whether a link may lead there."""
    try:
        return urlsplit(url.strip()).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def markup(text: str) -> str:
    """Markdown as HTML."""
    if len(text) > RENDERED_CHARACTERS:
        return f"<pre>{escape(text)}</pre>\n"
    return str(_parser.render(text))


def _made() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"])
    parser.validateLink = is_address  # type: ignore[method-assign]
    return parser


_parser = _made()
