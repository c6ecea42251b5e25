from pathlib import Path

import pytest

from watch.store.mounts import file_system_of

# The forms of man 5 proc: with and without optional fields, one over another, blanks in octal.
MOUNTINFO = r"""
22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw
27 1 254:1 / / rw,relatime - ext4 /dev/vda rw
30 27 0:40 / /mnt/office rw,relatime shared:9 master:2 - nfs4 nas:/export rw,vers=4.2
31 30 8:1 / /mnt/office/local rw - xfs /dev/sda1 rw
32 27 0:41 / /mnt/my\040share\134x rw - cifs //nas/share rw
33 27 0:42 / /home/kim/far rw,nosuid - fuse.sshfs kim@far:/ rw
34 27 0:43 / /srv rw - ext4 /dev/sdb rw
35 34 0:44 / /srv rw - 9p host rw
a line of another form
36 27 0:45 / /broken rw -
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/watchlist/watchlist.db", "ext4"),
        ("/proc/self", "proc"),
        ("/mnt/office/state/watchlist.db", "nfs4"),
        ("/mnt/officer/watchlist.db", "ext4"),
        ("/mnt/office/local/watchlist.db", "xfs"),
        ("/mnt/my share\\x/watchlist.db", "cifs"),
        ("/home/kim/far/watchlist.db", "fuse.sshfs"),
        ("/srv/watchlist.db", "9p"),
        ("/broken/watchlist.db", ""),
    ],
)
def test_a_path_lies_on_the_last_and_deepest_mount(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTINFO) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert file_system_of(Path("/state"), "") is None
