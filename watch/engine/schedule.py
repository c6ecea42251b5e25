"""What is looked at how often. Whether anything is due then, the rows and the steps say."""

from collections.abc import Iterator

from watch.pipeline.job import Context, Job

TICK_S = 1
"""How often what nobody announces is looked for: edited files, the end of a wait."""
PLANNED_S = 5
"""How often what was put off is: feeds to be read, mails to be tried again. They were put off for
minutes; to ask each second takes a third of what an idle daemon does."""
PULSE_S = 15
"""How often what can be seen from outside is written anew: as often as Prometheus looks."""
MINUTE_S = 60


def jobs_of(context: Context) -> Iterator[tuple[Job, int]]:
    """Yield the jobs that a configuration asks for, each with how often, in seconds."""
    for folder in context.folders:
        yield Job("scan_folder", folder), TICK_S
    yield Job("poll_due"), _between_polls(context)
    yield Job("make_alerts"), TICK_S
    yield Job("deliver"), PLANNED_S
    yield Job("reload_rules"), TICK_S
    yield Job("tell_operator"), MINUTE_S
    yield Job("let_go"), MINUTE_S
    yield Job("keep_pulse"), PULSE_S
    if context.monitoring.ping is not None:
        yield Job("ping_monitor"), int(context.monitoring.ping.every.total_seconds())
    yield Job("keep_custody"), MINUTE_S


def _between_polls(context: Context) -> int:
    """Return how often feeds are looked for that are due: as often as any is to be read."""
    wishes = (feed.every for feed in context.feeds.values() if feed.every is not None)
    return min([PLANNED_S, *(int(every.total_seconds()) for every in wishes)])
