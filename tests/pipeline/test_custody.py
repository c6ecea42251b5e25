import pytest

from tests.pipeline.conftest import Desk, changed
from watch.errors import StoreRefusedError, StoreUnavailableError
from watch.pipeline.collect import scan_folder
from watch.pipeline.custody import keep_custody
from watch.pipeline.job import Custody, Job
from watch.pipeline.steps import run_step
from watch.store.findings import count_findings

DAY_S = 24 * 3600


def _looks(caplog: pytest.LogCaptureFixture) -> int:
    return [one.message for one in caplog.records].count("database looked through")


async def test_the_database_gets_its_ballast_and_is_looked_through_once_a_week(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert await run_step(desk.context, Job("keep_custody")) == ()
    assert (desk.path / "watchlist.db.ballast").exists()
    desk.clock.advance(days=6, hours=23)
    await keep_custody(desk.context)
    assert _looks(caplog) == 0, "it was when it was opened"
    desk.clock.advance(hours=1)
    for _ in range(2):
        await keep_custody(desk.context)
    assert _looks(caplog) == 1
    desk.clock.advance(days=7)
    await keep_custody(desk.context)
    assert _looks(caplog) == 2


async def test_what_was_too_large_at_the_start_is_looked_through_soon(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    desk.context.store.was_looked_through = False
    await keep_custody(changed(desk, custody=Custody()))
    assert _looks(caplog) == 1


async def test_a_database_that_is_gone_is_noticed(desk: Desk) -> None:
    (desk.path / "watchlist.db").unlink()
    with pytest.raises(StoreRefusedError, match="is gone while in use"):
        await keep_custody(desk.context)


async def test_damage_that_nobody_reads_is_found(desk: Desk) -> None:
    await keep_custody(desk.context)
    desk.clock.advance(days=7)
    with (desk.path / "watchlist.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 4096 * 20)
    with pytest.raises(StoreRefusedError, match="damaged"):
        await keep_custody(desk.context)


async def test_a_ballast_that_cannot_be_made_is_told_and_stops_nothing(desk: Desk) -> None:
    (desk.path / "watchlist.db.ballast").mkdir()
    with pytest.raises(StoreUnavailableError, match="4 MB cannot be set aside"):
        await keep_custody(desk.context)
    desk.write("a.txt", "An ICBM")
    for _ in range(2):
        await scan_folder(desk.context, source="inbox")
        desk.clock.advance(seconds=5)
    assert await desk.context.store.read(count_findings) != {}
