"""Which addresses are public.

The blocks are those of IANA's special-purpose registries for IPv4 and IPv6, with multicast, what is
reserved, and the one public address at which a cloud serves its machines their secrets. The
standard library's `is_global` does not decide: it differs between versions of Python, and calls
multicast, 6to4, NAT64 and site-local addresses global.
"""

from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4 = 0xFFFF_FFFF

NOT_PUBLIC: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(block), use)
    for block, use in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private networks"),
        ("100.64.0.0/10", "networks of carriers"),
        ("127.0.0.0/8", "this host"),
        ("168.63.129.16/32", "services of a cloud for its machines"),
        ("169.254.0.0/16", "link-local, among them services of clouds for their machines"),
        ("172.16.0.0/12", "private networks"),
        ("192.0.0.0/24", "protocols"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relays"),
        ("192.168.0.0/16", "private networks"),
        ("198.18.0.0/15", "measurements"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        # IPv6: the first that holds an address says what it is.
        ("::/128", "this host"),
        ("::1/128", "this host"),
        ("::/96", "IPv4 in a form given up"),
        (str(_NAT64), "IPv4 behind a translator"),
        ("64:ff9b:1::/48", "IPv4 behind a translator"),
        ("100::/64", "discarded"),
        ("2001::/23", "protocols, Teredo among them"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4 tunnels"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private networks"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private networks, a form given up"),
        ("ff00::/8", "multicast"),
        # Only 2000::/3 is given out at all.
        ("::/3", "reserved"),
        ("4000::/2", "reserved"),
        ("8000::/1", "reserved"),
    )
)
"""The blocks that are not public, and what each is for."""


def refusal(address: Address, *, allowed: Collection[Network] = ()) -> str | None:
    """Return in words why an address is not dialled; None when it is public or allowed.

    The words follow the name of the host. They tell the block, not the address.
    """
    for meant in _meant(address):
        if is_within(meant, allowed):
            continue
        for block, use in NOT_PUBLIC:
            if meant in block:
                return (
                    f"leads into {block} ({use}), which is not public; if that is meant, write "
                    f'allow_private = ["{block}"], or a smaller network, into its [[source]] '
                    "(of a ping: ping_allow_private); on the command line: --allow-private"
                )
    return None


def is_within(address: Address, networks: Collection[Network]) -> bool:
    """Return whether an address lies in one of some networks."""
    return any(address in network for network in networks)


def _meant(address: Address) -> Iterator[Address]:
    """Yield an address and the IPv4 address it leads to; of a mapped one, only the latter."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    else:
        yield address
        if address in _NAT64:
            yield IPv4Address(int(address) & _IPV4)
        elif address.sixtofour is not None:
            yield address.sixtofour
