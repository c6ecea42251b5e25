"""Connections: a name is resolved here, and what was checked is what is dialled."""

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address

from watch.errors import SourceError
from watch.ingest.web.addresses import Address, Network, is_within, refusal
from watch.ingest.web.exchange import Streams

PORTS = (80, 443, 8080, 8443)
"""Where a redirect may lead; at others, what listens may be no web server."""
LOOKUPS = 8
"""How many names are looked up at once."""

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""From a host and a port to addresses, the best first. Raises OSError."""
Dial = Callable[[Address, int], Awaitable[Streams]]
"""From an address and a port to a connection. Raises OSError."""

# Threads of their own: a resolver that does not answer would hold up all other work in threads.
_threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="lookup")


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Return the addresses of a host, as the system finds and sorts them. Raises OSError."""
    with suppress(ValueError):
        return (ip_address(host),)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(
            _threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "no such host") from error
    return tuple(dict.fromkeys(ip_address(place[0]) for *_, place in found))


async def dial(address: Address, port: int) -> Streams:
    """Return a connection to an address. Raises OSError."""
    return await asyncio.open_connection(str(address), port)


async def secure(streams: Streams, context: ssl.SSLContext, host: str) -> None:
    """Begin TLS with a host, which has to prove its name; if it fails, the connection is closed.

    Raises OSError.
    """
    await streams[1].start_tls(context, server_hostname=host.removesuffix("."))


def cause(error: OSError) -> str:  # noqa: PLR0911 - one for each kind
    """Return in words why a connection failed, without the address."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not valid ({error.verify_message})"
        case ssl.SSLError():
            return f"TLS failed ({error.reason})"
        case socket.gaierror():
            return (error.strerror or "no such host").lower()
        case OSError(errno=int() as number):
            return os.strerror(number).lower()
        case ConnectionError():
            return "the other side closed it"
        case TimeoutError():
            return "the other side does not answer"
        case _:
            return str(error) or type(error).__name__


class Gate:
    """Dials for one fetch: public addresses, and those in the networks allowed.

    It is asked anew for each connection, so at each redirect. `port` is the one that the source
    itself names; others are PORTS and, in the networks allowed, any.
    """

    def __init__(
        self, *, allowed: Collection[Network], port: int, resolve: Resolve, dial: Dial
    ) -> None:
        self._allowed = allowed
        self._ports = (*PORTS, port)
        self._resolve = resolve
        self._dial = dial

    async def connect(self, host: str, port: int, *, within_s: float) -> Streams:
        """Return a connection to the first address of a host that answers.

        They are tried one by one, each for its part of the time that is left. Raises OSError, of
        the last one, when none does; SourceError as `addresses` does.
        """
        now = asyncio.get_running_loop().time
        ends = now() + within_s
        addresses = await self.addresses(host, port)
        failure = OSError("the host has no address")
        for tried, address in enumerate(addresses):
            try:
                async with asyncio.timeout((ends - now()) / (len(addresses) - tried)):
                    return await self._dial(address, port)
            except OSError as error:
                failure = error
        raise failure

    async def addresses(self, host: str, port: int) -> Sequence[Address]:
        """Return the addresses of a host, every one of which may be dialled.

        Raises OSError when it has none; SourceError when one of them is refused: who mixes public
        with private addresses is mistaken or has something in mind.
        """
        addresses = await self._resolve(host, port)
        for address in addresses:
            if (why := refusal(address, allowed=self._allowed)) is not None:
                raise SourceError(f"{host} {why}")
            if port not in self._ports and not is_within(address, self._allowed):
                raise SourceError(
                    f"redirected to port {port} of {host}; only {', '.join(map(str, PORTS))} are "
                    "followed there; if that is meant, make the source's own address lead there"
                )
        return addresses
