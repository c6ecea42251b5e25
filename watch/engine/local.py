"""The steps in this process: APScheduler is the clock, asyncio does the work."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from watch.engine.schedule import jobs_of
from watch.pipeline.job import Context, Job
from watch.pipeline.steps import ENDS_BY_ITSELF, run_step

log = logging.getLogger(__name__)


PAUSE_S = 60.0
"""How long a job rests after its step failed by a fault of ours; other jobs go on."""


class LocalEngine:
    """Runs each job at most once at a time; a hint that comes meanwhile runs it once more."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: dict[Job, asyncio.Task[None]] = {}
        self._again: set[Job] = set()
        self._paused: dict[Job, float] = {}
        """Until when, on the loop's clock, a job rests whose step failed by a fault of ours."""

    async def run(self) -> None:
        """Work until the context is stopping; return when what had begun has ended."""
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        # One timer for all jobs of a rhythm: to be woken takes longer than most of them.
        rhythms: defaultdict[int, list[Job]] = defaultdict(list)
        for job, seconds in jobs_of(self._context):
            rhythms[seconds].append(job)
        for seconds, jobs in rhythms.items():
            scheduler.add_job(
                self._submit_all,
                IntervalTrigger(seconds=seconds),
                args=[jobs],
                next_run_time=datetime.now(UTC),
            )
        scheduler.start()
        await self._context.stopping.wait()
        scheduler.shutdown(wait=False)
        for job, task in self._running.items():
            # What they had committed stays, and the rest is due again at the next start.
            if job.step not in ENDS_BY_ITSELF:
                task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _submit_all(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            await self._submit(job)

    async def _submit(self, job: Job) -> None:
        now = asyncio.get_running_loop().time()
        if self._context.stopping.is_set() or now < self._paused.get(job, 0.0):
            return
        if job in self._running:
            self._again.add(job)
            return
        self._running[job] = asyncio.create_task(self._run(job), name=job.step)

    async def _run(self, job: Job) -> None:
        """Run a job and submit what follows; a step that fails never stops the others."""
        try:
            following = await run_step(self._context, job)
        except Exception:
            # The rows still say what is due: a later tick finds it, but none spins on it.
            log.exception("step failed", extra={"step": job.step, "source": job.source})
            self._paused[job] = asyncio.get_running_loop().time() + PAUSE_S
            following = ()
        finally:
            del self._running[job]
        if job in self._again:
            self._again.discard(job)
            await self._submit(job)
        for next_job in following:
            await self._submit(next_job)
