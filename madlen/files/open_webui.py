"""Open WebUI's export: a list of records with a ``chat`` each, whose messages form a tree.

``history`` holds ``messages`` by id, each ``{id, parentId, childrenIds, role, content, timestamp, model,
modelIdx, models, files, usage, error}``, and ``currentId``, the last one shown. Exports of early versions
have the list ``messages`` alone. Several models asked at once are siblings: they become lanes.
"""

from __future__ import annotations

import html
import re
import string
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from madlen import beginnings, lenient
from madlen.comparison import MOST_LANES
from madlen.errors import TooLarge
from madlen.files.documents import Archive
from madlen.files.foreign import MESSAGES, Missing, Turns, listed, moment, path_to, picture
from madlen.types import CHAT_LANE, Failure, Lane, Picture, Session, Status, Usage

UNKNOWN_MODEL = "open-webui"
_FOLDED = re.compile(r'<details type="([a-z_]{1,40})"[^<>]{0,1000}>')
_FOLDED_END = "</details>"
_SUMMARY = re.compile(r"<summary>[^<]*</summary>\n?")
_QUOTE = re.compile(r"^> ?", re.MULTILINE)


def is_one(value: Any) -> bool:
    """Whether a value is such a record, or the chat inside of one."""
    inner = _chat(lenient.mapping(value))
    history = lenient.mapping(inner.get("history"))
    return isinstance(history.get("messages"), dict) or _messages(inner.get("messages"))


def chat(value: Mapping[str, Any], now: datetime) -> tuple[Archive | None, list[str]]:
    """The path that was shown as a chat or comparison, and what was not taken. Raises ``TooLarge``."""
    missing = Missing()
    inner = _chat(value)
    nodes, leaf = _nodes(inner)
    if len(nodes) > MESSAGES:
        raise TooLarge(f"The chat has {len(nodes):,} messages; at most {MESSAGES:,} can be taken.")
    shown = [*path_to(leaf, nodes, "parentId")][::-1]
    models = [lenient.text(one) for one in listed(inner.get("models")) if lenient.text(one)]
    usual = models[0] if models else UNKNOWN_MODEL
    begun = moment(value.get("created_at"), moment(inner.get("timestamp"), now))
    title = lenient.text(value.get("title")) or lenient.text(inner.get("title"))
    session = Session(
        id=beginnings.fresh_id(),
        title=beginnings.title(title) or "Open WebUI",
        model_id=usual,
        created_at=begun,
        updated_at=max(begun, moment(value.get("updated_at"), begun)),
        system=lenient.text(lenient.mapping(inner.get("params")).get("system")),
        lanes=_lanes(shown, nodes),
    )
    turns, taken = Turns(session, missing), set(shown)
    for name in shown:
        message = nodes[name]
        at = moment(message.get("timestamp"), begun)
        if message.get("role") == "user":
            turns.prompt(_text(message), at, _pictures(message, missing))
        elif message.get("role") == "assistant":
            answers = _beside(name, nodes)
            taken.update(answers)
            for one in answers:
                lane = _lane(nodes[one], session)
                _answer(nodes[one], turns, missing, lane, moment(nodes[one].get("timestamp"), at))
        else:
            missing.count("system message", "system messages")
    aside = sum(1 for name in nodes if name not in taken)
    missing.count("message on another branch", "messages on other branches", aside)
    return turns.archive(), missing.sentences()


def _chat(value: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = lenient.mapping(value.get("chat"))
    return inner or value


def _messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all("role" in lenient.mapping(one) for one in value)


def _nodes(inner: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], str]:
    """The messages by their ids, and the last one shown."""
    history = lenient.mapping(inner.get("history"))
    if tree := lenient.mapping(history.get("messages")):
        nodes = {name: lenient.mapping(message) for name, message in tree.items()}
        current = lenient.text(history.get("currentId"))
        return nodes, current if current in nodes else _newest(nodes)
    plain = [lenient.mapping(one) for one in listed(inner.get("messages"))]
    nodes = {
        str(number): {**message, "parentId": str(number - 1), "childrenIds": [str(number + 1)]}
        for number, message in enumerate(plain)
    }
    return nodes, str(len(plain) - 1)


