"""What a mail server's answers, and their absence, mean for a mail and for those after it."""

import base64
import ssl
from collections.abc import Iterable, Mapping
from typing import Any, cast

import aiosmtplib

from watch.core.cleaning import clean, clip
from watch.errors import ChannelError, ChannelRefusedError, DeliveryError, PermanentError

ANSWER_LENGTH = 500
"""How many characters of a server's answer are kept."""

_SHORTEST_SECRET = 4

_BUSY = 421
"""The server closes the connection, whatever was asked of it."""

_LOGIN_WANTED = 530
"""Authentication, or TLS, is required: at any command, and not the recipient's fault."""

_TOO_LARGE = 552
"""At MAIL, which tells the size of this mail: more than the server takes (RFC 1870, 6.1)."""


class Verdicts:
    """Puts into words what one server says; of secrets it tells nothing, also if repeated."""

    def __init__(self, *, host: str, server: str, user: str, password: str) -> None:
        self._host = host
        self._server = server
        self._secrets = _spellings(user, password)

    def shown(self, response: aiosmtplib.SMTPResponse | aiosmtplib.SMTPResponseException) -> str:
        """Return an answer on one line that may be shown to anybody."""
        # What is no answer at all has a code of aiosmtplib's own, below zero.
        code = f"{response.code} " if response.code > 0 else ""
        return clip(clean(self.masked(f"{code}{response.message}")).strip(), ANSWER_LENGTH)

    def masked(self, said: str) -> str:
        """Return it without the password."""
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return said

    def refused(  # noqa: PLR0911 - one return for each meaning
        self, refusal: aiosmtplib.SMTPResponseException, otherwise: type[DeliveryError]
    ) -> DeliveryError:
        """Return what an answer other than yes means; `otherwise` if it is for this step alone."""
        said = f"the mail server {self._server} says: {self.shown(refusal)}"
        is_final = 500 <= refusal.code < 600  # noqa: PLR2004 - the codes of RFC 5321
        match refusal:
            case _ if refusal.code == _BUSY:
                return ChannelError(f"nothing is taken now, it is tried again later; {said}")
            case _ if refusal.code == _LOGIN_WANTED:
                return ChannelRefusedError(
                    f"a login or TLS is wanted, set user or security; {said}"
                )
            case aiosmtplib.SMTPAuthenticationError() if is_final:
                return ChannelRefusedError(f"the login is refused, check user and password; {said}")
            case aiosmtplib.SMTPSenderRefused() if refusal.code == _TOO_LARGE:
                return PermanentError(f"the mail is too large; {said}")
            case aiosmtplib.SMTPSenderRefused() if is_final:
                # The sender is that of all mails; a quota is often refused in these words, too.
                return ChannelError(f"the sender {clean(refusal.sender)} is refused; {said}")
            case aiosmtplib.SMTPRecipientRefused() if is_final:
                return PermanentError(f"{clean(refusal.recipient)} is refused; {said}")
            case aiosmtplib.SMTPDataError() if is_final:
                return PermanentError(f"the mail is refused; {said}")
            case _:
                return otherwise(f"not now, the mail is tried again later; {said}")

    def broken(self, error: Exception, otherwise: type[DeliveryError]) -> DeliveryError:
        """Return what the end of a conversation without an answer means."""
        cause = error.__cause__ if isinstance(error, aiosmtplib.SMTPConnectError) else error
        match cause:
            case ssl.SSLCertVerificationError():
                return ChannelRefusedError(
                    f"the certificate of the mail server {self._server} is not trusted: "
                    f"{cause.verify_message}; if it is your own, name its issuer in ca_file"
                )
            case ssl.SSLError():
                return ChannelRefusedError(
                    f"the mail server {self._server} does not speak TLS as it should "
                    f"({cause.reason}); check port and security"
                )
            case UnicodeError():
                return ChannelRefusedError(f'"{self._host}" is not a host name; check host')
        reason = self.masked(str(error) or "it takes too long")
        reason = clip(clean(reason), ANSWER_LENGTH)
        return otherwise(
            f"the mail server {self._server} cannot be talked to, the mail is tried again later: "
            f"{reason}"
        )

    def described(self, connection: ssl.SSLObject) -> str:
        """Return the version of TLS, and whose certificate the server showed: it was verified."""
        certificate = cast("Mapping[str, Any]", connection.getpeercert() or {})
        names = _pairs(certificate.get("subject", ()))
        others = [name for _, name in certificate.get("subjectAltName", ())]
        subject = names.get("commonName") or ", ".join(others)
        issuer = _pairs(certificate.get("issuer", ()))
        by = issuer.get("organizationName") or issuer.get("commonName") or "nobody named"
        told = f"{connection.version()}, certificate of {subject}, by {by}"
        return clip(clean(f"{told}, until {certificate.get('notAfter')}"), ANSWER_LENGTH)


def _spellings(user: str, password: str) -> tuple[str, ...]:
    """Return how a password stands in what is sent to log in, the longest first.

    One of a letter or two stands in every answer, and is no secret.
    """
    if len(password) < _SHORTEST_SECRET:
        return ()
    written = (password, f"\0{user}\0{password}")
    encoded = [base64.b64encode(one.encode()).decode() for one in written]
    return tuple(sorted((password, *encoded), key=len, reverse=True))


def _pairs(names: Iterable[Iterable[tuple[str, str]]]) -> dict[str, str]:
    """Return the parts of a name in a certificate, as `ssl` nests them."""
    return dict(pair for part in names for pair in part)
