"""What is fetched: http and https, from where it may be fetched, at a bounded cost.

    address ─► checked ─► connection ─► request ─► head ─► body, unpacked
       ▲                                            │
       └──────────────── redirect ◄─────────────────┘

urls.py        an address as it is written
addresses.py   which hosts may be reached
dialling.py    a name resolved, checked, dialled; TLS
proxy.py       the same by way of a proxy
exchange.py    a request and its answer, each byte counted
answers.py     what statuses and headers mean
client.py      all of these as one fetch
robots.py      what a server lets programs fetch
"""

from watch.ingest.web.client import (
    AGENT,
    CONNECT_S,
    DECODED_BYTES,
    Fetched,
    Limits,
    NotModified,
    Web,
    WebSettings,
)

__all__ = [
    "AGENT",
    "CONNECT_S",
    "DECODED_BYTES",
    "Fetched",
    "Limits",
    "NotModified",
    "Web",
    "WebSettings",
]
