"""What one would write in an afternoon: feedparser, one regular expression of all names, smtplib.

python -m tests.bench.usual WEB_PORT POST_PORT FEEDS NAMES_FILE
"""

import json
import re
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path

import feedparser

HOST = "127.0.0.1"


def main() -> None:
    """Read the feeds, and mail what is in them, a mail for each feed."""
    web, post, count = map(int, sys.argv[1:4])
    names = Path(sys.argv[4]).read_text("utf-8").splitlines()
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)
    seen: list[str] = []
    for number in range(count):
        found = []
        for entry in feedparser.parse(f"http://{HOST}:{web}/{number}.xml").entries:
            text = " ".join((entry.title, entry.summary, *(part.value for part in entry.content)))
            seen.append(entry.id)
            if matches := pattern.findall(text):
                found.append(f"{entry.title}\n{entry.link}\n{', '.join(matches)}\n")
        if found:
            mail = EmailMessage()
            mail["From"], mail["To"] = "watchlist@example.org", "desk@example.org"
            mail["Subject"] = f"{len(found)} found"
            mail.set_content("\n".join(found))
            with smtplib.SMTP(HOST, post) as server:
                server.send_message(mail)
    Path("seen.json").write_text(json.dumps(seen), "utf-8")


if __name__ == "__main__":
    main()
