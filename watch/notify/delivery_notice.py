"""What the operator is told of mail: it failed for good, is held, or went out late."""

from collections.abc import Sequence
from datetime import UTC

from watch.core.health import Outage, Untold
from watch.core.model import MessageState
from watch.notify.document import line_of, moment
from watch.notify.notice import Notice
from watch.notify.setting import counted, fill

_MOST = 50
_ANSWER = 300
"""The most messages and outages that a mail lists, and the most characters of an answer."""


def deliveries_notice(to: str, *, lost: Sequence[Untold], outages: Sequence[Outage]) -> Notice:
    """Return what is told of messages that failed or are held, and of times without mail.

    One mail tells of all of them: when a server refuses us, it refuses hundreds.
    """
    failed = [one for one in lost if one.state is MessageState.FAILED]
    held = [one for one in lost if one.state is MessageState.HELD]
    late = sum(outage.mails for outage in outages)
    parts = []
    if failed:
        parts.append(f"{_named(failed)} failed for good")
    if held:
        parts.append(f"{_named(held)} {'is' if len(held) == 1 else 'are'} held after a crash")
    if late:
        parts.append(
            f"{counted(late, 'mail')} {'was' if late == 1 else 'were'} late by an hour or more"
        )
    what = "; ".join(parts)
    told = (*map(_failed, failed), *map(_held, held), *map(_outage, outages))
    advice = (_FAILED * bool(failed), _HELD * bool(held))
    return Notice(
        to=to,
        topic="deliveries",
        key=(
            "deliveries",
            *(f"{one.state.value} {one.message_id}" for one in lost),
            *(f"late {outage.mails} {outage.since} {outage.until}" for outage in outages),
        ),
        contents={
            "subject": what,
            "lead": f"{what}.",
            "errors": told[:_MOST],
            "more": len(told[_MOST:]),
            "outcome": _outcome(is_lost=bool(lost), is_late=bool(late)),
            "advice": " ".join(filter(None, advice)),
            "why": "You get this as the operator of the watchlist.",
        },
    )


_FAILED = (
    "An address that does not exist is best taken out of its [[subscription]] in config.toml, or "
    "put right there: what comes from then on goes to the new one. `watchlist outbox release` "
    "with its number sends a mail that failed once more, to the address it has."
)
_HELD = (
    "The process ended while a held mail was on its way, so that nobody knows whether it came: "
    "ask its reader, who finds it by its Message-ID. Then `watchlist outbox release` with its "
    "number sends it, again or at last, and `watchlist outbox cancel` ends it. `on_ambiguous` in "
    "[mail] decides between holding such mails and sending them again."
)


def _outcome(*, is_lost: bool, is_late: bool) -> str:
    """Return what has become of the mails."""
    lost = (
        "What failed or is held is not sent again by itself. The findings that it told are kept: "
        "`watchlist findings` lists them."
        if is_lost
        else ""
    )
    late = "Mail goes out again, and what had waited has gone out with it." if is_late else ""
    return " ".join(filter(None, (lost, late)))


def _named(messages: Sequence[Untold]) -> str:
    if len(messages) == 1:
        return f"mail to {line_of(messages[0].recipient)}"
    return counted(len(messages), "mail")


def _failed(one: Untold) -> str:
    ended = f"failed on {moment(one.settled, UTC)}" if one.settled else "failed"
    return _set(_to(one), f"number {one.id}, {ended}", one.answer)


def _held(one: Untold) -> str:
    written = f"held, written on {moment(one.created, UTC)}"
    return _set(_to(one), written, f"number {one.id}, Message-ID: {one.message_id}")


def _to(one: Untold) -> str:
    if one.subscription is None:
        return f"{line_of(one.recipient)}, a notice of the watchlist"
    return f'{line_of(one.recipient)}, for the subscription "{line_of(one.subscription)}"'


def _outage(outage: Outage) -> str:
    waited = f"{counted(outage.mails, 'mail')} could not be sent for an hour or more"
    between = f"from {moment(outage.since, UTC)}, to {moment(outage.until, UTC)}"
    return _set(waited, between, outage.why)


def _set(head: str, *lines: str) -> str:
    """Return lines below a first one, none wider than a mail."""
    below = (fill(line_of(line, _ANSWER), "  ") for line in lines)
    return "\n".join((fill(head, "", "  "), *below))
