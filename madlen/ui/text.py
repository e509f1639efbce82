"""Other people's text made safe for labels, and prompts drawn as they were typed."""

from __future__ import annotations

import re

from madlen.ui import blocks

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])")
_DRAWN = re.compile(r":(?=material/|streamlit:)|(?<!\S)[<>~-](?=[=>-]{1,2}(?!\S))")
_JOINER = "\u2060"
_ESCAPE_CODE_OR_DOLLAR = re.compile(r"\\.|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\$")


def label(text: str) -> str:
    """Text that a Streamlit label shows as it is: no markup, no image, no icon, one line."""
    # Streamlit draws icons and arrows after it has taken escapes away, so an invisible joiner parts them.
    text = _DRAWN.sub(rf"\g<0>{_JOINER}", " ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", text)


def prompt(text: str) -> str:
    """A prompt as Markdown that keeps its line breaks and takes dollars for money, outside of code."""
    lines, fence = [], ""
    for line in text.replace("\r\n", "\n").split("\n"):
        before, fence = fence, blocks.fence_after(fence, line)
        lines.append(line if before or fence else f"{_ESCAPE_CODE_OR_DOLLAR.sub(_with_money, line)}  ")
    return "\n".join(lines)


def _with_money(found: re.Match[str]) -> str:
    return r"\$" if found[0] == "$" else found[0]
