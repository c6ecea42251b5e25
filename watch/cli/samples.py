"""The main job on samples: laid out, watched as the daemon does, its mail shown."""

import asyncio
import email
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default as policy
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from watch.app import opened
from watch.cli.starter import sample_file, starter_file
from watch.config import Config
from watch.core.cleaning import clean
from watch.core.model import MessageState
from watch.engine.local import LocalEngine
from watch.pipeline.job import Context
from watch.store.findings import count_findings
from watch.store.outbox import get_outbox
from watch.store.tellings import get_waiting

PATIENCE_S = 60
"""How long the demonstration waits for its mail; it takes about ten seconds."""
_LOOK_EVERY_S = 0.2


def lay_out(desk: Path, address: str) -> int:
    """Write a configuration, the shipped rules and the samples; return how many these are."""
    for folder in ("inbox", "rules"):
        (desk / folder).mkdir(parents=True)
    (desk / "rules" / "korea.toml").write_bytes(starter_file("rules/korea.toml").read_bytes())
    (desk / "config.toml").write_text(_CONFIG.format(address=address), "utf-8")
    samples = list(sample_file("inbox").iterdir())
    for sample in samples:
        (desk / "inbox" / sample.name).write_bytes(sample.read_bytes())
    return len(samples)


_CONFIG = """\
[mail]
transport = "maildir"
maildir   = "mail"

[[source]]
name   = "inbox"
folder = "inbox"

[[source]]
name     = "sample-feed"
feed     = "{address}"
backfill = true
allow_private = ["127.0.0.0/8"]

[[subscription]]
name       = "Demo desk"
to         = ["you@localhost"]
group_wait = "1s"
group_interval = "1s"
"""


@contextmanager
def serve_feed() -> Iterator[str]:
    """Serve the sample feed on the loopback for a while; yield its address."""
    body = sample_file("feed.xml").read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(http.HTTPStatus.OK)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as it is called)
            """Say nothing: the daemon's own line tells what was read."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/feed.xml"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def watch(config: Config, documents: int) -> None:
    """Watch as the daemon does until all is told; raise TimeoutError when that takes too long."""
    stopping = asyncio.Event()
    async with opened(config, stopping) as context:
        working = asyncio.create_task(LocalEngine(context).run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await _is_all_told(context, documents):  # noqa: ASYNC110 (rows tell)
                    await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            stopping.set()
            await working


async def _is_all_told(context: Context, documents: int) -> bool:
    """Whether every sample was read, and every finding is in a mail that was sent."""
    counts = await context.store.read(count_findings)
    if counts.get("inbox", (0,))[0] < documents or "sample-feed" not in counts:
        return False
    outbox = await context.store.read(get_outbox)
    return not await context.store.read(get_waiting) and set(outbox.counts) == {MessageState.SENT}


def show_mails(console: Console, desk: Path) -> None:
    """Print the mails, and say where they and their HTML lie."""
    mails = sorted((desk / "mail" / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for number, path in enumerate(mails, 1):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy)
        assert isinstance(mail, EmailMessage)  # noqa: S101 (the policy makes it one)
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        page = desk / f"alert-{number}.html"
        page.write_text(html.get_content() if html else "", "utf-8")
        head = "\n".join(f"{key}: {clean(mail[key])}" for key in ("From", "To", "Subject", "Date"))
        body = plain.get_content() if plain else ""
        console.print()
        console.print(Panel(Text(f"{head}\n\n{body}".rstrip()), title=f"Mail {number}"))
        console.print(f"the mail  {path}\nits HTML  {page}", soft_wrap=True)
    console.print(
        f"\nNext: [bold]watchlist init desk[/], edit its config.toml and rules, "
        f"[bold]cd desk[/], [bold]watchlist run[/]. All of this lies in {desk}."
    )
