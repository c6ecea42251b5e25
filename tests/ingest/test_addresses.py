from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from watch.ingest.web.addresses import NOT_PUBLIC, Network, is_within, refusal

WRITTEN = tomli.loads((Path(__file__).parent / "data" / "addresses.toml").read_text("utf-8"))
REGISTERED_4 = [IPv4Network(block) for block in WRITTEN["registered_4"]]
REGISTERED_6 = [IPv6Network(block) for block in WRITTEN["registered_6"]]
GIVEN_OUT = IPv6Network("2000::/3")

numbers_4 = st.integers(0, 2**32 - 1)
numbers_6 = st.integers(0, 2**128 - 1)


def inside(network: Network) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    low, high = int(network.network_address), int(network.broadcast_address)
    kind = IPv4Address if network.version == 4 else IPv6Address
    return st.integers(low, high).map(kind)


hidden_4 = st.sampled_from(REGISTERED_4).flatmap(inside)
hidden_6 = st.sampled_from(REGISTERED_6).flatmap(inside)


@pytest.mark.parametrize("address", WRITTEN["refused"])
def test_what_is_not_public_is_refused(address: str) -> None:
    assert refusal(ip_address(address)) is not None


@pytest.mark.parametrize("address", WRITTEN["public"])
def test_what_is_public_is_not_refused(address: str) -> None:
    assert refusal(ip_address(address)) is None


@pytest.mark.parametrize(("block", "use"), NOT_PUBLIC, ids=str)
def test_a_block_is_refused_from_its_first_to_its_last_address(block: Network, use: str) -> None:
    assert use
    for address in (block.network_address, block[1 % block.num_addresses], block.broadcast_address):
        assert refusal(address) is not None


def test_a_refusal_says_what_is_there_and_what_to_write() -> None:
    assert refusal(ip_address("10.1.2.3")) == (
        "leads into 10.0.0.0/8 (private networks), which is not public; if that is meant, write "
        'allow_private = ["10.0.0.0/8"], or a smaller network, into its [[source]] (of a ping: '
        "ping_allow_private); on the command "
        "line: --allow-private"
    )


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("::", "::/128"),
        ("::1", "::1/128"),
        ("::ffff:127.0.0.1", "127.0.0.0/8"),
        ("::127.0.0.1", "::/96"),
        ("64:ff9b::7f00:1", "64:ff9b::/96"),
        ("2002:7f00:1::", "2002::/16"),
        ("2001:db8::1", "2001:db8::/32"),
        ("fd00::1", "fc00::/7"),
        ("200::1", "::/3"),
        ("4000::", "4000::/2"),
        ("fe00::", "8000::/1"),
    ],
)
def test_the_narrowest_block_is_named(address: str, block: str) -> None:
    words = refusal(ip_address(address)) or ""
    assert words.startswith(f"leads into {block} (")


def test_a_network_that_is_allowed_is_reached_and_no_other() -> None:
    allowed = (ip_network("10.1.2.0/24"), ip_network("fd00:1::/32"))
    for address in ("10.1.2.0", "10.1.2.255", "::ffff:10.1.2.3", "fd00:1::5", "8.8.8.8"):
        assert refusal(ip_address(address), allowed=allowed) is None
    for address in ("10.1.3.0", "10.1.1.255", "::ffff:10.1.3.0", "fd00:2::1", "127.0.0.1"):
        assert refusal(ip_address(address), allowed=allowed) is not None


def test_a_translator_that_is_allowed_opens_nothing_behind_it() -> None:
    allowed = (ip_network("64:ff9b::/96"), ip_network("2002::/16"))
    for address in ("64:ff9b::808:808", "2002:808:808::1"):
        assert refusal(ip_address(address), allowed=allowed) is None
    for address in ("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:a01:203::1"):
        assert refusal(ip_address(address), allowed=allowed) is not None
    both = (*allowed, ip_network("10.0.0.0/8"))
    assert refusal(ip_address("64:ff9b::a01:203"), allowed=both) is None


def test_an_address_lies_within_networks_of_its_own_kind() -> None:
    networks = (ip_network("10.0.0.0/8"), ip_network("fc00::/7"))
    assert is_within(ip_address("10.0.0.1"), networks)
    assert is_within(ip_address("fd00::1"), networks)
    assert not is_within(ip_address("11.0.0.1"), networks)
    assert not is_within(ip_address("::ffff:11.0.0.1"), networks)
    assert not is_within(ip_address("10.0.0.1"), ())


@given(hidden_4)
def test_no_address_of_a_registered_block_is_dialled_in_any_dress(address: IPv4Address) -> None:
    number = int(address)
    dresses = (
        address,
        IPv6Address(number),
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80),
    )
    assert all(refusal(dress) is not None for dress in dresses)
    # Nor when the dress itself is allowed.
    translators = (ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("::ffff:0:0/96"))
    assert all(refusal(dress, allowed=translators) is not None for dress in dresses)


@given(hidden_6)
def test_no_address_of_a_registered_block_of_ipv6_is_dialled(address: IPv6Address) -> None:
    assert refusal(address) is not None


@given(numbers_4.map(IPv4Address) | hidden_4)
def test_of_ipv4_what_is_in_no_registered_block_is_public(address: IPv4Address) -> None:
    is_hidden = any(address in block for block in REGISTERED_4)
    assert (refusal(address) is not None) == is_hidden


@given(numbers_6.map(IPv6Address) | inside(GIVEN_OUT).map(lambda one: IPv6Address(int(one))))
def test_of_ipv6_only_what_is_given_out_and_in_no_registered_block_is_public(
    address: IPv6Address,
) -> None:
    if address.ipv4_mapped is None:
        is_hidden = any(address in block for block in REGISTERED_6)
        assert (refusal(address) is None) == (address in GIVEN_OUT and not is_hidden)


@given(numbers_4.map(IPv4Address) | numbers_6.map(IPv6Address) | hidden_4 | hidden_6)
def test_what_python_knows_not_to_be_global_is_refused(address: IPv4Address | IPv6Address) -> None:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return
    is_special = (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or address.is_link_local
        or address.is_loopback
        or address.is_unspecified
    )
    if is_special:
        assert refusal(address) is not None


@given(
    hidden_4 | hidden_6,
    st.lists(st.sampled_from(REGISTERED_4) | st.sampled_from(REGISTERED_6), max_size=4),
)
def test_an_allowed_network_opens_itself_alone(
    address: IPv4Address | IPv6Address, allowed: list[Network]
) -> None:
    if refusal(address, allowed=allowed) is None:
        assert is_within(address, allowed)


def test_the_blocks_leave_of_ipv6_only_what_is_given_out() -> None:
    v6 = [block for block, _ in NOT_PUBLIC if isinstance(block, IPv6Network)]
    left = [IPv6Network("::/0")]
    for block in sorted(v6, key=lambda one: one.prefixlen):
        left = [
            part
            for network in left
            for part in (
                []
                if network.subnet_of(block)
                else network.address_exclude(block)
                if block.subnet_of(network)
                else [network]
            )
        ]
    assert left
    assert all(network.subnet_of(GIVEN_OUT) for network in left)
