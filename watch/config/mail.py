"""How mail goes out: `[mail]`."""

import os

from watch.config.page import Page
from watch.config.tables import MailTable
from watch.core.sending import Schedule, parse_send
from watch.notify.render import MailSettings
from watch.notify.smtp import Security, SmtpSettings
from watch.pipeline.settings import DeliverySettings, HealthSettings, OnAmbiguous

_taken: dict[str, str] = {}
"""Passwords that stood in the environment, by the names of their variables."""


def mail_settings(page: Page, mail: MailTable) -> MailSettings:
    """Return how mails present themselves."""
    page.check_address(mail.sender, ("mail", "from"))
    for key, address in (("reply_to", mail.reply_to), ("operator", mail.operator)):
        if address is not None:
            page.check_address(address, ("mail", key))
    templates = None if mail.templates is None else page.root / mail.templates
    if templates is not None and not templates.is_dir():
        remedy = "create it, or leave the key out"
        page.add(("mail", "templates"), f"{templates} is no folder", remedy=remedy)
    return MailSettings(
        sender=mail.sender,
        reply_to=mail.reply_to,
        templates=templates,
    )


def smtp_settings(page: Page, mail: MailTable) -> SmtpSettings | None:
    """Return which server takes mails; None when they go into a Maildir."""
    if mail.transport == "maildir":
        return None
    if not mail.host:
        page.add(("mail", "transport"), "smtp needs a host", remedy='add host = "..."')
    if mail.sender == MailTable().sender:
        remedy = 'add from = "watchlist@your.domain"'
        page.add(("mail", "transport"), "smtp needs a sender", remedy=remedy)
    password = _password(page, mail)
    has_password = mail.password_file is not None or mail.password_env is not None
    if (mail.user is not None) != has_password:
        lacking = "a user" if has_password else "a password_file or password_env"
        key = "user" if mail.user is not None else "transport"
        page.add(("mail", key), f"without {lacking}", remedy="name both, or neither")
    if mail.user is not None and mail.security == "none":
        remedy = 'security = "starttls" or "tls"'
        page.add(("mail", "security"), "a password is never sent in the clear", remedy=remedy)
    if mail.port is not None and not 0 < mail.port < 2**16:
        page.add(("mail", "port"), f"{mail.port} is no port", remedy="1 to 65535")
    return SmtpSettings(
        host=mail.host or "",
        port=mail.port,
        security=Security(mail.security),
        user=mail.user,
        password=password,
        ca_file=None if mail.ca_file is None else page.root / mail.ca_file,
    )


def _password(page: Page, mail: MailTable) -> str | None:
    """Return the password from where it is kept; it is written in no file of ours."""
    if mail.password_file is not None:
        remedy = "put the password there, alone, with mode 0600"
        password = page.read(mail.password_file, ("mail", "password_file"), remedy=remedy)
        return None if password is None else password.strip()
    if mail.password_env is not None:
        password = _take(mail.password_env)
        if not password:
            what = f"{mail.password_env} is not set"
            page.add(("mail", "password_env"), what, remedy="set it for the daemon")
        return password
    return None


def _take(name: str) -> str | None:
    """Return a variable of the environment, and leave it there for no child to inherit.

    It is kept for when the configuration is read again. To remove one is safe while other threads
    read; only to add one moves what they look at.
    """
    if name in os.environ:
        _taken[name] = os.environ.pop(name)
    return _taken.get(name)


def delivery_settings(page: Page, mail: MailTable) -> DeliverySettings:
    """Return how fast messages leave, and what becomes of one that may have left."""
    if mail.max_per_minute is not None and mail.max_per_minute < 1:
        remedy = "leave the key out to send without a limit"
        page.add(("mail", "max_per_minute"), "at least 1", remedy=remedy)
    return DeliverySettings(
        max_per_minute=mail.max_per_minute, on_ambiguous=OnAmbiguous(mail.on_ambiguous)
    )


def health_settings(page: Page, mail: MailTable) -> HealthSettings:
    """Return when the health mail goes to the operator."""
    return HealthSettings(
        schedule=page.parsed(mail.health, ("mail", "health"), _parse_health),
        zone=page.zone(mail.timezone, ("mail", "timezone")),
    )


def _parse_health(text: str) -> Schedule | None:
    """Return when it is sent; None for never. Raises ValueError, which says what to write."""
    if text.strip().casefold() == "never":
        return None
    schedule = parse_send(text)
    if schedule is None:
        raise ValueError(f'"{text}" is no time to send it: write "mondays at 07:00", or "never"')
    return schedule
