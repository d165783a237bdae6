"""Strategies for small libraries: a parent written by hand, a modular, and modulars of that one.

What they make is valid: every generated modular converts without an error.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from hypothesis import strategies as st

MODELS = "transformers/models"
OLD, NEW, LEAF = "llama", "new_one", "sam3"
_CASED = {OLD: "Llama", NEW: "NewOne", LEAF: "Sam3"}
_HELPERS = ("rotate_half", "repeat_kv", "scale_by")
_CONSTANTS = ("EPSILON", "_CACHE")
_SUFFIXES = ("MLP", "RMSNorm", "Attention", "DecoderLayer", "Model", "ForCausalLM")
_ATTRIBUTES = ("alpha", "beta", "model_type", "_no_split_modules")
_FIELDS = ("proj", "norm", "layers", "scale")
_METHODS = ("forward", "reset", "merge")
_DECORATORS = ("@torch.no_grad()", "@torch.compile", "@property", "@staticmethod")


@dataclass(frozen=True)
class ClassShape:
    """What a child must know of a class to override it."""

    suffix: str
    attributes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


@dataclass(frozen=True)
class Library:
    """Texts by path below a root, and which of them are modulars (parents before children)."""

    files: dict[str, str]
    modulars: tuple[str, ...]


def _block(text: str, indent: str = "    ") -> str:
    return textwrap.indent(text, indent)


def _subset(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=len(values)).map(
        lambda chosen: tuple(value for value in values if value in chosen)
    )


@st.composite
def _expressions(draw: st.DrawFn, old: str, known: tuple[str, ...]) -> str:
    simple = [
        "x + 1", "self.alpha", "x.view(-1)[0, :]", f'"a {old} in a string"', "None",
        f'f"{old} {{x}} of {old.upper()}"', "lambda y: y * x", "[each for each in x if each]",
        f'"""{_CASED[old]}\n    over two lines"""',
    ]  # fmt: skip
    return draw(st.sampled_from([*simple, *(f"{name}(x)" for name in known)]))


@st.composite
def _statements(draw: st.DrawFn, old: str, known: tuple[str, ...]) -> str:
    value = draw(_expressions(old, known))
    return draw(
        st.sampled_from(
            [
                f"x = {value}",
                f"x = {value}  # {_CASED[old]} does so",
                f"if x is not None:\n    x = {value}",
                f"# A comment on {old}\ny: int = 1",
                f"for each in range(3):\n    x += {old}_layer",
                f"with torch.no_grad():\n    x = {value}",
            ]
        )
    )


@st.composite
def _functions(draw: st.DrawFn, name: str, old: str, known: tuple[str, ...]) -> str:
    body = draw(st.lists(_statements(old, known), min_size=1, max_size=3))
    return f"def {name}(x, {old}_layer=None):\n{_block(chr(10).join(body))}\n    return x"


@st.composite
def _docstrings(draw: st.DrawFn, old: str) -> list[str]:
    return draw(
        st.sampled_from([[], [f'"""The {_CASED[old]} part."""'], [f'r"""{old}\n\ntext."""']])
    )


@st.composite
def _parent_classes(
    draw: st.DrawFn, suffix: str, old: str, known: tuple[str, ...]
) -> tuple[str, ClassShape]:
    attributes, fields, methods = (draw(_subset(each)) for each in (_ATTRIBUTES, _FIELDS, _METHODS))
    members = draw(_docstrings(old))
    for name in attributes:
        note = draw(st.sampled_from(["", f"# {old} has it\n", "\n"]))
        members.append(note + draw(st.sampled_from([f'{name} = "{old}"', f"{name}: int = 1"])))
    init = [f"self.{name} = {draw(_expressions(old, known))}" for name in fields]
    init.append("self.x = x")
    members.append(
        f"def __init__(self, config, x=None, {old}_layer=0):\n    super().__init__()\n"
        + _block("\n".join(init))
    )
    for name in methods:
        decorator = draw(st.sampled_from(["", "@torch.no_grad()\n", "# Above\n"]))
        body = draw(st.lists(_statements(old, known), min_size=1, max_size=3))
        members.append(
            f"\n{decorator}def {name}(self, x, {old}_layer=None):\n"
            + _block("\n".join([*draw(_docstrings(old)), *body, "return x"]))
        )
    decorator = draw(st.sampled_from(["", "@torch.compile\n", f"# Comment on {old}\n"]))
    head = f"{decorator}class {_CASED[old]}{suffix}(nn.Module):\n"
    return head + _block("\n".join(members)), ClassShape(suffix, attributes, fields, methods)


@st.composite
def _child_classes(draw: st.DrawFn, model: str, old: str, parent: ClassShape) -> str:
    members = draw(_docstrings(model))
    for name in draw(_subset(_ATTRIBUTES)):
        choices = [f'{name} = "{model}"', f"{name}: int = 2", f"# Its own\n{name} = None"]
        if name in parent.attributes:
            choices.append(f"{name} = AttributeError()")
        members.append(draw(st.sampled_from(choices)))
    if draw(st.booleans()):
        body = ["super().__init__(config)"]
        if draw(st.booleans()) and parent.fields:
            body.append(f"del self.{draw(st.sampled_from(parent.fields))}")
        body += draw(
            st.lists(
                st.sampled_from(["self.proj = 3", "self.extra = EXTRA", "x = extra(x)"]),
                max_size=2,
                unique=True,
            )
        )
        members.append("def __init__(self, config, x=None):\n" + _block("\n".join(body)))
    for name in draw(_subset(_METHODS)):
        kinds = ["override"]
        if name in parent.methods:
            kinds += ["delete", "super", "return super", "super_kwargs"]
        kind = draw(st.sampled_from(kinds))
        if kind == "delete":
            members.append(f"\ndef {name}(self, x):\n    raise AttributeError()")
        elif kind == "super_kwargs":
            members.append(
                f"\ndef {name}(self, **super_kwargs):\n    return super().{name}(**super_kwargs)"
            )
        elif kind == "override":
            decorator = draw(st.sampled_from(["", *(f"{each}\n" for each in _DECORATORS[:2])]))
            text = draw(_statements(model, ("extra",)))
            members.append(f"\n{decorator}def {name}(self, x, y=1):\n{_block(text)}\n    return x")
        else:
            call = f"super().{name}(x)"
            before = draw(st.sampled_from(["", "x = x + 1\n"]))
            line = call if kind == "super" else f"return {call}"
            after = "\nreturn x" if kind == "super" else ""
            members.append(f"\ndef {name}(self, x):\n{_block(before + line + after)}")
    if draw(st.booleans()):
        decorator = draw(st.sampled_from(_DECORATORS))
        receiver = "" if decorator == "@staticmethod" else "self"
        members.append(f"\n{decorator}\ndef only_here({receiver}):\n    return EXTRA")
    if not members:
        members = ["pass"]
    head = f"class {_CASED[model]}{parent.suffix}({_CASED[old]}{parent.suffix}):\n"
    return head + _block("\n".join(members))


@st.composite
def _modulars(
    draw: st.DrawFn, model: str, old: str, shapes: list[ClassShape], helpers: tuple[str, ...]
) -> tuple[str, list[ClassShape]]:
    chosen = draw(st.lists(st.sampled_from(shapes), unique=True, min_size=1))
    used_helpers = draw(_subset(helpers)) if helpers else ()
    names = [*(f"{_CASED[old]}{each.suffix}" for each in chosen), *used_helpers]
    parts = [
        "import torch\nfrom torch import nn\n\n"
        f"from ..{old}.modeling_{old} import {', '.join(names)}",
        "EXTRA = 7",
        "def extra(x):\n    return EXTRA + x",
    ]
    if draw(st.booleans()):
        # Functions of the modular take the place of the parent's.
        parts += [draw(_functions(name, model, ("extra",))) for name in helpers[:1]]
        if helpers[:1] and helpers[0] in names:
            names.remove(helpers[0])
            parts[0] = parts[0].rpartition("import")[0] + "import " + ", ".join(names)
    parts += [draw(_child_classes(model, old, each)) for each in chosen]
    if draw(st.booleans()):
        calls = [f"{name}(1)" for name in used_helpers] or ["extra(1)"]
        parts.append(f"class {_CASED[model]}Head(nn.Module):\n    value = {calls[0]}")
    if draw(st.booleans()):
        exported = ", ".join(f'"{_CASED[model]}{each.suffix}"' for each in chosen)
        parts.append(f"__all__ = [{exported}]")
    # Of what the child's file holds, only names are certain enough for a grandchild.
    return "\n\n\n".join(parts) + "\n", [ClassShape(each.suffix) for each in chosen]


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    """A parent with classes, helpers and constants, a modular of it, at times one of that."""
    helpers = draw(_subset(_HELPERS))
    suffixes = draw(st.lists(st.sampled_from(_SUFFIXES), unique=True, min_size=1, max_size=4))
    parts = ["import torch\nfrom torch import nn"]
    parts += [f"{name} = 1e-6" for name in _CONSTANTS]
    known: tuple[str, ...] = ()
    for name in helpers:
        parts.append(draw(_functions(name, OLD, known)))
        known = (*known, name)
    shapes = []
    for suffix in suffixes:
        text, shape = draw(_parent_classes(suffix, OLD, known))
        parts.append(text)
        shapes.append(shape)
        known = (*known, f"{_CASED[OLD]}{suffix}")
    table = ", ".join(f'"{lower}": "{cased}Config"' for lower, cased in _CASED.items())
    files = {
        "transformers/__init__.py": '__version__ = "5.23.0"\n',
        f"{MODELS}/auto/auto_mappings.py": f"CONFIG_MAPPING_NAMES = {{{table}}}\n",
        f"{MODELS}/{OLD}/modeling_{OLD}.py": "\n\n\n".join(parts) + "\n",
    }
    modulars = [f"{MODELS}/{NEW}/modular_{NEW}.py"]
    files[modulars[0]], inherited = draw(_modulars(NEW, OLD, shapes, helpers))
    if draw(st.booleans()):
        modulars.append(f"{MODELS}/{LEAF}/modular_{LEAF}.py")
        files[modulars[1]], _ = draw(_modulars(LEAF, NEW, inherited, ()))
    return Library(files, tuple(modulars))
