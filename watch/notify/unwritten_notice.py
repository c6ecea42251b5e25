"""What the readers of a subscription get in place of a mail that could not be written."""

from datetime import datetime

from watch.core.model import Subscription
from watch.notify.document import line_of
from watch.notify.notice import Notice
from watch.notify.setting import counted


def unwritten_notice(to: str, subscription: Subscription, findings: int, now: datetime) -> Notice:
    """Return what is told in place of an alert: that there is something, and where it stands."""
    what = f"{counted(findings, 'finding')} could not be put into a mail"
    return Notice(
        to=to,
        topic="unwritten",
        key=("unwritten", subscription.name, now.isoformat()),
        contents={
            "subject": f"{line_of(subscription.name)}: {what}",
            "lead": f"{what}, by a fault of the watchlist itself.",
            "errors": (),
            "more": 0,
            "outcome": "They are kept, and no further mail tells of them: `watchlist findings` "
            "lists them. Other mails are not affected.",
            "advice": "The log of the daemon says what went wrong; its makers want to know.",
            "why": f'You get this for the subscription "{line_of(subscription.name)}".',
        },
    )