def _newest(nodes: Mapping[str, Mapping[str, Any]]) -> str:
    ends = [name for name, message in nodes.items() if not listed(message.get("childrenIds"))]
    return max(ends, key=lambda name: float(lenient.amount(nodes[name].get("timestamp")) or 0), default="")


def _beside(name: str, nodes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The answers to the same prompt, the one that is shown as the last of its model."""
    parent = nodes.get(lenient.text(nodes[name].get("parentId")), {})
    ids = dict.fromkeys(lenient.text(one) for one in listed(parent.get("childrenIds")))
    answers = [one for one in ids if one in nodes and nodes[one].get("role") == "assistant"]
    return sorted(answers, key=lambda one: (_place(nodes[one]), one == name))


def _place(message: Mapping[str, Any]) -> int:
    """Which of the models that were asked at once gave an answer."""
    return lenient.count(message.get("modelIdx")) or 0


def _lanes(shown: Sequence[str], nodes: Mapping[str, Mapping[str, Any]]) -> tuple[Lane, ...]:
    """The lanes of a chat whose last prompt went to several models; none of one that asked a single one."""
    asked = [nodes[name] for name in shown if nodes[name].get("role") == "user"]
    models = [lenient.text(one) for one in listed(asked[-1].get("models"))] if asked else []
    if not 1 < len(models) <= MOST_LANES or not all(models):
        return ()
    return tuple(Lane(model, name) for model, name in zip(models, string.ascii_uppercase, strict=False))


def _lane(message: Mapping[str, Any], session: Session) -> Lane:
    place, model = _place(message), lenient.text(message.get("model")) or session.model_id
    return Lane(model, session.lanes[place].name if place < len(session.lanes) else CHAT_LANE)


def _answer(message: Mapping[str, Any], turns: Turns, missing: Missing, lane: Lane, at: datetime) -> None:
    text, reasoning = _thought(_text(message), missing)
    failure, status = None, Status.COMPLETE
    if error := message.get("error"):
        said = lenient.text(error) or lenient.text(lenient.mapping(error).get("content"))
        failure, status = Failure("upstream", said or "The answer failed."), Status.FAILED
    elif message.get("done") is False:
        failure = Failure("interrupted", "The answer was not whole when the file was made.")
        status = Status.INTERRUPTED
    turns.reply(
        lane,
        at,
        text=text,
        reasoning=reasoning,
        status=status,
        failure=failure,
        usage=_usage(lenient.mapping(message.get("usage")) or lenient.mapping(message.get("info"))),
        pictures=_pictures(message, missing),
    )


def _thought(text: str, missing: Missing) -> tuple[str, str]:
    """The words of an answer, and apart from them what stood folded in it as the model's thinking."""
    words, thoughts, at = [], [], 0
    while (begun := _FOLDED.search(text, at)) and (end := text.find(_FOLDED_END, begun.end())) >= 0:
        words.append(text[at : begun.start()])
        if begun[1] == "reasoning":
            folded = _SUMMARY.sub("", text[begun.end() : end])
            thoughts.append(_QUOTE.sub("", html.unescape(folded)).strip())
        else:
            missing.count("call of a tool", "calls of tools")
        at = end + len(_FOLDED_END)
    words.append(text[at:])
    return ("".join(words).strip() if at else text), "\n\n".join(thoughts)


def _pictures(message: Mapping[str, Any], missing: Missing) -> tuple[Picture, ...]:
    found = []
    for one in listed(message.get("files")):
        file = lenient.mapping(one)
        if file.get("type") == "image":
            if (taken := picture(lenient.text(file.get("url")), missing)) is not None:
                found.append(taken)
        else:
            missing.count("attached file", "attached files")
    return tuple(found)


def _usage(found: Mapping[str, Any]) -> Usage:
    """Tokens in OpenAI's words or in Ollama's."""
    prompt = lenient.count(found.get("prompt_tokens"))
    completion = lenient.count(found.get("completion_tokens"))
    prompt = lenient.count(found.get("prompt_eval_count")) if prompt is None else prompt
    completion = lenient.count(found.get("eval_count")) if completion is None else completion
    total = None if prompt is None or completion is None else prompt + completion
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=total)


def _text(message: Mapping[str, Any]) -> str:
    """The words of a message, which may be a list of parts as OpenAI has them."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(filter(None, (lenient.text(lenient.mapping(one).get("text")) for one in content)))
    return lenient.text(content)
