"""Arranging imports beforehand saves ruff a pass and changes nothing of what comes out."""

from __future__ import annotations

import random

import pytest

from modular_converter.conventions.profiles import named
from modular_converter.emit import formatter
from modular_converter.emit.sorted_imports import ordered_imports, sorted_imports

PROFILE = named("5.23")
MODULES = (
    "os", "collections.abc", "torch", "torch.nn", "numpy", "transformers", "transformers.utils",
    ".configuration_x", "..llama.modeling_llama", "...utils", "...utils.generic", "...",
    "...utils2", "...utils10", "__future__", "PIL", "einops",
)  # fmt: skip
NAMES = ("a", "B", "C", "CONSTANT", "Class2", "Class10", "_private", "__dunder__", "aB", "T", "é")


def _statement(choose: random.Random) -> str:
    module = choose.choice(MODULES)
    if module == "__future__":
        return "from __future__ import annotations"
    if not module.startswith(".") and choose.random() < 0.3:
        return f"import {module}" + choose.choice(("", "", " as other"))
    names = choose.choices(NAMES, k=choose.choice((1, 2, 3, 25)))
    listed = ", ".join(name + choose.choice(("",) * 9 + (" as other",)) for name in names)
    return f"from {module} import {listed}" + choose.choice(
        ("",) * 9 + ("  # why", "  # noqa: F401")
    )


def _text(choose: random.Random) -> str:
    lines = [_statement(choose) for _ in range(choose.randint(1, 9))]
    for blank in ("", "", "# A comment", "if True:\n    import inner", "x = 1"):
        if choose.random() < 0.2:
            lines.insert(choose.randrange(len(lines) + 1), blank)
    body = choose.choice(("", "\n\nx = 1", "# Comment\nclass A:\n    pass"))
    used = ", ".join(choose.sample(NAMES, choose.choice((len(NAMES), 5))))
    return "# Licence\n\n" + "\n".join(lines) + f"\n{body}\nused = {used}, other\n"


def test_ruff_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(104)
    texts = {str(number): _text(choose) for number in range(1000)}
    assert sum(sorted_imports(text) is not None for text in texts.values()) > 100
    sorted_before = formatter.format_all(texts, PROFILE)
    monkeypatch.setattr(formatter, "sorted_imports", lambda text: None)
    assert sorted_before == formatter.format_all(texts, PROFILE)


def test_ruff_leaves_ordered_imports_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(28)
    modules = [module for module in MODULES if module != "__future__"]
    expected, texts = {}, {}
    for number in range(300):
        statements, used = ["from __future__ import annotations\n"], "\n"
        for module in choose.sample(modules, 6):
            listed = [f"{name}{len(used)}" for name in choose.sample(NAMES, choose.choice((1, 9)))]
            statements.append(f"from {module} import {', '.join(listed)}\n")
            used += "".join(f"\n{name}" for name in listed)
        choose.shuffle(statements)
        expected[str(number)] = ordered_imports(statements)
        texts[str(number)] = expected[str(number)] + used
    monkeypatch.setattr(formatter, "sorted_imports", lambda text: None)
    for key, done in formatter.format_all(texts, PROFILE).items():
        assert done.text.startswith(expected[key] + "\n\n")


def test_usual_imports_are_as_ruff_wants_them() -> None:
    text = """\
# Licence

import torch
from ...utils import logging
from torch import nn
from .configuration_x import XConfig
from ... import initialization as init
from ...utils import auto_docstring, TransformersKwargs
import math


class A:
    x = (math, torch, nn, init, logging, auto_docstring, TransformersKwargs, XConfig)
"""
    done = sorted_imports(text)
    assert done is not None
    assert formatter.format_all({"a": done.text}, PROFILE)["a"].text == done.text
    assert sorted_imports("x = 1\nimport b\nimport a\n") is None


def test_unused_names_are_left_out() -> None:
    text = "from b import used, unused\nfrom a import unused_too\n\nx = used\n"
    done = sorted_imports(text)
    assert done is not None
    # What would leave no name is ruff's matter, and so are all imports where more follow.
    assert done.text == "from a import unused_too\nfrom b import used\n\n\nx = used\n"
    assert sorted_imports(text.replace("x =", "import c  # why\n\nx =")) is None
