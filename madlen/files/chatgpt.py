"""ChatGPT's export, ``conversations.json``: each conversation is a tree of which one path is shown.

``mapping`` holds nodes ``{id, message, parent, children}`` and ``current_node`` names the last one shown.
A message is ``{author: {role}, content: {content_type, parts}, recipient, metadata, create_time}``.
The format is not documented; this reads what exports up to 2026 were seen to hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from madlen import beginnings, lenient
from madlen.errors import TooLarge
from madlen.files.documents import Archive
from madlen.files.foreign import MESSAGES, Missing, Turns, listed, moment, path_to
from madlen.types import Lane, Session

UNKNOWN_MODEL = "chatgpt"
_WORDS = {"text", "multimodal_text"}
_THOUGHTS = "thoughts"
_TO_ALL = {"", "all"}
_QUIET = {"reasoning_recap", "model_editable_context"}
"""What stands in an export and says nothing to a reader."""


def is_one(value: Any) -> bool:
    """Whether a value is such a conversation."""
    return isinstance(lenient.mapping(value).get("mapping"), dict)


def chat(value: Mapping[str, Any], now: datetime) -> tuple[Archive | None, list[str]]:
    """The path that was shown as a chat, and what was not taken. Raises ``TooLarge``."""
    missing = Missing()
    nodes = value["mapping"]
    if len(nodes) > MESSAGES:
        raise TooLarge(f"The chat has {len(nodes):,} messages; at most {MESSAGES:,} can be taken.")
    usual = lenient.text(value.get("default_model_slug")) or UNKNOWN_MODEL
    begun = moment(value.get("create_time"), now)
    title = beginnings.title(lenient.text(value.get("title"))) or "ChatGPT"
    session = Session(
        beginnings.fresh_id(), title, usual, begun, max(begun, moment(value.get("update_time"), begun))
    )
    turns = Turns(session, missing)
    shown = [*path_to(_leaf(value, nodes), nodes, "parent")][::-1]
    for node in shown:
        if message := lenient.mapping(lenient.mapping(nodes[node]).get("message")):
            _take(message, turns, missing, usual, begun)
    aside = sum(1 for name in nodes.keys() - set(shown) if _said(lenient.mapping(nodes[name])))
    missing.count("message on another branch", "messages on other branches", aside)
    return turns.archive(), missing.sentences()


@dataclass(frozen=True, slots=True)
class _Content:
    text: str = ""
    reasoning: str = ""


def _take(message: Mapping[str, Any], turns: Turns, missing: Missing, usual: str, begun: datetime) -> None:
    role = lenient.text(lenient.mapping(message.get("author")).get("role"))
    about = lenient.mapping(message.get("metadata"))
    content = lenient.mapping(message.get("content"))
    kind = lenient.text(content.get("content_type"))
    at = moment(message.get("create_time"), begun)
    if kind == "user_editable_context" or about.get("is_user_system_message"):
        missing.count("message with custom instructions", "messages with custom instructions")
    elif kind in _QUIET or about.get("is_visually_hidden_from_conversation"):
        return
    elif role == "user":
        turns.prompt(_read(content, missing).text, at)
    elif role == "assistant" and lenient.text(message.get("recipient")) in _TO_ALL:
        said = _read(content, missing)
        if said.text or said.reasoning:
            lane = Lane(lenient.text(about.get("model_slug")) or usual)
            if turns.last_reply() is None:
                turns.reply(lane, at, text=said.text, reasoning=said.reasoning)
            else:
                turns.go_on(said.text, said.reasoning)
    elif role == "assistant":
        missing.count("call of a tool", "calls of tools")
    elif role == "tool":
        _read(content, missing)
        missing.count("answer of a tool", "answers of tools")
    elif any(map(lenient.text, listed(content.get("parts")))):
        missing.count("system message", "system messages")


def _read(content: Mapping[str, Any], missing: Missing) -> _Content:
    kind = lenient.text(content.get("content_type"))
    if kind == _THOUGHTS:
        thoughts = (lenient.mapping(one) for one in listed(content.get("thoughts")))
        said = (
            lenient.text(thought.get("content")) or lenient.text(thought.get("summary"))
            for thought in thoughts
        )
        return _Content(reasoning="\n\n".join(filter(None, said)))
    if kind in _WORDS:
        return _Content("\n".join(_parts(content, missing)))
    if kind == "code":
        return _Content(f"```\n{lenient.text(content.get('text'))}\n```")
    missing.count("message of another kind than text", "messages of other kinds than text")
    return _Content()


def _parts(content: Mapping[str, Any], missing: Missing) -> Iterator[str]:
    for part in listed(content.get("parts")):
        if isinstance(part, str):
            if text := lenient.text(part):
                yield text
            continue
        kind = lenient.text(lenient.mapping(part).get("content_type"))
        if kind == "audio_transcription":
            yield lenient.text(part.get("text"))
        elif "image" in kind:
            missing.count("image that the file only points at", "images that the file only points at")
        else:
            missing.count("attachment", "attachments")


def _leaf(value: Mapping[str, Any], nodes: Mapping[str, Any]) -> str:
    """The last node that was shown; where that is not said, the newest without children."""
    current = lenient.text(value.get("current_node"))
    if current in nodes:
        return current
    ends = [name for name, node in nodes.items() if not listed(lenient.mapping(node).get("children"))]
    return max(ends, key=lambda name: _time(lenient.mapping(nodes[name])), default="")


def _time(node: Mapping[str, Any]) -> float:
    at = lenient.amount(lenient.mapping(node.get("message")).get("create_time"))
    return float(at or 0)


def _said(node: Mapping[str, Any]) -> bool:
    """Whether a node holds words of a person or of the model to them."""
    message = lenient.mapping(node.get("message"))
    role = lenient.text(lenient.mapping(message.get("author")).get("role"))
    content = lenient.mapping(message.get("content"))
    hidden = lenient.mapping(message.get("metadata")).get("is_visually_hidden_from_conversation")
    return (
        role in {"user", "assistant"}
        and lenient.text(content.get("content_type")) in _WORDS
        and lenient.text(message.get("recipient")) in _TO_ALL
        and not hidden
        and any(part for part in listed(content.get("parts")))
    )
