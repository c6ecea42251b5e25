"""The other side, in a process of its own: a web server of feeds and a mail server that takes all.

    python -m tests.bench.peers FOLDER

Every file of the folder is served by its name, with an ETag. The first line on standard output
holds the ports, and each line on standard input is answered with how much was asked and how many
mails came, as JSON. It ends with its standard input.
"""

import hashlib
import json
import sys
from pathlib import Path

from tests.httpd import Answer, HttpServer
from tests.smtpd import SmtpServer


def main() -> None:
    """Serve until standard input ends."""
    with HttpServer() as web, SmtpServer() as post:
        for path in Path(sys.argv[1]).iterdir():
            body = path.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            web.put(f"/{path.name}", Answer(body=body, etag=etag))
        _say({"web": web.port, "post": post.port})
        for _ in sys.stdin:
            _say({"requests": len(web.requests), "mails": len(post.accepted)})


def _say(values: dict[str, int]) -> None:
    print(json.dumps(values), flush=True)  # noqa: T201 (the caller reads it)


if __name__ == "__main__":
    main()
