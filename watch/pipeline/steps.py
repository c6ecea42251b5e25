"""All steps by name: what an engine may be told to do."""

from collections.abc import Sequence

from watch.pipeline.alert import make_alerts
from watch.pipeline.collect import poll_due, poll_feed, scan_folder
from watch.pipeline.custody import keep_custody
from watch.pipeline.deliver import deliver
from watch.pipeline.health import tell_operator
from watch.pipeline.job import Context, Job
from watch.pipeline.monitoring import keep_pulse, ping_monitor
from watch.pipeline.retention import let_go
from watch.pipeline.upkeep import reload_rules

_STEPS = {
    "deliver": deliver,
    "let_go": let_go,
    "keep_pulse": keep_pulse,
    "keep_custody": keep_custody,
    "make_alerts": make_alerts,
    "ping_monitor": ping_monitor,
    "poll_due": poll_due,
    "reload_rules": reload_rules,
    "tell_operator": tell_operator,
}
_STEPS_OF_A_SOURCE = {
    "poll_feed": poll_feed,
    "scan_folder": scan_folder,
}

ENDS_BY_ITSELF = frozenset(("deliver",))
"""Steps that end soon when the context is stopping; all others may be cancelled anywhere."""


async def run_step(context: Context, job: Job) -> Sequence[Job]:
    """Do what a job hints at; return what should happen next."""
    if job.source is None:
        return await _STEPS[job.step](context)
    return await _STEPS_OF_A_SOURCE[job.step](context, source=job.source)
