import mailbox
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notify.cases import CASES
from watch.core.model import Message
from watch.errors import ChannelError
from watch.notify.maildir import Maildir

(MAIL,) = CASES["korean"].rendered().messages
SENDER = "alerts@example.org"


async def no_mark() -> None:
    """Note nothing."""


async def send(maildir: Maildir, mail: Message = MAIL) -> str:
    return await maildir.send(mail, sender=SENDER, mark=no_mark)


def files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file())


async def test_a_mail_program_reads_the_mail(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path / "Mail")
    said = await send(maildir)
    await maildir.close()
    (mail,) = mailbox.Maildir(tmp_path / "Mail", create=False)
    assert mail["Message-ID"] == MAIL.message_id
    assert mail.get_subdir() == "new"
    (file,) = files(tmp_path)
    assert said == f"laid into {file}"
    assert file.read_bytes() == MAIL.content.replace(b"\r\n", b"\n")


async def test_only_the_owner_may_look(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "Mail"
    await send(Maildir(path))
    for folder in (path, path / "tmp", path / "new", path / "cur"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = files(path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_mail_sent_twice_lies_there_once(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    await send(maildir)
    (file,) = files(tmp_path)
    assert await send(maildir) == f"already there: {file}"
    assert files(tmp_path) == [file]


async def test_a_mail_that_was_read_meanwhile_is_not_laid_in_again(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    await send(maildir)
    box = mailbox.Maildir(tmp_path, create=False)
    ((key, mail),) = box.items()
    mail.set_subdir("cur")
    mail.set_flags("RS")
    box[key] = mail
    (file,) = files(tmp_path)
    assert file.parent.name == "cur"
    assert await send(maildir) == f"already there: {file}"
    assert files(tmp_path) == [file]


async def test_the_mark_is_set_when_only_the_last_step_is_left(tmp_path: Path) -> None:
    async def mark() -> None:
        (file,) = files(tmp_path)
        assert file.parent.name == "tmp"
        assert file.stat().st_size == len(MAIL.content.replace(b"\r\n", b"\n"))

    await Maildir(tmp_path).send(MAIL, sender=SENDER, mark=mark)
    (file,) = files(tmp_path)
    assert file.parent.name == "new"


async def test_a_mark_that_fails_shows_no_mail_and_the_next_try_succeeds(tmp_path: Path) -> None:
    async def mark() -> None:
        raise OSError("no room for the mark")

    maildir = Maildir(tmp_path)
    with pytest.raises(OSError, match="no room for the mark"):
        await maildir.send(MAIL, sender=SENDER, mark=mark)
    assert list((tmp_path / "new").iterdir()) == []
    await send(maildir)
    assert [file.parent.name for file in files(tmp_path)] == ["new"]


async def test_what_a_crash_left_half_written_is_overwritten(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    await send(maildir)
    (file,) = files(tmp_path)
    file.unlink()
    (tmp_path / "tmp" / file.name).write_bytes(b"x" * 2 * len(MAIL.content))
    await send(maildir)
    assert files(tmp_path) == [file]
    assert file.read_bytes() == MAIL.content.replace(b"\r\n", b"\n")


async def test_no_message_id_leads_out_of_the_folder(tmp_path: Path) -> None:
    mail = Message(recipient="a@b", message_id="<../../../x\0@>", content=b"\r\n")
    await send(Maildir(tmp_path / "Mail"), mail)
    (file,) = files(tmp_path)
    assert file.parent == tmp_path / "Mail" / "new"


async def test_a_file_in_the_way_stops_the_channel_and_named(tmp_path: Path) -> None:
    path = tmp_path / "Mail"
    path.write_text("")
    with pytest.raises(ChannelError, match=r"maildir .*Mail: File exists; make room"):
        await send(Maildir(path))


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A place where nothing larger than a few kilobytes can be written."""
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    yield tmp_path
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


async def test_a_disk_without_room_stops_the_channel_and_shows_no_mail(full_disk: Path) -> None:
    with pytest.raises(ChannelError, match="File too large"):
        await send(Maildir(full_disk))
    assert list((full_disk / "new").iterdir()) == []


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[Path]:
    """A folder that this process may not write, even if it is the superuser's."""
    tmp_path.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield tmp_path
    os.seteuid(user)
    tmp_path.chmod(0o700)


async def test_a_folder_that_may_not_be_written_stops_the_channel(forbidden: Path) -> None:
    with pytest.raises(ChannelError, match="Permission denied; make room, or give this user"):
        await send(Maildir(forbidden / "Mail"))
