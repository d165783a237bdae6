from __future__ import annotations

import ast

import pytest

from modular_converter.library.index import build_index
from modular_converter.syntax.source import Source
from parent_finder.modularize.class_text import Member, class_text
from parent_finder.modularize.method_override import overrides, without_super


def method(text: str, name: str = "__init__") -> Member:
    source = Source("x.py", "x.py", "class A(nn.Module):\n" + text)
    return class_text(build_index(source).classes["A"]).methods[name]


PARENT = """\
    def __init__(self, config, layer_idx):
        super().__init__()
        self.scale = config.scale
        self.proj = nn.Linear(config.size, config.size)
        self.post_init()
"""


@pytest.mark.parametrize(
    ("changed", "written"),
    [
        # A replaced assignment.
        (PARENT.replace("config.scale", "1.0"), ["self.scale = 1.0"]),
        # One that is gone.
        (PARENT.replace("        self.scale = config.scale\n", ""), ["del self.scale"]),
        # Statements that are added at the end, before what the converter keeps last.
        (
            PARENT.replace(
                "        self.post", "        self.extra = layer_idx\n        self.post"
            ),
            ["self.extra = layer_idx"],
        ),
    ],
)
def test_init_is_written_as_what_changes(changed: str, written: list[str]) -> None:
    short = overrides(method(changed), method(PARENT), "nn.Module").short[0]
    lines = [line.strip() for line in short.splitlines()]
    assert lines == [
        "def __init__(self, config, layer_idx):",
        "super().__init__(config, layer_idx)",
        *written,
    ]


def test_names_of_the_parents_body_are_not_used_outside_of_it() -> None:
    theirs = "    def f(self, x):\n        y = x + 1\n        return y\n"
    mine = "    def f(self, x):\n        z = y = x + 1\n        y = y + z\n        return y\n"
    assert overrides(method(mine, "f"), method(theirs, "f"), "nn.Module").short == ()


def test_what_the_parents_body_returns_is_not_lost() -> None:
    theirs = "    def f(self, x):\n        self.y = x\n        self.z = x\n        return x\n"
    mine = theirs.replace("self.y = x", "self.y = 1")
    assert overrides(method(mine, "f"), method(theirs, "f"), "nn.Module").short == ()


def test_an_equal_docstring_is_left_out_and_a_missing_one_cannot_be() -> None:
    doc = '        """What it does."""\n'
    theirs = f"    def f(self):\n{doc}        return 1\n"
    changed = overrides(
        method(f"    def f(self):\n{doc}        return 2\n", "f"), method(theirs, "f"), ""
    )
    assert changed.whole == "    def f(self):\n        return 2\n"
    assert doc in changed.verbatim
    bare = overrides(method("    def f(self):\n        return 2\n", "f"), method(theirs, "f"), "")
    assert bare.whole is None


def test_a_docstring_alone_leaves_signature_and_body_to_the_parent() -> None:
    theirs = (
        "    def forward(\n        self,\n        a: int,\n        b: int,\n    ) -> int:\n"
        '        """Old."""\n        c = a + b\n        return c\n'
    )
    mine = theirs.replace("Old", "New")
    assert overrides(method(mine, "forward"), method(theirs, "forward"), "").short[0] == (
        '    def forward(self, **super_kwargs) -> int:\n        """New."""\n'
        "        return super().forward(**super_kwargs)\n"
    )


def test_a_whole_body_names_the_base_that_the_converter_would_replace() -> None:
    mine = (
        "    def __init__(self, config):\n        super().__init__()\n        self.x = f(config)\n"
    )
    whole = overrides(method(mine), method(PARENT), "nn.Module").whole
    assert whole is not None
    assert "        nn.Module.__init__(self)\n" in whole
    ast.parse("class A:\n" + whole)


def test_the_parents_parameters_may_stand_for_ours_whatever_is_returned() -> None:
    theirs = (
        "    def forward(\n        self,\n        a: int,\n        b: int,\n        **kwargs,\n"
        "    ) -> int:\n        c = a + b\n        return c\n"
    )
    mine = theirs.replace("-> int", "-> float")
    assert overrides(method(mine, "forward"), method(theirs, "forward"), "").short[0] == (
        "    def forward(self, **super_kwargs) -> float:\n"
        "        return super().forward(**super_kwargs)\n"
    )


def test_a_local_variable_may_be_set_again_where_it_is_used() -> None:
    theirs = "    def f(self, x):\n        n = 1\n        self.a = g(n)\n        self.b = h(n)\n"
    unused = theirs.replace("n = 1", "n = 2")
    assert overrides(method(unused, "f"), method(theirs, "f"), "").short == ()
    # What a linter would take for unused is marked by its author, as in transformers' files.
    marked = theirs.replace("n = 1", "n = 2  # noqa")
    assert overrides(method(marked, "f"), method(theirs, "f"), "").short == (
        "    def f(self, x):\n        super().f(x)\n        n = 2  # noqa\n",
    )
    used = unused + "        self.c = h(n)\n        self.d = h(n)\n"
    assert overrides(method(used, "f"), method(theirs, "f"), "").short == (
        "    def f(self, x):\n        super().f(x)\n        n = 2\n"
        "        self.c = h(n)\n        self.d = h(n)\n",
    )


def test_a_local_variable_is_repeated_where_a_changed_statement_reads_it() -> None:
    theirs = (
        "    def f(self, x):\n        n = 1\n        self.a = g(n)\n        self.b = h(n)\n"
        "        self.c = h(n)\n"
    )
    mine = theirs.replace("g(n)", "g(n, n)")
    assert overrides(method(mine, "f"), method(theirs, "f"), "").short == (
        "    def f(self, x):\n        super().f(x)\n        n = 1\n        self.a = g(n, n)\n",
    )


def test_blank_lines_are_kept_where_the_short_way_loses_them() -> None:
    theirs = PARENT.replace("        self.proj", "\n        self.proj")
    short = overrides(method(PARENT), method(theirs), "nn.Module")
    assert "self.proj" not in short.short[0]
    assert "self.proj = nn.Linear(config.size, config.size)\n" in short.strict[0]


def test_a_method_that_the_parent_lacks_names_the_base() -> None:
    mine = "    def init(self, module):\n        super().init(module)\n        self.x = 1\n"
    assert without_super(method(mine, "init"), "nn.Module") == mine.replace(
        "super().init(", "nn.Module.init(self, "
    )
