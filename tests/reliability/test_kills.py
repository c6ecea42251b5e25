"""Whatever a daemon is killed at, nothing is lost, and nothing doubled that can be known."""

from pathlib import Path

import pytest

from tests.daemon import watchlist_here
from tests.reliability.desk import Desk
from tests.reliability.kills import (
    BROKEN,
    HELD,
    NAMED_KILLS,
    RAIDS,
    RANDOM_RAID,
    come_to_rest,
    raid_at_random,
)
from tests.reliability.ledger import OWNER, parsed
from tests.reliability.nursery import Nursery
from tests.reliability.oracle import check

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("name", sorted(RAIDS.keys() - {BROKEN, HELD}))
def test_nothing_is_lost_by_kills_at_every(name: str, tmp_path: Path, nursery: Nursery) -> None:
    raid = RAIDS[name]
    with raid.desk(tmp_path, nursery) as desk:
        raid.kill(desk)
        assert len(desk.kills) == raid.count
        come_to_rest(desk)
        check(desk)


def test_nothing_is_lost_by_kills_at_any_time(seed: int, tmp_path: Path, nursery: Nursery) -> None:
    with Desk(tmp_path, nursery=nursery) as desk:
        raid_at_random(desk, seed)
        assert len(desk.kills) == RANDOM_RAID
        come_to_rest(desk)
        check(desk)


def test_the_owner_of_a_broken_rule_file_is_told_once_over_kills(
    tmp_path: Path, nursery: Nursery
) -> None:
    raid = RAIDS[BROKEN]
    with raid.desk(tmp_path, nursery) as desk:
        raid.kill(desk)
        come_to_rest(desk)
        check(desk)
        mails = [parsed(mail.content) for mail in desk.post.accepted]
    notices = {mail["Message-ID"]: mail["Subject"] for mail in mails if mail["To"] == OWNER}
    broken, mended = sorted(notices.values())
    assert broken.startswith("rules/items.toml does not load: 1 error; the version of ")
    assert broken.endswith(" stays in force")
    assert mended == "rules/items.toml loads again"


def test_what_may_have_been_sent_is_held_and_shown_where_that_is_asked(
    tmp_path: Path, nursery: Nursery
) -> None:
    raid = RAIDS[HELD]
    with raid.desk(tmp_path, nursery) as desk:
        raid.kill(desk)
        ambiguous = {one for kill in desk.kills for one in kill.marked}
        come_to_rest(desk)
        check(desk)
        held = desk.rows("SELECT message_id, recipient FROM messages WHERE state = 'held'")
        status = watchlist_here("status", cwd=desk.path)
        arrived = [parsed(mail.content)["Message-ID"] for mail in desk.post.accepted]
    assert {message_id for message_id, _ in held} == ambiguous
    assert len(ambiguous) == 2
    assert len(set(arrived)) == len(arrived), "nothing is doubled"
    assert status.returncode == 1
    assert "2 held" in status.stdout
    assert all(str(recipient) in status.stdout for _, recipient in held)


def test_the_raids_are_as_many_kills_as_they_say() -> None:
    assert sum(raid.count for raid in RAIDS.values()) == NAMED_KILLS
