"""What is looked at how often. Whether anything is due then, the rows and the steps say."""

from collections.abc import Iterator

from watch.pipeline.job import Context, Job

TICK_S = 1
"""How often most jobs are hinted at; to find that nothing is due costs a query at the most."""
MINUTE_S = 60


def jobs_of(context: Context) -> Iterator[tuple[Job, int]]:
    """Yield the jobs that a configuration asks for, each with how often, in seconds."""
    for folder in context.folders:
        yield Job("scan_folder", folder), TICK_S
    yield Job("poll_due"), TICK_S
    yield Job("make_alerts"), TICK_S
    yield Job("deliver"), TICK_S
    yield Job("reload_rules"), TICK_S
    if context.lists.files:
        yield Job("reload_lists"), TICK_S
    yield Job("tell_operator"), MINUTE_S
