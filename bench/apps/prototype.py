"""What Madlen's way of drawing takes at least: no markup but Streamlit's, nothing stored, nothing traced.

Answers are read on one asyncio loop in a thread. The page follows at 30 paints a second, with the first and
the last chunk painted at once, and a block that ended with a blank line outside code is never sent again.
Its argument is the upstream's address.
"""

import asyncio
import json
import sys
import threading
import time

import httpx2
import streamlit as st

FRAME_SECONDS = 1 / 30


@st.cache_resource
def running() -> tuple[asyncio.AbstractEventLoop, httpx2.AsyncClient]:
    """The loop that all sessions share, and the client on it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop, httpx2.AsyncClient(base_url=sys.argv[1], timeout=60)


class Answer:
    """Grows on the loop and is read by the page."""

    def __init__(self, prompt: str) -> None:
        self.text, self.ended, self.changed = "", False, threading.Event()
        loop, client = running()
        asyncio.run_coroutine_threadsafe(self._read(client, prompt), loop)

    async def _read(self, client: httpx2.AsyncClient, prompt: str) -> None:
        said = {"model": "bench/prototype", "messages": [{"role": "user", "content": prompt}], "stream": True}
        async with client.stream("POST", "chat/completions", json=said) as response:
            async for line in response.aiter_lines():
                chunk = json.loads(line[6:]) if line.startswith("data: {") else {"choices": []}
                for choice in chunk["choices"]:
                    self.text += choice["delta"].get("content") or ""
                self.changed.set()
        self.ended = True
        self.changed.set()

    def draw(self) -> None:
        slot, begin, drawn = st.empty(), 0, 0
        while True:
            self.changed.wait()
            self.changed.clear()
            ended, text = self.ended, self.text
            while (cut := text.find("\n\n", max(drawn - 1, begin)) + 2) > 1:
                drawn = cut
                if text.count("```", begin, cut) % 2 == 0:
                    slot.markdown(text[begin:cut])
                    slot, begin = st.empty(), cut
            if text[begin:]:
                slot.markdown(text[begin:])
            drawn = len(text)
            if ended:
                return
            time.sleep(FRAME_SECONDS)


st.title("Prototype")
if prompt := st.chat_input("Say something"):
    with st.chat_message("user"):
        st.markdown(prompt)
    with st.chat_message("assistant"):
        Answer(prompt).draw()
