"""The steps in this process: APScheduler is the clock, asyncio does the work."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from watch.engine.schedule import TICK_S, jobs_of
from watch.engine.supervisor import Supervisor
from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.pipeline.clock import heed_clock
from watch.pipeline.job import Context, Job
from watch.pipeline.steps import ENDS_BY_ITSELF, run_step

log = logging.getLogger(__name__)


PAUSE_S = 60.0
"""How long a job rests after its step failed by a fault of ours; other jobs go on."""
STORE_PAUSE_S = 5.0
"""How long it rests when the database could not be used: a disk that was full may have room."""
STALLED_S = 30.0
"""After so long without a tick the timers are taken for dead."""

Reload = Callable[[Context], Awaitable[Context]]
"""Returns the context that is to be worked with from now on: the same one, or its successor."""

_RELOAD = Job("reload_config")


class _Rhythm(BaseTrigger):  # type: ignore[misc]  # it ships no types
    """Fires so many seconds after it was last seen to.

    APScheduler's own interval counts every firing that was missed, one by one, which takes half a
    second after a clock was set forward by a day, and for ever where it stood in 1970.
    """

    def __init__(self, seconds: int) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return when to fire next, as APScheduler asks for it."""
        del previous
        return now + self._interval


class LocalEngine:
    """Runs each job at most once at a time; a hint that comes meanwhile runs it once more."""

    def __init__(self, context: Context, reload: Reload | None = None) -> None:
        self._context = context
        self._reload = reload
        self._supervisor = Supervisor.from_environment()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._running: dict[Job, asyncio.Task[None]] = {}
        self._again: set[Job] = set()
        self._paused: dict[Job, float] = {}
        """Until when, on the loop's clock, a job rests whose step failed."""
        self._waiting: set[Job] = set()
        """The jobs that could not use the database when they ran last."""
        self._ticked = 0.0
        """When a timer last ran, on the loop's clock."""
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Ends with what the process is to end with."""

    async def run(self) -> None:
        """Work until the context is stopping; return when what had begun has ended.

        Raises StoreRefusedError when the database can no longer be used, and whatever broke the
        engine itself: better no daemon than one that only seems to work.
        """
        self._scheduler.add_listener(self._note_broken_timer, EVENT_JOB_ERROR)
        self._set_timers()
        self._scheduler.start()
        self._ticked = asyncio.get_running_loop().time()
        beating = asyncio.create_task(self._beat())
        stopping = asyncio.create_task(self._context.stopping.wait())
        self._supervisor.tell_ready(_summary(self._context))
        ends: tuple[asyncio.Future[Any], ...] = (self._broken, beating, stopping)
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._supervisor.tell("STOPPING=1")
            self._scheduler.shutdown(wait=False)
            self._context.stopping.set()
            await self._end_jobs()
            stopping.cancel()
            beating.cancel()
        for end in ends:
            if end.done() and not end.cancelled():
                end.result()

    async def _end_jobs(self) -> None:
        for job, running in self._running.items():
            # What they had committed stays, and the rest is due again at the next start.
            if job.step not in ENDS_BY_ITSELF:
                running.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _set_timers(self) -> None:
        """Have each job of the context looked after, from now on."""
        jobs = list(jobs_of(self._context))
        if self._reload is not None:
            jobs.append((_RELOAD, TICK_S))
        # One timer for all jobs of a rhythm: to be woken takes longer than most of them.
        rhythms: defaultdict[int, list[Job]] = defaultdict(list)
        for job, seconds in jobs:
            rhythms[seconds].append(job)
        self._scheduler.remove_all_jobs()
        for seconds, of_rhythm in rhythms.items():
            self._scheduler.add_job(
                self._submit_all,
                _Rhythm(seconds),
                args=[of_rhythm],
                next_run_time=datetime.now(UTC),
            )

    async def _beat(self) -> None:
        """See to it each second that the timers run, whatever is done to the wall clock."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            try:
                was_set = await heed_clock(self._context)
            except StoreUnavailableError as error:
                log.error("clock not heeded", extra={"why": str(error)})
                was_set = False
            if was_set:
                # They wait for a time of the wall clock, which may be an hour away by now.
                self._set_timers()
                continue
            if loop.time() - self._ticked > STALLED_S:
                raise RuntimeError(f"no timer ran for {STALLED_S:.0f} s")
            if self._supervisor.is_watching:
                self._supervisor.tell("WATCHDOG=1")

    def _note_broken_timer(self, event: JobExecutionEvent) -> None:
        self._break(event.exception)

    def _break(self, error: BaseException) -> None:
        if not self._broken.done():
            self._broken.set_exception(error)

    async def _submit_all(self, jobs: Iterable[Job]) -> None:
        self._ticked = asyncio.get_running_loop().time()
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
        following: Sequence[Job] = ()
        named = {"step": job.step, "source": job.source}
        try:
            following = await self._do(job)
            if job in self._waiting:
                self._waiting.discard(job)
                log.info("database available again", extra=named)
        except StoreRefusedError as error:
            self._break(error)
        except StoreUnavailableError as error:
            if job not in self._waiting:  # a disk may be full for days
                log.error("database not available", extra={**named, "why": str(error)})
            self._waiting.add(job)
            self._pause(job, STORE_PAUSE_S)
        except Exception:
            # The rows still say what is due: a later tick finds it, but none spins on it.
            log.exception("step failed", extra=named)
            self._pause(job, PAUSE_S)
        finally:
            del self._running[job]
        if job in self._again:
            self._again.discard(job)
            await self._submit(job)
        for next_job in following:
            await self._submit(next_job)

    async def _do(self, job: Job) -> Sequence[Job]:
        if job != _RELOAD or self._reload is None:
            return await run_step(self._context, job)
        context = await self._reload(self._context)
        if context is not self._context:
            # What is under way ends as it began; whatever begins from now on has the new settings.
            self._context = context
            self._set_timers()
            self._supervisor.tell_ready(_summary(context))
        return ()

    def _pause(self, job: Job, seconds: float) -> None:
        self._paused[job] = asyncio.get_running_loop().time() + seconds


def _summary(context: Context) -> str:
    return f"watching; folders: {len(context.folders)}, feeds: {len(context.feeds)}"
