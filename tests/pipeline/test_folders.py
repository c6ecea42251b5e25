import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from tests.pipeline.conftest import Desk, changed, told_of_waiting
from watch.ingest.folder import STILL_S, Folder, FoundFile
from watch.pipeline import memory
from watch.pipeline.collect import folders, scan_folder, scan_folder_once
from watch.pipeline.collect.folders import BATCH_BYTES, BATCH_FILES, BATCH_PARSED, _batches
from watch.pipeline.job import Job
from watch.store.findings import count_findings
from watch.store.sources import count_unread, get_files, get_sources
from watch.store.tellings import get_waiting


async def _documents(desk: Desk) -> int:
    return (await desk.context.store.read(count_findings)).get("inbox", (0, 0, 0))[0]


async def _scan(desk: Desk, *, after_s: float = 0.0) -> list[Job]:
    desk.clock.advance(seconds=after_s)
    return list(await scan_folder(desk.context, source="inbox"))


async def test_a_file_is_taken_when_it_has_stood_still_for_three_seconds(desk: Desk) -> None:
    path = desk.write("a.txt", "An ICBM was seen")
    assert await _scan(desk) == []
    assert await _documents(desk) == 0
    path.write_text("An ICBM was seen again")
    assert await _scan(desk, after_s=5) == [], "it was written to in between"
    assert await _scan(desk, after_s=5) == [Job("make_alerts")]
    (told,) = await told_of_waiting(desk.context)
    assert told.document.title == "An ICBM was seen again"
    assert told.document.key == "a.txt"
    assert await _scan(desk, after_s=5) == [], "nothing is taken twice"
    assert await _documents(desk) == 1


async def test_a_folder_is_not_scanned_more_often_than_it_may(desk: Desk) -> None:
    await _scan(desk)
    desk.write("a.txt", "ICBM")
    await _scan(desk, after_s=4)
    assert desk.context.looks["inbox"].observed == {}, "five seconds are not over"
    await _scan(desk, after_s=1)
    assert set(desk.context.looks["inbox"].observed) == {"a.txt"}


@pytest.mark.parametrize(("slow", "rests"), [("find_files", 60.0), ("get_source", 5.0)])
async def test_a_slow_scan_makes_the_next_one_later_and_a_slow_database_does_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, slow: str, rests: float
) -> None:
    work = getattr(folders, slow)

    def takes_long(*given: object) -> object:
        desk.clock.advance(seconds=3)
        return work(*given)

    began = desk.clock.seconds
    with monkeypatch.context() as patch:
        patch.setattr(folders, slow, takes_long)
        await _scan(desk)
    assert desk.context.looks["inbox"].not_before == began + rests


