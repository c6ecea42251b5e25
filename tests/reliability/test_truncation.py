"""A rule file that is cut short, as a full disk or a slow editor leaves it, hides nothing.

That the set in force never shrinks unreported is tried at every byte in tests/pipeline.
"""

from functools import partial
from pathlib import Path

from tests.reliability.desk import INBOX, Desk
from tests.reliability.kills import come_to_rest
from tests.reliability.ledger import OWNER, RULES, parsed
from tests.reliability.nursery import Nursery
from tests.reliability.oracle import check
from watch.core.rules.parse import parse_rule_file

_STEP = 60
"""Bytes from one cut to the next: a file takes seconds until it is read."""


def test_documents_that_come_while_a_rule_file_is_cut_and_grows_back_are_checked_by_all_of_it(
    tmp_path: Path, nursery: Nursery
) -> None:
    cuts = [cut for cut in range(_STEP, len(RULES), _STEP) if _is_broken(RULES.encode()[:cut])]
    assert len(cuts) > 2
    with Desk(tmp_path, nursery=nursery, sources=(INBOX,)) as desk:
        with desk.daemon() as daemon:
            daemon.wait_for("rules in force", "items=2")
            for cut in [*reversed(cuts), *cuts]:
                desk.write_rules(RULES.encode()[:cut])
                desk.bring(INBOX)
                desk.bring(INBOX)  # one for each rule
                daemon.wait_for("rule file kept as it was", "file=rules/items.toml")
                desk.until(partial(_is_taken, desk), "all is taken", daemon)
            desk.write_rules(RULES)
            daemon.wait_for("rule file loads again")
        come_to_rest(desk)
        check(desk)
        assert desk.rows("SELECT count(DISTINCT fingerprint) FROM rulesets") == [(1,)]
        mails = [parsed(mail.content) for mail in desk.post.accepted]
    assert sum(mail["To"] == OWNER for mail in mails) == 2, "it broke, and it loads again"


def _is_taken(desk: Desk) -> bool:
    return desk.rows("SELECT count(*) FROM documents") == [(len(desk.ledger),)]


def _is_broken(content: bytes) -> bool:
    try:
        return bool(parse_rule_file("", content.decode()).mistakes)
    except UnicodeDecodeError:
        return True
