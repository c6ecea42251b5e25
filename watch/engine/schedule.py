"""What is looked at each second. Whether anything is due then, the rows and the steps say."""

from collections.abc import Iterator

from watch.pipeline.job import Context, Job

TICK_S = 1
"""How often each job is hinted at; to find that nothing is due costs a query at the most."""


def jobs_of(context: Context) -> Iterator[Job]:
    """Yield the jobs that a configuration asks for."""
    for folder in context.folders:
        yield Job("scan_folder", folder)
    if context.feeds:
        yield Job("poll_due")
    yield Job("make_alerts")
    yield Job("deliver")
    yield Job("reload_rules")
