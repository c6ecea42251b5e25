"""Connections: a name is resolved here, and what was checked is what is dialled."""

import asyncio
import math
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from ipaddress import ip_address

import httpcore2
import httpx2

from watch.errors import SourceError
from watch.ingest.addresses import Address, Network, is_within, refusal

PORTS = (80, 443, 8080, 8443)
"""Where a redirect may lead; at others, what listens may be no web server."""

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""From a host and a port to addresses, the best first. Raises OSError."""


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Return the addresses of a host, as the system finds and sorts them. Raises OSError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "no such host") from error
    return tuple(dict.fromkeys(ip_address(place[0]) for *_, place in found))


class Gate(httpcore2.AsyncNetworkBackend):
    """Dials for one fetch: public addresses, and those in the networks allowed.

    It is asked anew for each connection, so at each redirect to another host. `port` is the one
    that the source itself names; others are PORTS and, in the networks allowed, any.
    """

    def __init__(
        self,
        *,
        allowed: Collection[Network],
        port: int | None,
        resolve: Resolve,
        dialler: httpcore2.AsyncNetworkBackend,
    ) -> None:
        self._allowed = allowed
        self._ports = (*PORTS, port)
        self._resolve = resolve
        self._dialler = dialler

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Return a connection to the first address of a host that answers.

        They are tried one by one, each for its part of the time that is left. Raises SourceError
        and dials none when one of them is refused: who mixes public with private addresses is
        mistaken or has something in mind.
        """
        now = asyncio.get_running_loop().time
        ends = now() + (math.inf if timeout is None else timeout)
        addresses = await self._checked_addresses(host, port, timeout)
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for tried, address in enumerate(addresses):
            part_s = (ends - now()) / (len(addresses) - tried)
            try:
                return await self._dialler.connect_tcp(
                    str(address), port, part_s, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _checked_addresses(
        self, host: str, port: int, within_s: float | None
    ) -> Sequence[Address]:
        try:
            async with asyncio.timeout(within_s):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        for address in addresses:
            if (why := refusal(address, allowed=self._allowed)) is not None:
                raise SourceError(f"{host} {why}")
            if port not in self._ports and not is_within(address, self._allowed):
                raise SourceError(
                    f"redirected to port {port} of {host}; only {', '.join(map(str, PORTS))} are "
                    "followed there; if that is meant, make the source's own address lead there"
                )
        return addresses


class GatedTransport(httpx2.AsyncBaseTransport):
    """Carries requests without a body through a gate. Its errors are those of httpcore2."""

    def __init__(self, gate: Gate, ssl_context: ssl.SSLContext) -> None:
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=ssl_context, network_backend=gate)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer to a request, its body still to be read."""
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._response.aclose()
