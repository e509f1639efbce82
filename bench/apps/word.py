"""The least that a Streamlit page can do: Enter, one request upstream, one word on the page.

Run with Madlen's configuration it is the bound that Streamlit's own round trip sets. A second argument
is a word that stands on the page from the start.
"""

import http.client
import json
import sys
from urllib.parse import urlsplit

import streamlit as st

address = urlsplit(sys.argv[1])

if len(sys.argv) > 2:
    st.markdown(sys.argv[2])

if prompt := st.chat_input("Say something"):
    connection = http.client.HTTPConnection(address.netloc)
    body = json.dumps({"model": "bench/word", "messages": [{"role": "user", "content": prompt}]})
    connection.request("POST", f"{address.path}/chat/completions", body)
    with st.chat_message("assistant"):
        for line in connection.getresponse():
            chunk = json.loads(line[6:]) if line.startswith(b"data: {") else {"choices": []}
            for choice in chunk["choices"]:
                st.markdown(choice["delta"].get("content", ""))
    connection.close()
