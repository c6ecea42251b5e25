"""aiosmtplib's client, made strict about which answer belongs to what."""

import re
from typing import Any

import aiosmtplib

_GO_AHEAD = 354
_YES = range(200, 300)
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LEADING_DOT = re.compile(rb"(?m)^\.")


class Dialogue(aiosmtplib.SMTP):
    """A connection on which nothing is said while an answer lies there that nobody asked for.

    aiosmtplib keeps what came behind an answer and takes it for the next one: from then on each
    step would be told what the one before it was answered, and a mail that is refused would count
    as sent.
    """

    @property
    def has_surplus(self) -> bool:
        """Whether an answer lies there that nobody asked for, or a part of one."""
        # aiosmtplib tells nobody that there is something.
        return self.protocol is not None and bool(self.protocol._buffer)  # noqa: SLF001

    def _check_step(self) -> None:
        if self.has_surplus:
            raise aiosmtplib.SMTPException("it answers what it was not asked")

    async def execute_command(
        self,
        *args: bytes,
        **options: Any,  # noqa: ANN401 - whatever aiosmtplib takes
    ) -> aiosmtplib.SMTPResponse:
        """Return the answer to a command; raises SMTPException where one lies there already."""
        self._check_step()
        return await super().execute_command(*args, **options)

    async def transmit(self, content: bytes, *, timeout_s: float) -> aiosmtplib.SMTPResponse:
        """Return the answer to the end of a mail, for which it waits so long.

        Lines end as the wire wants them, and those that begin with a dot get another (RFC 5321,
        4.5.2). Raises SMTPDataError for any answer but a yes.
        """
        response = await self.execute_command(b"DATA")
        if response.code != _GO_AHEAD:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        if self.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        self._check_step()
        self.protocol.write(_LEADING_DOT.sub(b"..", as_sent(content)) + b".\r\n")
        response = await self.protocol.read_response(timeout=timeout_s)
        if response.code not in _YES:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        return response


def as_sent(content: bytes) -> bytes:
    """Return a mail with the ends of lines of the wire: its length is the one to declare."""
    content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"
