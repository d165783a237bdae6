"""The tokens that a processor class expects of its tokenizer, read from the class's source.

A processor names them in a few ways: it reads `tokenizer.image_token`, with or without a literal
to fall back on, has a parameter `image_token="<image>"`, or sets `self.image_token = "<image>"`.
What it repeats for an image may be a literal only: `"<patch>" * count`.
Reading the source needs no import, so that a class whose requirements are missing, or one that a
repository has just generated, is not an exception.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

# Attributes that every tokenizer has, or that end in `_token` without naming one.
STANDARD = frozenset(f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))
_LITERAL = re.compile(r"<[^<>\s]+>")
_TOKEN = re.compile(r"^(?P<name>[a-z][a-z0-9_]*_token)(_ids?)?$")
# Settings and flags that end like a token's name.
_NO_TOKENS = frozenset(
    {"add_bos_token", "add_eos_token", "tokenizer_was_trained_with_end_of_utterance_token"}
)


def expected_tokens(source: str, class_name: str) -> dict[str, str | None]:
    """The token attributes that a class uses, with the text of each where its source has one."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            texts: dict[str, str | None] = {}
            for attribute, text in _mentions(node):
                if attribute in STANDARD or attribute in _NO_TOKENS:
                    continue
                if texts.get(attribute) is None:
                    texts[attribute] = text
            return dict(sorted(texts.items()))
    return {}


def takes_tokenizer(source: str, class_name: str) -> bool:
    """Whether a processor class is made of a tokenizer, among other things."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return any(_names_tokenizer(statement) for statement in node.body)
    return False


def _names_tokenizer(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
        return any(argument.arg == "tokenizer" for argument in statement.args.args)
    # Some classes name their parts by attributes instead.
    return isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "tokenizer_class"
        for target in statement.targets
    )


def source_of(module_name: str) -> str | None:
    """The source text of a module of the installed libraries, without importing it."""
    try:
        spec = importlib.util.find_spec(module_name)
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).read_text(encoding="utf-8")


def _mentions(tree: ast.AST) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from _parameters(node)
            if "image" in node.name:
                yield from _repeated(node)
        elif isinstance(node, ast.Attribute) and _is_tokenizer(node.value):
            match = _TOKEN.match(node.attr)
            if match:
                yield match["name"], None
        elif isinstance(node, ast.Call):
            yield from _lookups(node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            yield from _assignment(node.targets[0], node.value)


def _parameters(function: ast.FunctionDef) -> Iterator[tuple[str, str | None]]:
    arguments = function.args
    positional = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [
        *zip(positional, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    if function.name == "__init__":
        for argument, default in pairs:
            text = _text(default)
            if argument.arg.endswith("_token") and text:
                yield argument.arg, text


def _repeated(function: ast.FunctionDef) -> Iterator[tuple[str, str | None]]:
    """`"<patch>" * count` and `["<patch>"] * count`, of what stands for an image."""
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            left = node.left
            if isinstance(left, ast.List) and len(left.elts) == 1:
                left = left.elts[0]
            text = _text(left)
            if text and _LITERAL.fullmatch(text):
                yield "img_patch_token", text


def _lookups(call: ast.Call) -> Iterator[tuple[str, str | None]]:
    """`getattr(tokenizer, "image_token", "<image>")` and `hasattr(tokenizer, "image_token")`."""
    if (
        isinstance(call.func, ast.Name)
        and call.func.id in ("getattr", "hasattr")
        and len(call.args) >= 2
        and _is_tokenizer(call.args[0])
    ):
        match = _TOKEN.match(_text(call.args[1]) or "")
        if match:
            yield match["name"], _text(call.args[2]) if len(call.args) > 2 else None


def _assignment(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str | None]]:
    """`self.image_token = "<image>"`, also as one branch of a condition."""
    if not isinstance(target, ast.Attribute):
        return
    match = _TOKEN.match(target.attr)
    if match and target.attr.endswith("_token"):
        for candidate in ast.walk(value):
            text = _text(candidate)
            if text and not _TOKEN.match(text):
                yield target.attr, text


def _is_tokenizer(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return name == "tokenizer"


def _text(node: ast.AST | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None
