from tests.builders import NOW, rules_of
from watch.core.rules.ruleset import Ruleset
from watch.store import rulesets
from watch.store.db import Store


async def test_the_ruleset_last_loaded_is_the_one_in_force(store: Store) -> None:
    assert await store.read(rulesets.get_ruleset) is None
    await store.write(rulesets.put_ruleset_error, "nothing there yet")
    await store.write(rulesets.add_ruleset, Ruleset(), NOW)
    ruleset = rules_of('[[item]]\nname = "ICBM"')
    await store.write(rulesets.add_ruleset, ruleset, NOW)
    await store.write(rulesets.put_ruleset_error, "rules/a.toml:1:1: not TOML")
    state = await store.read(rulesets.get_ruleset)
    assert state == rulesets.RulesetState(
        fingerprint=ruleset.fingerprint,
        loaded=NOW,
        files=1,
        items=1,
        error="rules/a.toml:1:1: not TOML",
    )
    await store.write(rulesets.put_ruleset_error, None)
    state = await store.read(rulesets.get_ruleset)
    assert state is not None
    assert state.error is None
