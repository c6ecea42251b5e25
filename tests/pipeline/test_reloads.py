"""Any edits, in any order, with restarts between: the set is whole, and no shrinking is silent."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline.conftest import Desk, changed
from watch.core.rules.parse import parse_rule_file
from watch.core.rules.ruleset import Ruleset, assemble
from watch.pipeline.job import Context
from watch.pipeline.rules import LiveRules
from watch.pipeline.upkeep import reload_rules, start_rules
from watch.store.db import Transaction
from watch.store.outbox import get_outbox
from watch.store.rulesets import get_rule_files, put_departures, put_rule_files

PATHS = ("a.toml", "b.toml", "below/c.toml")
NAMES = ("icbm", "drone", "드론", "kite", "balloon")

paths = st.sampled_from(PATHS)
good = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)
edits = st.one_of(
    st.tuples(st.just("write"), paths, good),
    st.tuples(st.just("break"), paths, st.sampled_from(['[[item]]\nname = "x', "x = 1", "\xff"])),
    st.tuples(st.just("truncate"), paths, st.integers(0, 60)),
    st.tuples(st.just("delete"), paths, st.none()),
    st.tuples(st.just("rename"), paths, paths),
    st.tuples(st.just("restart"), st.none(), st.none()),
)


def _rules(names: list[str]) -> bytes:
    return "".join(f'[[item]]\nname = "{name}"\n' for name in names).encode()


def _edit(rules: Path, kind: str, path: str, what: object) -> None:
    """Do to the files what a person, an editor or git may do."""
    file = rules / path
    file.parent.mkdir(exist_ok=True)
    match kind, what:
        case "write", list():
            file.write_bytes(_rules(what))
        case "break", str():
            file.write_bytes(what.encode("latin-1"))
        case "truncate", int() if file.exists():
            file.write_bytes(file.read_bytes()[:what])
        case "delete", _:
            file.unlink(missing_ok=True)
        case "rename", str() if file.exists():
            (rules / what).parent.mkdir(exist_ok=True)
            file.rename(rules / what)
        case _:
            pass


@dataclass
class _Reports(logging.Handler):
    """The items that the log says have left."""

    left: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "items left":
            self.left |= set(record.__dict__["which"].split(", "))

    __hash__ = logging.Handler.__hash__


async def _begin(desk: Desk) -> Context:
    """Return a desk with one rule file, as at the first start ever."""

    def forget(transaction: Transaction) -> None:
        put_departures(transaction, [], present=[f"rules/{path}" for path in PATHS])
        put_rule_files(transaction, ())

    rules = desk.path / "rules"
    for file in rules.rglob("*.toml"):
        file.unlink()
    (rules / "a.toml").write_bytes(_rules(["icbm", "drone"]))
    await desk.context.store.write(forget)
    return await _restart(desk)


async def _restart(desk: Desk) -> Context:
    context = changed(desk, rules=LiveRules(), operator="operator@example.org")
    await start_rules(context)
    return context


async def _mails(context: Context) -> int:
    return sum((await context.store.read(get_outbox)).counts.values())


def _ids(context: Context) -> set[str]:
    return {item.id for item in context.rules.matcher.ruleset.items}


def _stale(context: Context) -> set[str]:
    return {file.path for file in context.rules.kept if file.stale_since is not None}


def _is_broken(file: Path) -> bool:
    try:
        return bool(parse_rule_file("", file.read_bytes().decode()).mistakes)
    except UnicodeDecodeError:
        return True


@given(sequence=st.lists(edits, max_size=8))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_the_set_is_always_whole_and_every_shrinking_is_reported(
    desk: Desk, sequence: list[tuple[str, str | None, object]]
) -> None:
    context = await _begin(desk)
    rules = desk.path / "rules"
    reports = _Reports()
    log = logging.getLogger("watch.pipeline.upkeep")
    log.addHandler(reports)
    try:
        for kind, path, what in sequence:
            desk.clock.advance(minutes=1)
            ids, stale, mails = _ids(context), _stale(context), await _mails(context)
            texts = {file.path: file.text for file in context.rules.files}
            reports.left = set()
            if path is None:
                context = await _restart(desk)
                assert await _mails(context) == mails, "a restart alone tells nobody anything"
            else:
                _edit(rules, kind, path, what)
                await reload_rules(context)
                await reload_rules(context)
            live = context.rules

            whole = assemble(live.files)
            assert isinstance(whole, Ruleset)
            assert whole == live.matcher.ruleset
            assert live.files, "something is always in force"
            assert await context.store.read(get_rule_files) == live.kept
            assert reports.left == ids - _ids(context), (kind, path, what)

            now = {file.path: file.text for file in live.files}
            for label in PATHS:
                file, shown = rules / label, f"rules/{label}"
                if file.exists() and _is_broken(file):
                    assert shown in _stale(context)
                    assert now.get(shown) == texts.get(shown), "the last good version, or none"
                elif file.exists() and now.get(shown) != file.read_text("utf-8"):
                    assert shown in _stale(context), "what is not in force is told"
            more = await _mails(context) - mails
            assert more > 0 or _stale(context) <= stale, "each breakage is mailed"
            if _stale(context) == stale and texts.keys() <= now.keys():
                assert more == 0, "and mailed once"
    finally:
        log.removeHandler(reports)
