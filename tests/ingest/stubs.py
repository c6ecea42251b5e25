"""Stand-ins for the network: a resolver that asks nobody, a dialler that notes whom it dials."""

import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from tests.httpd import HOST
from watch.ingest.web.addresses import Address
from watch.ingest.web.dialling import dial
from watch.ingest.web.exchange import Streams

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1::1"

NAMES: Mapping[str, Sequence[str]] = {
    "wire.example": (PUBLIC,),
    "other.example": ("8.8.8.8",),
    "dual.example": (PUBLIC_6, PUBLIC),
    "localhost": ("::1", "127.0.0.1"),
    "localhost.": ("::1", "127.0.0.1"),
    "sub.localhost": ("127.0.0.1",),
    "loop.example": ("127.0.0.1",),
    "intranet.example": ("10.1.2.3",),
    "carrier.example": ("100.64.0.1",),
    "metadata.example": ("169.254.169.254",),
    "cloud.example": ("168.63.129.16",),
    "multicast.example": ("224.0.0.251",),
    "zero.example": ("0.0.0.1",),
    "blocked.example": ("::",),
    "unique.example": ("fd00:ec2::254",),
    "mapped.example": ("::ffff:127.0.0.1",),
    "nat64.example": ("64:ff9b::7f00:1",),
    "6to4.example": ("2002:7f00:1::",),
    "teredo.example": ("2001:0:7f00:1::",),
    "linked.example": ("fe80::1%eth0",),
    "mixed.example": (PUBLIC, "127.0.0.1"),
    "mixed-first.example": ("127.0.0.1", PUBLIC),
    "mixed-families.example": (PUBLIC, PUBLIC_6, "::1"),
    "mixed-many.example": (*(f"8.8.8.{last}" for last in range(50)), "10.0.0.1"),
    "xn--8ws00zhy3a.example": ("192.168.0.1",),
    "127.0.0.1.sslip.example": ("127.0.0.1",),
}


class Resolver:
    """Knows some names, and reads numbers as the system does; asks no network."""

    def __init__(self, names: Mapping[str, Sequence[str]] = NAMES) -> None:
        self.names = names
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[Address, ...]:
        self.asked.append(host)
        if host in self.names:
            return tuple(map(ip_address, self.names[host]))
        flags = socket.AI_NUMERICHOST
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
        return tuple(ip_address(place[0]) for *_, place in found)


class Dialler:
    """Notes whom it is to dial; whoever that is, a server on the loopback picks up, if any."""

    def __init__(
        self, port: int | None = None, *, failing: Mapping[str, OSError] | None = None
    ) -> None:
        self.port = port
        self.failing = failing or {}
        self.dialled: list[tuple[str, int]] = []

    async def __call__(self, address: Address, port: int) -> Streams:
        self.dialled.append((str(address), port))
        if str(address) in self.failing:
            raise self.failing[str(address)]
        if self.port is None:
            raise OSError("nobody is there")
        return await dial(ip_address(HOST), self.port)
