"""Other people's text made safe for labels, and prompts drawn as they were typed."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])")


def label(text: str) -> str:
    """Text that a Streamlit label shows as it is: no markup, no image, no icon, one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def prompt(text: str) -> str:
    """A prompt as Markdown that keeps its line breaks and takes dollars for money, outside of code."""
    lines, fenced = [], False
    for line in text.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
            lines.append(line)
        else:
            lines.append(line if fenced else line.replace("$", r"\$") + "  ")
    return "\n".join(lines)
