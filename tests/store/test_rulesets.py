from datetime import timedelta

from tests.builders import NOW, rules_of
from watch.core.rules.live import KeptFile
from watch.core.rules.ruleset import Ruleset
from watch.store import rulesets
from watch.store.db import Store

LATER = NOW + timedelta(days=1)


async def test_the_ruleset_last_loaded_is_the_one_in_force(store: Store) -> None:
    assert await store.read(rulesets.get_ruleset) is None
    await store.write(rulesets.add_ruleset, Ruleset(), NOW)
    ruleset = rules_of('[[item]]\nname = "ICBM"')
    await store.write(rulesets.add_ruleset, ruleset, NOW)
    state = await store.read(rulesets.get_ruleset)
    assert state == rulesets.RulesetState(
        fingerprint=ruleset.fingerprint, loaded=NOW, files=1, items=1
    )


async def test_rule_files_are_kept_as_they_are_in_their_order(store: Store) -> None:
    assert await store.read(rulesets.get_rule_files) == ()
    files = (
        KeptFile(path="rules/b.toml", text="# 드론\r\n\0", since=NOW),
        KeptFile(path="rules/a.toml", text="", since=NOW),
        KeptFile(
            path="rules/new.toml",
            text=None,
            since=NOW,
            stale_since=LATER,
            error="rules/new.toml:1:1: not TOML",
            errors=2,
        ),
    )
    await store.write(rulesets.put_rule_files, files)
    assert await store.read(rulesets.get_rule_files) == files
    await store.write(rulesets.put_rule_files, files[1:2])
    assert await store.read(rulesets.get_rule_files) == files[1:2]


async def test_departures_are_told_until_the_file_is_back(store: Store) -> None:
    first = rulesets.Departure(path="rules/a.toml", items=12, left=NOW)
    other = rulesets.Departure(path="rules/b.toml", items=1, left=LATER)
    again = rulesets.Departure(path="rules/a.toml", items=3, left=LATER)
    await store.write(rulesets.put_departures, [first], present=[])
    await store.write(rulesets.put_departures, [other], present=["rules/c.toml"])
    assert await store.read(rulesets.get_departures, NOW) == (other, first)
    assert await store.read(rulesets.get_departures, LATER) == (other,)
    await store.write(rulesets.put_departures, [again], present=["rules/b.toml"])
    assert await store.read(rulesets.get_departures, NOW) == (again,)
