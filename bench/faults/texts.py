"""Texts at the edge of Unicode, as prompt, answer and title: kept exactly or refused clearly."""

from __future__ import annotations

import json
import time
from typing import Any

from bench.faults.outcome import Lab, Outcome
from bench.faults.servers import Server, launched, status
from bench.faults.upstream import MODEL, Manner, Upstream, Wire
from madlen.store import upkeep

TEXTS = {
    "a lone surrogate": "before \ud800 after",
    "NUL": "before \0 after",
    "the last code point": "\U0010ffff\ufffe\uffff",
    "right to left": "\u202eabc\u202c שלום مرحبا",
    "5,000 combining marks": "a" + "\u0301" * 5000,
    "joined emoji": "👩‍👩‍👧‍👦 🏳️‍🌈",
    "a byte order mark": "\ufeffHello",
    "ends of lines": "a\r\nb\u2028c\u2029d\u0085e\vf",
    "SQL": "'); DROP TABLE messages; --",
    "FTS": 'a" OR NEAR(b* ^c) -d',
    "one megabyte": "word " * 200_000,
}
_REPLACED = "\ufffd"


def kept(lab: Lab) -> Outcome:
    """Each text through the API as prompt, answer and title; what comes back is compared."""
    outcome = Outcome(notes={"recovery": "none: the seconds of an answer"})
    ends: dict[str, str] = {}
    with Upstream().running() as upstream:
        server = launched(lab.folder, upstream.base_url)
        server.wait_until_healthy()
        for _ in range(lab.runs):
            for name, text in TEXTS.items():
                outcome.runs += 1
                upstream.manner = _saying(text)
                start = time.monotonic()
                ends[name] = _through(outcome, server, name, text)
                outcome.recoveries.append(time.monotonic() - start)
        outcome.found(upkeep.check(f"sqlite:///{lab.folder / 'chat.db'}"))
        outcome.expect(server.end() == 0, "the server did not end with exit code 0")
    outcome.notes["texts"] = ends
    return outcome


def _saying(text: str) -> Manner:
    async def speak(wire: Wire) -> None:
        await wire.begin()
        await wire.word(text)
        await wire.finish()

    return speak


def _through(outcome: Outcome, server: Server, name: str, text: str) -> str:
    titled = _post(server, "/sessions/", {"model_id": MODEL, "title": text})
    if titled.status_code == 201:
        title = titled.json()["title"]
        outcome.torn += title not in {text, text.strip(), _replaced(text)} and not text.startswith(title[:-1])
    else:
        outcome.expect(titled.status_code == 422, f"{name} as a title: {titled.status_code}")
    session = server.session(name)
    messages = [{"role": "user", "content": text}]
    asked = _post(server, "/chat/", {"model": MODEL, "session_id": session, "messages": messages})
    if asked.status_code != 200:
        outcome.expect(
            asked.status_code in {413, 422} and bool(asked.json()["detail"]),
            f"{name} as a prompt: {asked.status_code} {asked.text[:200]}",
        )
        # The answer has to be seen all the same.
        messages = [{"role": "user", "content": name}]
        _post(server, "/chat/", {"model": MODEL, "session_id": session, "messages": messages})
    prompt, reply = server.messages(session)
    outcome.acknowledged += 2
    for found, given in ((prompt["content"], messages[0]["content"]), (reply["content"], text)):
        outcome.torn += found not in {given, _replaced(given)}
    outcome.expect(status(reply) == "complete", f"{name} as an answer: {status(reply)}")
    found = server.api("GET", "/sessions/", params={"q": _replaced(text)[:100]})
    outcome.expect(found.status_code == 200, f"{name} searched for: {found.status_code}")
    return "kept" if asked.status_code == 200 else f"refused with {asked.status_code}"


def _post(server: Server, path: str, body: dict[str, Any]) -> Any:
    # In ASCII, for a lone surrogate cannot be encoded otherwise.
    headers = {"Content-Type": "application/json"}
    return server.api("POST", path, content=json.dumps(body).encode(), headers=headers)


def _replaced(text: str) -> str:
    """The text as it is kept where a letter cannot be."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
