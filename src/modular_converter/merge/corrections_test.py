"""Output that could not work is had right outside of transformers."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from modular_converter.conftest import Workspace, formatted
from modular_converter.convert.model import convert

MODULAR = "transformers/models/new_one/modular_new_one.py"
IMPORT = "from ..llama.modeling_llama import {}\n\n\n"
PARENT = """
from ...tools import GenerationMixin, Module, defaults


class LlamaBase(Module):
    pass


class LlamaThing(LlamaBase, GenerationMixin):
    def __init__(self, size, eps=defaults.eps, **kwargs):
        super().__init__(size)
        self.size = size
        self.eps = eps
        self.rest = kwargs

    def forward(self, x, scale=1):
        def scaled(y):
            return y * scale

        return scaled(x).join(x=x, f=f"{scale}")
"""


def corrected(workspace: Workspace, modular: str, *, corrects: bool = True) -> str:
    workspace.parent(textwrap.dedent(PARENT).lstrip("\n"))
    text = IMPORT.format("LlamaBase, LlamaThing") + textwrap.dedent(modular).lstrip("\n")
    context = replace(workspace.context(), corrects=corrects)
    conversion = convert(workspace.location(workspace.modular(text)), context)
    if corrects:
        assert [finding.message for finding in conversion.warnings] == []
    return formatted(conversion)["modeling"]


def body(text: str, method: str) -> list[str]:
    """The lines of the last definition of a method."""
    lines = text[text.rindex(f"def {method}(") :].split("\n\n    def ")[0].splitlines()
    return [line.strip() for line in lines[1:] if line.strip()]


@pytest.mark.parametrize(
    ("signature", "call", "lines"),
    [
        ("self, n, eps=2, **kwargs", "n, eps, **kwargs",
         ["super().__init__(n)", "self.size = n"]),
        ("self, size, **kwargs", "size * 2, eps=3, **kwargs",
         ["size = size * 2", "eps = 3", "super().__init__(size)"]),
        ("self, size, eps, **kwargs", "eps, size, **kwargs",
         ["size, eps = eps, size", "super().__init__(size)"]),
        ("self, size", "size",
         ["super().__init__(size)", "eps = defaults.eps", "kwargs = {}", "self.size = size"]),
        ("self, size, more, **kwargs", "size, more=more, **kwargs",
         ["super().__init__(size)", 'eps = kwargs.pop("eps", defaults.eps)',
          'kwargs = {"more": more, **kwargs}', "self.size = size"]),
        ("self, size, **options", "size, 1, **options",
         ["super().__init__(size)", "eps = 1", "self.size = size", "self.eps = eps",
          "self.rest = options"]),
    ],
)  # fmt: skip
def test_arguments_of_super(
    workspace: Workspace, signature: str, call: str, lines: list[str]
) -> None:
    modular = f"""
        class NewOneThing(LlamaThing):
            def __init__({signature}):
                super().__init__({call})
    """
    written = body(corrected(workspace, modular), "__init__")
    places = [written.index(line) for line in lines]
    assert places == sorted(places)


def test_what_is_only_passed_on_takes_the_parents_parameters(workspace: Workspace) -> None:
    modular = """
        class NewOneThing(LlamaThing):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.more = 1
    """
    text = corrected(workspace, modular)
    assert "def __init__(self, size, eps=defaults.eps, **kwargs):" in text
    assert "self.more = 1" in text


def test_super_kwargs_are_the_parents_parameters(workspace: Workspace) -> None:
    modular = """
        class NewOneThing(LlamaThing):
            def __init__(self, **super_kwargs):
                super().__init__(eps=3, **super_kwargs)
    """
    text = corrected(workspace, modular)
    assert "def __init__(self, size, eps=defaults.eps, **kwargs):" in text
    assert body(text, "__init__") == [
        "super().__init__(size)",
        "eps = 3",
        "self.size = size",
        "self.eps = eps",
        "self.rest = kwargs",
    ]


def test_a_parameter_that_an_inner_scope_or_a_string_holds_is_assigned(
    workspace: Workspace,
) -> None:
    modular = """
        class NewOneThing(LlamaThing):
            def forward(self, value, factor):
                return super().forward(value, factor)
    """
    assert body(corrected(workspace, modular), "forward") == [
        "scale = factor",
        "def scaled(y):",
        "return y * scale",
        'return scaled(value).join(x=value, f=f"{scale}")',
    ]


def test_what_is_assigned_before_the_call_is_passed_to_the_real_base(workspace: Workspace) -> None:
    modular = """
        class NewOneThing(LlamaThing):
            def __init__(self, size, eps=defaults.eps, **kwargs):
                size = size + 1
                super().__init__(size, eps, **kwargs)
    """
    modular = modular.replace("defaults.eps", "None")
    assert body(corrected(workspace, modular), "__init__")[:2] == [
        "size = size + 1",
        "super().__init__(size)",
    ]


@pytest.mark.parametrize(
    ("bases", "written"),
    [
        ("LlamaThing, TextMixin", "NewOneBase, GenerationMixin, TextMixin"),
        ("TextMixin, LlamaThing", "TextMixin, NewOneBase, GenerationMixin"),
        ("LlamaThing, OwnMixin", "NewOneBase, OwnMixin"),
    ],
)
def test_extra_bases(workspace: Workspace, bases: str, written: str) -> None:
    modular = f"""
        class NewOneBase(LlamaBase):
            pass


        class TextMixin:
            def speak(self): ...


        class OwnMixin(GenerationMixin):
            def speak(self): ...


        class NewOneThing({bases}):
            pass
    """
    assert f"class NewOneThing({written}):" in corrected(workspace, modular)


def test_definitions_come_after_what_they_need(workspace: Workspace) -> None:
    modular = """
        class NewOneThing(LlamaThing):
            kinds = (NewOneBlock, make(3))


        class NewOneBlock(NewOneBase):
            pass


        def make(x=NewOneBlock):
            return x


        class NewOneBase(LlamaBase):
            pass
    """
    text = corrected(workspace, modular)
    names = ("class NewOneBase(", "class NewOneBlock(", "def make(", "class NewOneThing(")
    places = [text.index(name) for name in names]
    assert places == sorted(places)


def test_a_method_keeps_being_async(workspace: Workspace) -> None:
    modular = """
        class NewOneThing(LlamaThing):
            async def forward(self, x):
                return await x
    """
    assert "    async def forward(self, x):" in corrected(workspace, modular)
    assert "    def forward(self, x):" in corrected(workspace, modular, corrects=False)


def test_transformers_itself_is_left_as_its_own_converter_writes_it(workspace: Workspace) -> None:
    modular = """
        class NewOneThing(LlamaThing):
            def forward(self, value):
                return super().forward(value)
    """
    text = corrected(workspace, modular, corrects=False)
    assert body(text, "forward")[-1] == 'return scaled(x).join(x=x, f=f"{scale}")'
    location = workspace.location(str(workspace.root / MODULAR))
    by_default = convert(location, workspace.context())
    assert formatted(by_default)["modeling"] == text
