"""A proxy: a hop that is trusted because the configuration names it."""

import ssl
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_network

from watch.errors import SourceError
from watch.ingest.web.answers import phrase
from watch.ingest.web.dialling import Dial, Gate, Resolve, cause, secure
from watch.ingest.web.exchange import HEAD_BYTES, Exchange, Streams
from watch.ingest.web.urls import Url, parse_url

_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""Where it may stand."""
_SUCCESS = 2
"""The first digit of a status that opens a tunnel (RFC 9110, 9.3.6)."""


class Proxy:
    """Carries what is asked of others, in plain for http, through a tunnel for https."""

    def __init__(self, url: str, context: ssl.SSLContext, *, resolve: Resolve, dial: Dial) -> None:
        """Raise SourceError when the address is none."""
        try:
            self.url = parse_url(url)
        except SourceError as error:
            raise SourceError(f"the proxy is {error}") from error
        self._context = context
        self._gate = Gate(allowed=_ANYWHERE, port=self.url.port, resolve=resolve, dial=dial)

    @property
    def headers(self) -> Mapping[str, str]:
        """What it is to be told, and nobody else."""
        login = self.url.authorization
        return {} if login is None else {"Proxy-Authorization": login}

    async def connect(self, target: Url, *, within_s: float) -> Streams:
        """Return a connection over which a target can be asked, for https one to the target itself.

        Raises SourceError.
        """
        try:
            streams = await self._gate.connect(self.url.host, self.url.port, within_s=within_s)
            try:
                await self._prepare(streams, target)
            except BaseException:
                streams[1].transport.abort()
                raise
        except OSError as error:
            raise SourceError(f"no connection to the proxy: {cause(error)}") from error
        return streams

    async def _prepare(self, streams: Streams, target: Url) -> None:
        if self.url.scheme == "https":
            await secure(streams, self._context, self.url.host)
        if target.scheme != "https":
            return
        headers = {"Host": target.endpoint, **self.headers}
        exchange = Exchange(streams, body_bytes=HEAD_BYTES)
        head = await exchange.ask("CONNECT", target.endpoint, headers)
        if head.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            raise SourceError(f"the proxy answered {phrase(head.status)}; it wants a login")
        if head.status // 100 != _SUCCESS:
            raise SourceError(f"the proxy answered {phrase(head.status)}")
