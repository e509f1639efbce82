"""The chat of Streamlit's tutorial: ``st.session_state``, the OpenAI client, ``st.write_stream``.

Its arguments are the upstream's address and how many messages each session begins with.
"""

import sys

import streamlit as st
from openai import OpenAI

from bench.history import messages

base_url, begun_with = sys.argv[1:]
client = OpenAI(api_key="bench", base_url=base_url)

st.title("Naive chat")
if "messages" not in st.session_state:
    st.session_state.messages = messages(int(begun_with))
for message in st.session_state.messages:
    with st.chat_message(message["role"]):
        st.markdown(message["content"])
if prompt := st.chat_input("Say something"):
    st.session_state.messages.append({"role": "user", "content": prompt})
    with st.chat_message("user"):
        st.markdown(prompt)
    with st.chat_message("assistant"):
        stream = client.chat.completions.create(
            model="bench/naive", messages=st.session_state.messages, stream=True
        )
        answer = st.write_stream(stream)
    st.session_state.messages.append({"role": "assistant", "content": answer})
