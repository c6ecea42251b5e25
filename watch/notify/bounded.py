"""Where templates of others run: on plain values, bounded in what they do and how much of it."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from jinja2 import BaseLoader, StrictUndefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from watch.notify.allowance import (
    CALL,
    length,
    paid,
    paid_loop,
    spend,
    spend_deep,
    spend_flat,
)
from watch.notify.template_filters import METHODS, check_format, paid_filters, paid_range

_BITS = 10_000
"""The largest whole number: to divide longer ones takes time that grows as their square."""

_GLOBALS = ("cycler", "joiner", "namespace")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Where templates run: on plain values, within an `allowance`; a missing name is an error.

    What is forbidden or costs too much raises jinja's SecurityError.
    """

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and ".html" in name,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_paid_output,
        )
        self.code_generator_class = _PaidCode
        self.filters = paid_filters(self.filters)
        self.filters.update(_PAYMENTS)
        tests = cast("dict[str, Callable[..., Any]]", self.tests)
        self.tests = {name: paid(function, spend_flat) for name, function in tests.items()}
        self.globals = {name: self.globals[name] for name in _GLOBALS} | {"range": paid_range}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401 - as jinja has it
        """Whether a template may have it: of text only what does not grow, of numbers nothing."""
        if isinstance(obj, str) and attr not in METHODS:
            return False
        return not isinstance(obj, int | float | range) and super().is_safe_attribute(
            obj, attr, value
        )

    def wrap_str_format(self, value: Any) -> None:  # noqa: ANN401, ARG002 - as jinja has it
        """Return None: `str.format` is forbidden like all that makes long strings of short ones."""
        return

    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as jinja has it
        """Call a macro, a method or a function, for its price."""
        spend(CALL)
        spend_flat(getattr(called, "__self__", None))
        result = super().call(context, called, *args, **kwargs)
        spend_flat(result)
        return result

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - as jinja has it
        """Compute what an operator makes of two values, for its price."""
        _check_numbers(operator, left, right)
        if operator == "%" and isinstance(left, str):
            check_format(left)
            spend_deep(right)
        elif operator == "*":
            spend(length(left) * _times(right) + length(right) * _times(left))
        else:
            spend(length(left) + length(right))
        return super().call_binop(context, operator, left, right)


def _check_numbers(operator: str, left: object, right: object) -> None:
    """Refuse whole numbers, and powers and products of them, that are too long."""
    bits = [one.bit_length() for one in (left, right) if isinstance(one, int)]
    most = max(bits, default=0)
    if len(bits) == 2:  # noqa: PLR2004 - both
        if operator == "*":
            most = sum(bits)
        elif operator == "**" and isinstance(right, int):
            most = max(most, bits[0] * max(0, right))
    if most > _BITS:
        raise SecurityError("it computes with numbers of more than 3,000 digits")


def _times(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0


def _paid_deep(value: Any) -> Any:  # noqa: ANN401 - any value
    spend_deep(value)
    return value


def _paid_flat(value: Any) -> Any:  # noqa: ANN401 - any value
    spend_flat(value)
    return value


# What depends on the context is not computed once and for all while a template is compiled.


@pass_context
def _paid_steps(_: Context, steps: int) -> None:
    spend(steps)


@pass_context
def _paid_output(_: Context, value: Any) -> Any:  # noqa: ANN401 - any value
    return _paid_deep(value)


_LOOP, _DEEP, _FLATLY, _STEPS = "paid loop", "paid deep", "paid flat", "paid steps"
_PAYMENTS: Mapping[str, Callable[..., Any]] = {
    _LOOP: paid_loop,
    _DEEP: _paid_deep,
    _FLATLY: _paid_flat,
    _STEPS: _paid_steps,
}
"""By names that no template can write."""


class _PaidCode(CodeGenerator):
    """Compiles a template that pays for what it does."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - as jinja has it
        _Payments().visit(node)
        super().visit_Template(node, frame)


class _Payments(NodeTransformer):
    """Writes into a template where it pays."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - as jinja has it
        self.generic_visit(node)
        node.iter = _through(_LOOP, node.iter)
        if node.recursive:  # its inner loops have no such node of their own
            node.body.insert(0, _payment(CALL, node))
        return node

    def visit_Include(self, node: nodes.Stmt) -> list[nodes.Node]:  # noqa: N802 - as jinja has it
        return [_payment(CALL, node), self.generic_visit(node)]

    visit_Import = visit_FromImport = visit_Include  # noqa: N815 - as jinja has it

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:  # noqa: N802 - as jinja has it
        length = sum(len(one.data) for one in node.nodes if isinstance(one, nodes.TemplateData))
        return [_payment(length, node), self.generic_visit(node)]

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as jinja has it
        self.generic_visit(node)
        node.nodes = [_through(_DEEP, one) for one in node.nodes]
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - as jinja has it
        self.generic_visit(node)
        node.expr = _through(_FLATLY, node.expr)
        for operand in node.ops:
            operand.expr = _through(_FLATLY, operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - as jinja has it
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _through(_FLATLY, node.node)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802 - as jinja has it
        self.generic_visit(node)
        node.items = [_through(_DEEP, one) for one in node.items]
        return node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 - as jinja has it
        self.generic_visit(node)
        if node.ctx == "load":
            node.items = [_through(_DEEP, one) for one in node.items]
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:  # noqa: N802 - as jinja has it
        self.generic_visit(node)
        node.value = _through(_DEEP, node.value)
        return node


def _through(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(cast("nodes.Expr", node), name, [], [], None, None, lineno=node.lineno)


def _payment(steps: int, node: nodes.Node) -> nodes.ExprStmt:
    return nodes.ExprStmt(
        _through(_STEPS, nodes.Const(steps, lineno=node.lineno)), lineno=node.lineno
    )
