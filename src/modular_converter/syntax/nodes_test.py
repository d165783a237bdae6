"""All nodes of a tree are found, in the order of Python's own walk."""

from __future__ import annotations

import ast
import textwrap

import pytest

from modular_converter.syntax.nodes import children, nodes_within

_WITHOUT_PLACE = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
_TEXTS = (
    """
    @decorator
    async def f(a, /, b: int = 1, *c, d=-2, **e) -> "str":
        global g
        async with a as b, c: pass
        x[1:2, ::3] += not a and b < c <= d
        return f"{a!r:>{b}}" if (y := b) else {**c, "k": [i async for i in d if i]}
    """,
    """
    class C(A, metaclass=M):
        try:
            import a.b as c
        except* E as e:
            raise E from e
        else:
            from . import d
        finally:
            del e, f.g
    """,
    """
    match subject:
        case C(1, k=2) | [_, *rest] | {"k": v, **others} if v: ...
        case None as n: lambda *a, k=1: (yield from a)
    """,
    "type X[T: int, *Ts, **P] = list[T]",
)


@pytest.mark.parametrize("text", _TEXTS)
def test_nodes_are_those_of_pythons_walk(text: str) -> None:
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:
        pytest.skip("newer syntax than this Python's")
    walked = [node for node in ast.walk(tree) if not isinstance(node, _WITHOUT_PLACE)]
    assert nodes_within(tree) == walked
    assert len(walked) > 5


def test_children_are_the_nodes_one_level_below() -> None:
    call = ast.parse("f(a.b, *c, k=1)", mode="eval").body
    assert [ast.unparse(node) for node in children(call)] == ["f", "a.b", "*c", "k=1"]
