import email
import re
from email.policy import default as policy
from pathlib import Path

from tests.daemon import watchlist
from watch.cli.starter import sample_file


def test_the_demonstration_ends_with_a_mail_that_it_prints(tmp_path: Path) -> None:
    done = watchlist("demo", "desk", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=policy)
        for path in (tmp_path / "desk" / "mail" / "new").iterdir()
    ]
    assert mails
    for number, mail in enumerate(mails, 1):
        assert mail["To"] == "you@localhost"
        assert f"Mail {number}" in done.stdout
        assert (
            (tmp_path / "desk" / f"alert-{number}.html").read_text("utf-8").startswith("<!DOCTYPE")
        )
    assert "feed read source=sample-feed" in done.stderr
    samples = len(list(sample_file("inbox").iterdir()))
    # In as many readings as it takes until the last of them has stood still.
    read = re.findall(r"folder read source=inbox files=(\d+)", done.stderr)
    assert sum(map(int, read)) == samples
    again = watchlist("demo", "desk", cwd=tmp_path)
    assert again.returncode == 2
    assert "is not empty" in again.stderr
