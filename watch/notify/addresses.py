"""Addresses as users write them and as the wire wants them: ASCII, one, nothing to inject."""

import re
from dataclasses import dataclass

import idna

from watch.core.cleaning import clean
from watch.errors import PermanentError

_WRITTEN = re.compile(r"(?P<name>[^<>]*)<(?P<angled>[^<>]*)>|(?P<bare>[^<>]*)")
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_LONGEST = 254
"""Characters of an address in all (RFC 5321, with erratum 1690)."""
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox that any mail server takes: `local@domain` is pure ASCII."""

    name: str
    """What a reader is shown beside it; empty when there is none."""
    local: str
    domain: str
    """In lower case, an internationalised one in its `xn--` form."""

    @property
    def spec(self) -> str:
        """The address alone, as it stands in the envelope."""
        return f"{self.local}@{self.domain}"


def parse_address(written: str) -> Address:
    """Return what `desk@example.org` or `Korea desk <desk@example.org>` means.

    Raises PermanentError for anything but exactly one address, and for one whose part before the
    @ is not ASCII: few servers would take it, and fewer would pass it on.
    """
    parts = _WRITTEN.fullmatch(written.strip())
    spec = (parts["bare"] if parts["angled"] is None else parts["angled"]) if parts else written
    local, _, domain = spec.strip().rpartition("@")
    if not local.isascii():
        raise PermanentError(
            f"the address {_shown(written)} has letters outside ASCII before its @, which mail "
            "servers do not reliably pass on; ask its owner for a plain one"
        )
    domain = _ascii_domain(domain)
    if not _LOCAL.fullmatch(local) or not domain or len(spec) > _LONGEST:
        raise PermanentError(f"{_shown(written)} is not one address; write it as name@example.org")
    name = clean((parts["name"] if parts else "") or "").strip().strip('"').strip()
    return Address(name=name, local=local, domain=domain)


def _ascii_domain(domain: str) -> str:
    """Return it in lower case and ASCII; empty when it is no domain."""
    if not domain.isascii():
        try:
            # IDNA 2008: Python's own codec would send straße.example to strasse.example.
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            return ""
    domain = domain.lower()
    return domain if _DOMAIN.fullmatch(domain) else ""


def _shown(written: str) -> str:
    return f'"{clean(written)[:100].strip()}"'