async def test_what_is_known_of_many_files_is_left_out_of_garbage_collection(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would stop everything for a tenth of a second, time and again."""
    monkeypatch.setattr(memory, "MANY", 3)
    for number in range(7):
        desk.write(f"{number}.txt", f"Report {number}")
    monkeypatch.setattr(folders, "BATCH_FILES", 2)
    left_out: list[str] = []
    monkeypatch.setattr(memory, "leave_out", lambda: left_out.append("once"))
    await _scan(desk)
    assert left_out == ["once"], "what was found"
    await _scan(desk, after_s=5)
    assert len(left_out) == 1 + 3, "found again; what is to be read; what is known of two batches"
    assert await _documents(desk) == 7
    await _scan(desk, after_s=5)
    assert len(left_out) == 4, "nothing is new"
    desk.context.looks.clear()
    await _scan(desk, after_s=5)
    assert len(left_out) == 5, "what was known at the start"


async def test_an_edited_file_tells_only_rules_that_did_not_hold_before(desk: Desk) -> None:
    path = desk.write("a.txt", "Title\n\nAn ICBM")
    await _scan(desk)
    await _scan(desk, after_s=5)
    assert len(await desk.context.store.read(get_waiting)) == 1
    path.write_text("Title\n\nAn ICBM, and a suicide drone")
    await _scan(desk, after_s=5)
    assert await _scan(desk, after_s=5) == [Job("make_alerts")]
    told = await told_of_waiting(desk.context)
    assert [[f.rule for f in one.findings] for one in told] == [["icbm"], ["suicide-drones"]]


async def test_a_moved_file_is_the_same_document(desk: Desk) -> None:
    path = desk.write("a.txt", "An ICBM")
    await _scan(desk)
    await _scan(desk, after_s=5)
    (desk.path / "inbox" / "archive").mkdir()
    path.rename(desk.path / "inbox" / "archive" / "b.txt")
    await _scan(desk, after_s=5)
    assert await _scan(desk, after_s=5) == []
    assert await _documents(desk) == 1
    assert set(await desk.context.store.read(get_files, "inbox")) == {"archive/b.txt"}


async def test_a_file_that_is_no_text_is_told_once_and_stops_nobody(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write("a.txt", b"\x7fELF\x02\x01\x01" + bytes(100))
    desk.write("b.txt", "An ICBM")
    await _scan(desk)
    await _scan(desk, after_s=5)
    await _scan(desk, after_s=5)
    assert await _documents(desk) == 1
    (record,) = [one for one in caplog.records if one.message == "file not read"]
    assert "not text" in record.__dict__["why"]
    assert await desk.context.store.read(count_unread) == {"inbox": 1}
    desk.write("a.txt", "now it is text, of an ICBM")
    await _scan(desk, after_s=5)
    await _scan(desk, after_s=5)
    assert await _documents(desk) == 2
    assert await desk.context.store.read(count_unread) == {}


async def test_what_of_a_file_cannot_be_read_is_told_and_the_rest_is_taken(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Test"
    mail.set_content("An ICBM was seen.")
    mail.add_attachment(b"\x7fELF", maintype="application", subtype="x-thing", filename="a.bin")
    desk.write("a.eml", mail.as_bytes())
    await _scan(desk)
    await _scan(desk, after_s=5)
    await _scan(desk, after_s=60)
    assert await _documents(desk) == 1
    (record,) = [one for one in caplog.records if one.message == "file read in part"]
    assert "a.bin" in record.__dict__["unread"]
    assert await desk.context.store.read(count_unread) == {"inbox": 1}
    (told,) = await told_of_waiting(desk.context)
    assert told.document.is_degraded, "the mail says so"


async def test_a_file_that_cannot_be_read_now_is_tried_again_later(desk: Desk) -> None:
    path = desk.write("a.txt", "An ICBM")
    link_target = desk.path / "elsewhere.txt"
    link_target.write_text("An ICBM")
    await _scan(desk)
    status = path.stat()
    # Swapped between the scan and the reading: it is not what was scanned.
    path.unlink()
    path.symlink_to(link_target)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
    await _scan(desk, after_s=5)
    assert await _documents(desk) == 0, "a link out of the folder is not followed"


async def test_a_missing_folder_is_told_once_and_lives_when_it_is_there(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    away = desk.path / "inbox"
    away.rename(desk.path / "away")
    for _ in range(3):
        await _scan(desk, after_s=5)
    (record,) = [one for one in caplog.records if one.message == "source not read"]
    assert "does not exist" in record.__dict__["why"]
    state = (await desk.context.store.read(get_sources))["inbox"]
    assert state.failures == 3
    assert state.failing_since is not None
    (desk.path / "away").rename(away)
    desk.write("a.txt", "An ICBM")
    await _scan(desk, after_s=5)
    await _scan(desk, after_s=5)
    assert await _documents(desk) == 1
    state = (await desk.context.store.read(get_sources))["inbox"]
    assert (state.failures, state.failing_since, state.error) == (0, None, None)
    assert "source is back" in [one.message for one in caplog.records]


async def test_a_folder_without_backfill_begins_with_a_silent_baseline(desk: Desk) -> None:
    folder = replace(desk.context.folders["inbox"], backfill=False)
    context = changed(desk, folders={"inbox": folder})
    desk.write("old.txt", "An old ICBM")
    await scan_folder(context, source="inbox")
    assert await _documents(desk) == 1
    assert await context.store.read(get_waiting) == ()
    desk.write("new.txt", "A new ICBM")
    for _ in range(2):
        desk.clock.advance(seconds=5)
        await scan_folder(context, source="inbox")
    assert len(await context.store.read(get_waiting)) == 1


async def test_a_large_folder_is_taken_in_batches_and_completely(desk: Desk) -> None:
    for number in range(120):
        desk.write(f"{number % 7}/{number}.txt", f"Report {number}\n\nAn ICBM, number {number}")
    await _scan(desk)
    await _scan(desk, after_s=5)
    assert await _documents(desk) == 120
    assert len(await desk.context.store.read(get_waiting)) == 120


async def test_once_takes_what_stands_still_and_waits_three_seconds_for_the_rest(
    desk: Desk,
) -> None:
    old = desk.write("old.txt", "An old ICBM")
    before = (desk.clock.at - timedelta(seconds=10)).timestamp()
    os.utime(old, (before, before))
    await scan_folder_once(desk.context, source="inbox")
    assert await _documents(desk) == 1
    new = desk.write("new.txt", "A new ICBM")
    now = desk.clock.at.timestamp()
    os.utime(new, (now, now))
    await scan_folder_once(desk.context, source="inbox")
    assert await _documents(desk) == 2


async def test_once_tells_of_a_missing_folder(desk: Desk) -> None:
    gone = Folder(name="gone", root=desk.path / "gone")
    context = changed(desk, folders={"gone": gone})
    assert await scan_folder_once(context, source="gone") == ()
    assert (await context.store.read(get_sources))["gone"].error is not None


async def test_once_takes_nothing_of_a_folder_that_goes_away_while_it_waits(desk: Desk) -> None:
    new = desk.write("new.txt", "A new ICBM")
    now = desk.clock.at.timestamp()
    os.utime(new, (now, now))
    clock = asyncio.get_running_loop().time
    began = clock()
    scan = asyncio.create_task(scan_folder_once(desk.context, source="inbox"))
    await asyncio.sleep(STILL_S / 2)
    (desk.path / "inbox").rename(desk.path / "away")
    assert await scan == ()
    assert clock() - began >= STILL_S, "it was there at the first look"
    state = (await desk.context.store.read(get_sources))["inbox"]
    assert (state.failures, state.has_baseline) == (1, False)
    assert "does not exist" in (state.error or "")
    assert await _documents(desk) == 0


async def test_a_part_of_a_folder_that_cannot_be_read_is_told_once_and_the_rest_is_taken(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write("a.txt", "An ICBM")
    # A path longer than the system takes (PATH_MAX, 4096 bytes) is shut to root, too.
    names = ["d" * 250] * 17
    holder = os.open(desk.path / "inbox", os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=holder)
        below = os.open(name, os.O_RDONLY, dir_fd=holder)
        os.close(holder)
        holder = below
    os.close(holder)
    for _ in range(3):
        await _scan(desk, after_s=5)
    (record,) = [one for one in caplog.records if one.message == "folder in part not read"]
    assert record.__dict__["source"] == "inbox"
    assert record.__dict__["path"].startswith(names[0])
    assert "too long" in record.__dict__["why"].lower()
    assert await _documents(desk) == 1


async def test_files_of_all_kinds_are_taken_together_each_with_its_own_text(desk: Desk) -> None:
    """What is read at once, and what in the sandbox, must not be mixed up."""
    for number in range(6):
        desk.write(f"{number}.txt", f"Text {number}\n\nAn ICBM {number}")
        desk.write(f"{number}.html", f"<title>Page {number}</title><p>An ICBM {number}")
    desk.write("3.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    await scan_folder_once(desk.context, source="inbox")
    told = await told_of_waiting(desk.context)
    assert {one.document.key: (one.document.title, one.document.text) for one in told} == {
        f"{number}.{suffix}": (f"{title} {number}", f"An ICBM {number}")
        for number in range(6)
        for suffix, title in (("txt", "Text"), ("html", "Page"))
    }
    assert await desk.context.store.read(count_unread) == {"inbox": 1}


async def test_more_files_than_fit_in_a_batch_are_all_taken(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for number in range(BATCH_FILES + 1):
        desk.write(f"{number}.txt", f"An ICBM {number}")
    await scan_folder_once(desk.context, source="inbox")
    assert await _documents(desk) == BATCH_FILES + 1
    batches = [vars(one) for one in caplog.records if one.message == "folder read"]
    assert [(one["files"], one["left"]) for one in batches] == [(BATCH_FILES, 1), (1, None)]


def found(name: str, size: int = 1) -> FoundFile:
    return FoundFile(path=name, size=size, mtime_ns=0, os_path=name)


def test_what_is_in_memory_at_once_is_bounded() -> None:
    sizes = {"a": 1, "b": BATCH_BYTES - 1, "c": 1, "d": 5 * BATCH_BYTES, "e": 0, "f": 2}
    files = [found(f"{name}.txt", size) for name, size in sizes.items()]
    assert [[file.path[0] for file in batch] for batch in _batches(files)] == [
        ["a", "b"],
        ["c"],
        ["d"],
        ["e", "f"],
    ]
    assert _batches([]) == []


def test_plain_texts_wait_for_no_parser() -> None:
    files = [found(f"{number}.{suffix}") for number in range(30) for suffix in ("pdf", "TXT")]
    batches = _batches(files)
    assert [len(batch) for batch in batches] == [30, BATCH_PARSED, 30 - BATCH_PARSED]
    assert {file.suffix for file in batches[0]} == {".txt"}
