import ast
import sys

import pytest

from toolkit.newer_syntax import NewerSyntax, newer_syntax, newer_syntax_behind

_RUNNING = sys.version_info[:2]
_NEWER = [
    ((3, 11), "try:\n    pass\nexcept* ValueError:\n    pass\n"),
    ((3, 11), "x = 1\na = b[*c]\n"),
    ((3, 11), "a = f(b)[c, *d]\n"),
    ((3, 11), "def f(*args: *Ts): pass\n"),
    ((3, 12), "x = 1\ntype A = int\n"),
    ((3, 12), "type A[T] = list[T]\n"),
    ((3, 12), "class C:\n    def f[T](self, x: T) -> T:\n        return x\n"),
    ((3, 12), "async def f[T: (int, str)](x: T): pass\n"),
    ((3, 12), "class C[T]:\n    pass\n"),
    ((3, 12), 'x = f"a {d["k"]} b"\n'),
    ((3, 12), "x = (f'a {b} {d['k']} b')\n"),
    ((3, 12), "x = f\"{'\\n'.join(a)}\"\n"),
    ((3, 12), 'x = f"{\n  a\n}"\n'),
    ((3, 12), 'x = f"""{\n a # c\n}"""\n'),
    ((3, 13), "class C[T = int]:\n    pass\n"),
    ((3, 13), "def f[T: int = bool](x: T): pass\n"),
    ((3, 13), "type A[*Ts = *tuple[int]] = int\n"),
    ((3, 14), "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n"),
    ((3, 14), 'x = 1\ny = t"{x}"\n'),
    ((3, 15), "lazy import json\n"),
    ((3, 15), "lazy from a import b\n"),
    ((3, 15), "x = [*a for a in b]\n"),
    ((3, 15), "x = {**a for a in b}\n"),
]


def _error(source: str) -> SyntaxError:
    with pytest.raises(SyntaxError) as raised:
        ast.parse(source)
    return raised.value


@pytest.mark.parametrize(("version", "source"), _NEWER)
def test_syntax_of_later_versions(version: tuple[int, int], source: str) -> None:
    if version <= _RUNNING:
        ast.parse(source)
        return
    syntax = newer_syntax(_error(source))
    assert syntax is not None
    assert syntax.version == version
    assert f"needs Python 3.{version[1]}, and this is Python 3.{_RUNNING[1]}" in syntax.problem


@pytest.mark.parametrize(
    "source",
    [
        "def f(:\n    pass\n",
        "class C(:\n    pass\n",
        "type A B\n",
        "x = [1, 2\n",
        "lazy = import\n",
        "a = b[c, d\n",
        'x = "a\n',
        "x = f'{a'\n",
        # The mistake is elsewhere in the line.
        "x = c d, t'{x}'\n",
        "except* = 1\n",
        "return [*a\n",
        "x = 5 *: * y\n",
        "try:\n    pass\nexcept ValueError TypeError:\n    pass\n",
    ],
)
def test_mistakes_are_no_newer_syntax(source: str) -> None:
    assert newer_syntax(_error(source)) is None


def test_a_version_that_runs_has_its_own_syntax() -> None:
    error = SyntaxError("invalid syntax", ("a.py", 1, 6, "type A = int\n"))
    assert newer_syntax(error, (3, 12)) is None
    syntax = newer_syntax(error, (3, 11))
    assert syntax == NewerSyntax("a `type` statement", (3, 12))
    assert syntax.constraint == "CPython>=3.12"
    assert syntax.hint("`[tool].option`") == (
        'run this on Python 3.12 or later; for Pants, set `[tool].option` to `["CPython>=3.12"]`'
    )


def test_the_cause_of_a_failed_import() -> None:
    later = SyntaxError("invalid syntax", ("a.py", 3, 1, "lazy import json\n"))
    for outer in (later, RuntimeError("a is not loaded")):
        try:
            try:
                raise later
            except SyntaxError as problem:
                raise outer from (None if outer is problem else problem)
        except (RuntimeError, SyntaxError) as problem:
            found = newer_syntax_behind(problem)
        assert found == (NewerSyntax("a lazy import", (3, 15)), "a.py:3")
    assert newer_syntax_behind(ValueError("no")) is None
    assert newer_syntax_behind(SyntaxError("invalid syntax")) is None
