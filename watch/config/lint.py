"""What loads of a configuration, and yet is hardly meant.

A subscription that nothing fits; a secret that anybody may read.
"""

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from watch.core.grouping import selects
from watch.core.model import Finding, Severity, Subscription
from watch.core.rules.checks import finding_of
from watch.core.rules.lint import Code, Lint
from watch.core.rules.lint.allowances import Allowances
from watch.core.rules.ruleset import Item, Rule, Ruleset
from watch.core.toml import Path as Where
from watch.core.toml import TomlText, suggestion
from watch.errors import Mistake

_CREDENTIALS = Path("/run/credentials")
_SECRETS = (("mail", "password_file"), ("fetch", "proxy_file"), ("monitoring", "ping_file"))


def idle_subscriptions(
    toml: TomlText, subscriptions: Sequence[Subscription], ruleset: Ruleset
) -> Iterator[Lint]:
    """Yield a lint for each subscription that no rule in force fits: it will never get a mail.

    `toml` is the file that the subscriptions were read from.
    """
    rules: list[Item | Rule] = [*ruleset.items, *ruleset.rules]
    findings = [finding_of(one, ()) for one in rules if one.has_alert]
    allowed = Allowances(toml)
    for index, subscription in enumerate(subscriptions):
        if any(selects(subscription, finding) for finding in findings):
            continue
        mistake = _mistake(toml, ("subscription", index), subscription, findings)
        header = toml.lines_of("subscription")[index]
        code = Code.IDLE_SUBSCRIPTION
        if not allowed.silence(code, header) and not allowed.silence(code, mistake.line):
            yield Lint(code=code, mistake=mistake)


def readable_secrets(toml: TomlText, root: Path) -> Iterator[Lint]:
    """Yield a lint for each file with a secret in it that anybody on this machine may read.

    Relative paths count from `root`. Those that systemd hands over are guarded by their folder
    (systemd.exec(5), LoadCredential).
    """
    allowed = Allowances(toml)
    for where in _secret_places(toml.values):
        path = root / str(_value_at(toml.values, where))
        try:
            mode = path.stat().st_mode
        except OSError:  # what cannot be read is a mistake, and told as one
            continue
        if not mode & stat.S_IRWXO or path.resolve().is_relative_to(_CREDENTIALS):
            continue
        what = "anybody on this machine may read or write it, and it holds a secret"
        mistake = toml.mistake(where, what, remedy=f"chmod 600 {path}")
        if not allowed.silence(Code.READABLE_SECRET, mistake.line):
            yield Lint(code=Code.READABLE_SECRET, mistake=mistake)


def _secret_places(values: Mapping[str, Any]) -> Iterator[Where]:
    for where in _SECRETS:
        if _value_at(values, where) is not None:
            yield where
    for index, source in enumerate(values.get("source", ())):
        if "headers_file" in source:
            yield ("source", index, "headers_file")


def _value_at(values: Any, where: Where) -> object:  # noqa: ANN401 - as TOML nests them
    for part in where:
        values = values[part] if isinstance(part, int) else values.get(part, {})
    return values or None


def _mistake(
    toml: TomlText, where: Where, subscription: Subscription, findings: Sequence[Finding]
) -> Mistake:
    """Return it at the one wish that no rule fits by itself; at the header where there is none."""
    header = toml.lines_of("subscription")[int(where[1])]
    if not findings:
        told = f'nothing alerts the subscription "{subscription.name}", or any other'
        return toml.line_mistake(header, told, remedy="take alert = false out of a rule or item")
    told = f'no rule fits the subscription "{subscription.name}"'
    asks_all = replace(subscription, rules=(), tags=(), severity=Severity.LOW)
    for key, wish, remedy_of in (
        ("rules", replace(asks_all, rules=subscription.rules), _rules_remedy),
        ("tags", replace(asks_all, tags=subscription.tags), _tags_remedy),
        ("severity", replace(asks_all, severity=subscription.severity), _severity_remedy),
    ):
        if not any(selects(wish, finding) for finding in findings):
            return toml.mistake((*where, key), told, remedy=remedy_of(wish, findings))
    remedy = "each of its rules, tags and severity fits some rule, and no rule fits them all"
    return toml.line_mistake(header, told, remedy=remedy)


def _rules_remedy(wish: Subscription, findings: Sequence[Finding]) -> str:
    return _nearest(wish.rules, {finding.rule for finding in findings}, "rule")


def _tags_remedy(wish: Subscription, findings: Sequence[Finding]) -> str:
    return _nearest(wish.tags, {tag for finding in findings for tag in finding.tags}, "tag")


def _severity_remedy(wish: Subscription, findings: Sequence[Finding]) -> str:
    highest = max(finding.severity for finding in findings)
    return f'no rule is as high as "{wish.severity.word}": write at most "{highest.word}"'


def _nearest(written: Sequence[str], known: set[str], noun: str) -> str:
    """Return what may be meant by words of which none is known."""
    if not known:
        return f"no rule has a {noun}; leave {noun}s out"
    remedies = [suggestion(word, known) for word in written]
    return next((one for one in remedies if one.startswith("did you mean")), remedies[0])
