import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.test_language import SENTENCES
from watch.core.model import Document
from watch.errors import NotReadableError, SourceError
from watch.ingest.extract import Extract
from watch.ingest.folder import (
    MAX_BYTES,
    STILL_S,
    Folder,
    FoundFile,
    Observation,
    Scan,
    document_of,
    find_files,
    load_file,
    old_enough,
    printable,
    read_files,
    still,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "in"
    root.mkdir()
    return Folder(name="inbox", root=root)


def put(folder: Folder, name: str, content: bytes = b"x") -> Path:
    path = folder.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def paths(scan: Scan) -> list[str]:
    return [file.path for file in scan.files]


def only(folder: Folder) -> FoundFile:
    (file,) = find_files(folder).files
    return file


class TestFinding:
    def test_files_of_all_sub_folders_are_found_in_the_order_of_their_paths(
        self, folder: Folder
    ) -> None:
        for name in ("b/c/2.md", "a.txt", "b/1.HTML", "z.Txt", "한국/뉴스.txt"):
            put(folder, name)
        assert paths(find_files(folder)) == [
            "a.txt",
            "b/1.HTML",
            "b/c/2.md",
            "z.Txt",
            "한국/뉴스.txt",
        ]

    def test_a_file_is_found_with_its_size_and_time(self, folder: Folder) -> None:
        path = put(folder, "a/b.TXT", b"four")
        os.utime(path, ns=(1, 1_700_000_000_123_456_789))
        assert only(folder) == FoundFile(
            path="a/b.TXT", size=4, mtime_ns=1_700_000_000_123_456_789, os_path="a/b.TXT"
        )
        assert only(folder).suffix == ".txt"

    def test_sub_folders_are_left_alone_if_so_configured(self, folder: Folder) -> None:
        put(folder, "a.txt")
        put(folder, "b/c.txt")
        flat = Folder(name="inbox", root=folder.root, recursive=False)
        assert paths(find_files(flat)) == ["a.txt"]

    def test_what_is_hidden_or_half_written_is_as_if_it_were_not_there(
        self, folder: Folder
    ) -> None:
        for name in (
            ".hidden.txt",
            ".git/a.txt",
            "a.txt.part",
            "b.TMP",
            "c.txt~",
            "d.crdownload",
            "#e.txt#",
            ".line\nbreak.txt",
        ):
            put(folder, name)
        assert find_files(folder) == Scan(files=(), unsupported=0, unreadable=())

    def test_other_kinds_of_files_are_counted(self, folder: Folder) -> None:
        for name in ("a.png", "b.xlsx", "txt", "c.txt.gz", "d."):
            put(folder, name)
        assert find_files(folder) == Scan(files=(), unsupported=5, unreadable=())

    def test_links_and_devices_are_counted_and_not_followed(
        self, folder: Folder, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret.txt").write_text("secret")
        (folder.root / "file.txt").symlink_to(outside / "secret.txt")
        (folder.root / "folder").symlink_to(outside)
        (folder.root / "loop").symlink_to(folder.root)
        (folder.root / "broken.txt").symlink_to("nowhere")
        os.mkfifo(folder.root / "pipe.txt")
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(folder.root / "socket.txt"))
            assert find_files(folder) == Scan(files=(), unsupported=6, unreadable=())

    def test_the_root_may_be_a_link(self, folder: Folder, tmp_path: Path) -> None:
        put(folder, "a.txt")
        (tmp_path / "link").symlink_to(folder.root)
        linked = Folder(name="inbox", root=tmp_path / "link")
        assert load_file(linked, only(linked)) == b"x"

    def test_a_name_in_odd_bytes_is_printable_steady_and_can_be_read(self, folder: Folder) -> None:
        names = [b"caf\xe9.txt", b"a\nb\x1b[0m.txt", b"c\\d.txt", "e\u202e.txt".encode()]
        for name in names:
            Path(os.fsdecode(os.fsencode(folder.root) + b"/" + name)).write_bytes(name)
        scan = find_files(folder)
        assert paths(scan) == [
            r"a\u000ab\u001b[0m.txt",
            r"c\\d.txt",
            r"caf\xe9.txt",
            r"e\u202e.txt",
        ]
        assert [load_file(folder, file) for file in scan.files] == [names[i] for i in (1, 2, 0, 3)]
        assert find_files(folder) == scan
        assert "os_path" not in repr(scan)

    @given(st.lists(st.binary(min_size=1, max_size=8), unique=True, max_size=20))
    def test_different_names_stay_different(self, names: list[bytes]) -> None:
        shown = [printable(os.fsdecode(name)) for name in names]
        assert len(set(shown)) == len(names)
        for name in shown:
            name.encode()

    def test_a_missing_root_is_an_error_that_says_what_to_do(self, tmp_path: Path) -> None:
        gone = Folder(name="inbox", root=tmp_path / "gone")
        with pytest.raises(SourceError) as caught:
            find_files(gone)
        assert str(caught.value) == (
            f"folder inbox: {tmp_path}/gone does not exist; "
            "create it or mend its path in the configuration"
        )

    def test_a_root_that_is_a_file_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(SourceError, match=r"/file is not a folder; mend its path"):
            find_files(Folder(name="inbox", root=tmp_path / "file"))

    def test_ten_thousand_files_are_found_and_stand_still(self, folder: Folder) -> None:
        for part in range(100):
            (folder.root / str(part)).mkdir()
            for number in range(100):
                (folder.root / str(part) / f"{number}.txt").touch()
        scan = find_files(folder)
        quiet, _ = still(still({}, scan, 0.0)[1], scan, STILL_S)
        assert len(quiet) == 10_000


class TestPermissions:
    @pytest.fixture
    def modest(self, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
        """The folder by a short way, and no more rights than others have."""
        for name in ("a/in.txt", "b/listed.txt", "closed.txt", "open.txt"):
            put(folder, name)
        (folder.root / "a").chmod(0)
        (folder.root / "b").chmod(0o444)
        (folder.root / "closed.txt").chmod(0)
        folder.root.parent.chmod(0o755)
        monkeypatch.chdir(folder.root.parent)
        user, group = os.geteuid(), os.getegid()
        if user == 0:
            os.setegid(65534)
            os.seteuid(65534)
        yield Folder(name="inbox", root=Path(folder.root.name))
        os.seteuid(user)
        os.setegid(group)
        for path in (folder.root, folder.root / "a", folder.root / "b"):
            path.chmod(0o755)

    words = "no permission to read it; grant it to the user the daemon runs as"

    def test_what_may_not_be_read_is_told_and_the_rest_is_found(self, modest: Folder) -> None:
        scan = find_files(modest)
        assert scan.unreadable == (("a", self.words), ("b/listed.txt", self.words))
        assert paths(scan) == ["closed.txt", "open.txt"]

    def test_a_file_that_may_not_be_read_is_an_error_in_words(self, modest: Folder) -> None:
        closed, _ = find_files(modest).files
        with pytest.raises(SourceError) as caught:
            load_file(modest, closed)
        assert str(caught.value) == self.words

    def test_a_root_that_may_not_be_read_is_an_error_in_words(self, modest: Folder) -> None:
        with pytest.raises(SourceError) as caught:
            find_files(Folder(name="inbox", root=modest.root / "a"))
        assert str(caught.value) == f"folder inbox: in/a: {self.words}"


def test_what_is_gone_between_two_looks_is_no_error(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "a.txt")
    put(folder, "b/c.txt")
    scandir = os.scandir

    def scandir_and_lose(path: Path) -> "os._ScandirIterator[str]":
        listed = scandir(path)
        if Path(path) == folder.root:
            (folder.root / "a.txt").unlink(missing_ok=True)
            (folder.root / "b").rename(folder.root.parent / "b")
        return listed

    monkeypatch.setattr(os, "scandir", scandir_and_lose)
    assert find_files(folder) == Scan(files=(), unsupported=0, unreadable=())


class TestStillness:
    @staticmethod
    def scan(**files: tuple[int, int]) -> Scan:
        found = tuple(
            FoundFile(path=name, size=size, mtime_ns=mtime, os_path=name)
            for name, (size, mtime) in sorted(files.items())
        )
        return Scan(files=found, unsupported=0, unreadable=())

    def test_a_file_is_taken_when_it_stood_still_for_three_seconds(self) -> None:
        scan = self.scan(a=(1, 1))
        quiet, observed = still({}, scan, 100.0)
        assert quiet == ()
        quiet, observed = still(observed, scan, 102.9)
        assert quiet == ()
        quiet, observed = still(observed, scan, 103.0)
        assert quiet == scan.files
        assert observed == {"a": Observation(size=1, mtime_ns=1, since=100.0)}

    @pytest.mark.parametrize("change", [(2, 1), (1, 2), (0, 0)])
    def test_any_change_begins_the_wait_anew(self, change: tuple[int, int]) -> None:
        _, observed = still({}, self.scan(a=(1, 1)), 0.0)
        quiet, observed = still(observed, self.scan(a=change), 2.0)
        quiet, observed = still(observed, self.scan(a=change), 4.0)
        assert quiet == ()
        quiet, observed = still(observed, self.scan(a=change), 5.0)
        assert len(quiet) == 1

    def test_a_file_that_went_and_came_waits_anew(self) -> None:
        scan = self.scan(a=(1, 1))
        _, observed = still({}, scan, 0.0)
        _, observed = still(observed, self.scan(), 1.0)
        assert observed == {}
        quiet, _ = still(observed, scan, 10.0)
        assert quiet == ()

    @given(
        st.lists(
            st.tuples(
                st.floats(0, 5),
                st.dictionaries(
                    st.sampled_from("abc"), st.tuples(st.integers(0, 2), st.integers(0, 2))
                ),
            ),
            max_size=12,
        )
    )
    def test_no_file_is_taken_that_changed_within_the_wait(
        self, looks: list[tuple[float, dict[str, tuple[int, int]]]]
    ) -> None:
        now = 0.0
        observed: dict[str, Observation] = {}
        history: list[tuple[float, dict[str, tuple[int, int]]]] = []
        for pause, files in looks:
            now += pause
            history.append((now, files))
            quiet, after = still(observed, self.scan(**files), now)
            observed = dict(after)
            assert observed.keys() == files.keys()
            for name, state in files.items():
                since = now
                for at, earlier in reversed(history):
                    if earlier.get(name) != state:
                        break
                    since = at
                assert (name in {file.path for file in quiet}) == (now - since >= STILL_S)

    def test_one_look_can_tell_what_nobody_writes_now(self) -> None:
        ages = {"old": 4, "edge": 3, "fresh": 2, "now": 0, "ahead": -2, "far": -86_400}
        scan = self.scan(**{name: (1, NOW_NS - age * 10**9) for name, age in ages.items()})
        local = NOW.astimezone(timezone(timedelta(hours=9)))
        assert [file.path for file in old_enough(scan.files, local)] == ["edge", "far", "old"]


class TestLoading:
    def test_the_bytes_are_had_as_they_are(self, folder: Folder) -> None:
        put(folder, "a/b/c.txt", b"\0\xff\r\n")
        assert load_file(folder, only(folder)) == b"\0\xff\r\n"

    def test_an_empty_file_has_none(self, folder: Folder) -> None:
        put(folder, "a.txt", b"")
        assert load_file(folder, only(folder)) == b""

    def test_too_large_a_file_is_refused_without_being_read(self, folder: Folder) -> None:
        path = put(folder, "a.txt")
        os.truncate(path, MAX_BYTES + 1)
        with pytest.raises(NotReadableError, match=r"^larger than 50 MB; split it$"):
            load_file(folder, only(folder))

    def test_a_file_that_is_gone_is_an_error(self, folder: Folder) -> None:
        path = put(folder, "a.txt")
        found = only(folder)
        path.unlink()
        with pytest.raises(SourceError, match=r"^it is gone$"):
            load_file(folder, found)

    @pytest.mark.parametrize("content", [b"y" * 100, b"", b"y"])
    def test_a_file_that_changed_since_it_was_found_is_not_taken(
        self, folder: Folder, content: bytes
    ) -> None:
        path = put(folder, "a.txt")
        os.utime(path, ns=(1, 1))
        found = only(folder)
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"^changed while it was read"):
            load_file(folder, found)

    def test_a_file_that_became_a_link_is_not_followed(
        self, folder: Folder, tmp_path: Path
    ) -> None:
        path = put(folder, "a.txt")
        found = only(folder)
        (tmp_path / "secret").write_bytes(b"x")
        path.unlink()
        path.symlink_to(tmp_path / "secret")
        with pytest.raises(SourceError, match=r"^a link is in its way"):
            load_file(folder, found)

    def test_a_folder_that_became_a_link_is_not_followed(
        self, folder: Folder, tmp_path: Path
    ) -> None:
        put(folder, "a/b.txt")
        found = only(folder)
        (folder.root / "a").rename(tmp_path / "elsewhere")
        (folder.root / "a").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(SourceError, match=r"^a link is in its way"):
            load_file(folder, found)

    def test_a_file_that_became_a_pipe_does_not_block(self, folder: Folder) -> None:
        path = put(folder, "a.txt")
        found = only(folder)
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(SourceError, match=r"^no file any more"):
            load_file(folder, found)

    def test_a_file_that_became_a_folder_is_an_error(self, folder: Folder) -> None:
        path = put(folder, "a.txt")
        found = only(folder)
        path.unlink()
        path.mkdir()
        with pytest.raises(SourceError):
            load_file(folder, found)

    def test_a_file_that_became_a_socket_is_an_error_in_the_systems_words(
        self, folder: Folder
    ) -> None:
        path = put(folder, "a.txt")
        found = only(folder)
        path.unlink()
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
            with pytest.raises(SourceError, match=r"^no such device or address$"):
                load_file(folder, found)

    def test_descriptors_are_given_back(self, folder: Folder) -> None:
        put(folder, "a/b/c.txt")
        found = only(folder)
        (folder.root / "a/b/c.txt").write_bytes(b"changed")
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            with pytest.raises(SourceError):
                load_file(folder, found)
        assert len(list(Path("/proc/self/fd").iterdir())) == before


class TestReading:
    def test_plain_text_is_read_at_once_and_all_else_is_left_to_the_sandbox(
        self, folder: Folder
    ) -> None:
        put(folder, "a.TXT", "Headline\n\n북한".encode())
        put(folder, "b.text", b"")
        put(folder, "c.txt", "Müller".encode("latin-1"))
        put(folder, "d.md", b"# Headline")
        put(folder, "e.txt", b"%PDF-1.7")
        assert read_files(folder, find_files(folder).files) == [
            Extract(title="Headline", text="북한"),
            Extract(text=""),
            "Müller".encode("latin-1"),
            b"# Headline",
            b"%PDF-1.7",
        ]

    def test_a_file_that_cannot_be_loaded_takes_no_other_down(self, folder: Folder) -> None:
        put(folder, "a.txt", b"One")
        put(folder, "b.txt", b"Two").chmod(0o200)
        put(folder, "c.txt", b"Three")
        found = find_files(folder).files
        (folder.root / "b.txt").unlink()
        one, two, three = read_files(folder, found)
        assert (one, three) == (Extract(title="One", text=""), Extract(title="Three", text=""))
        assert isinstance(two, SourceError)
        assert str(two) == "it is gone"

    def test_a_text_as_large_as_may_be_is_read(self, folder: Folder) -> None:
        line = SENTENCES["ru"] + "\r\n"
        text = line * (MAX_BYTES // len(line.encode()))
        put(folder, "a.txt", text.encode())
        (read,) = read_files(folder, find_files(folder).files)
        assert read == Extract(text=text.replace("\r\n", "\n").rstrip())


class TestDocuments:
    def found(self, path: str = "a/Report 7.final.txt", mtime_ns: int = NOW_NS) -> FoundFile:
        return FoundFile(path=path, size=1, mtime_ns=mtime_ns, os_path=path)

    def test_a_file_is_a_document_by_its_path(self, folder: Folder) -> None:
        page = Extract(title="제목", text=SENTENCES["ko"])
        assert document_of(folder, self.found(), page, seen=NOW) == Document(
            source="inbox",
            key="a/Report 7.final.txt",
            title="제목",
            text=SENTENCES["ko"],
            published=NOW,
            seen=NOW,
            languages=("ko",),
        )

    def test_without_a_title_it_goes_by_its_name(self, folder: Folder) -> None:
        document = document_of(folder, self.found(), Extract(text=""), seen=NOW)
        assert (document.title, document.languages) == ("Report 7.final", ())

    @pytest.mark.parametrize(
        ("configured", "own", "languages"),
        [
            (None, None, ("ru",)),
            (None, "ru", ("ru",)),
            (None, "uk", ("uk", "ru")),
            ("be-BY", "uk", ("be", "ru")),
            ("nonsense", "uk", ("uk", "ru")),
        ],
    )
    def test_what_is_declared_goes_before_what_is_detected(
        self, folder: Folder, configured: str | None, own: str | None, languages: tuple[str, ...]
    ) -> None:
        said = Folder(name="inbox", root=folder.root, language=configured)
        page = Extract(text=SENTENCES["ru"], language=own)
        assert document_of(said, self.found(), page, seen=NOW).languages == languages

    def test_what_tells_its_own_time_is_of_that(self, folder: Folder) -> None:
        told = Extract(text="", published=NOW - timedelta(days=9))
        assert document_of(folder, self.found(), told, seen=NOW).published == told.published

    @pytest.mark.parametrize(
        ("mtime_ns", "published"),
        [
            (0, datetime(1970, 1, 1, tzinfo=UTC)),
            (-(10**9), datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
            (2**63 - 1, NOW),
            (10**21, None),
            (-(10**21), None),
        ],
    )
    def test_no_time_of_a_file_is_an_error_and_none_is_in_the_future(
        self, folder: Folder, mtime_ns: int, published: datetime | None
    ) -> None:
        found = self.found(mtime_ns=mtime_ns)
        assert document_of(folder, found, Extract(text=""), seen=NOW).published == published
