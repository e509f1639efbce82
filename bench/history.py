"""A conversation that was held before, the same for every app."""

from __future__ import annotations

LAST = "Zlastofhistory"
"""The last word of every history, and of nothing else."""


def messages(number: int) -> list[dict[str, str]]:
    """So many messages, prompts and answers in turn; answers are a paragraph, a list, and some code."""
    said = []
    for turn in range(number // 2):
        code = f"\n```python\ndef bend_{turn}(x):\n    return x + {turn}\n```\n" if turn % 5 == 0 else ""
        end = f"\n{LAST}" if turn == number // 2 - 1 else ""
        answer = (
            f"Bend {turn}: the water leaves **sand** on the inner bank and takes it from the outer one, "
            f"year after year.\n\n- inner bank of bend {turn}\n- outer bank, `depth({turn})`\n{code}{end}"
        )
        said.append({"role": "user", "content": f"What happens at bend {turn} of the river?"})
        said.append({"role": "assistant", "content": answer})
    return said
