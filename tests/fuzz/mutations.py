"""Ways to spoil a modular file; each is a function of a random generator and the file's text.

A mutation returns text, or bytes where it is about encoding. All choices come from the generator,
so that a seed gives the same file again.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, str], "str | bytes"]

_NAME = re.compile(r"\b[A-Za-z_]\w*\b")


def _tree(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _span(node: ast.stmt) -> tuple[int, int]:
    """Lines of a statement with its decorators: from 0, the end excluded."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first - 1, node.end_lineno or node.lineno


def _classes(text: str) -> list[ast.ClassDef]:
    tree = _tree(text)
    return [node for node in tree.body if isinstance(node, ast.ClassDef)] if tree else []


def delete_member(random: Random, text: str) -> str:
    """Takes a statement out of a class."""
    members = [member for node in _classes(text) for member in node.body]
    if not members:
        return text
    first, end = _span(random.choice(members))
    lines = text.split("\n")
    return "\n".join(lines[:first] + lines[end:])


def delete_statement(random: Random, text: str) -> str:
    """Takes a top-level statement out: an import, a function, a class."""
    tree = _tree(text)
    if not tree or not tree.body:
        return text
    first, end = _span(random.choice(tree.body))
    lines = text.split("\n")
    return "\n".join(lines[:first] + lines[end:])


def shuffle_classes(random: Random, text: str) -> str:
    """Puts the classes in another order."""
    spans = [_span(node) for node in _classes(text)]
    lines = text.split("\n")
    bodies = [lines[first:end] for first, end in spans]
    random.shuffle(bodies)
    for (first, end), body in reversed(list(zip(spans, bodies, strict=True))):
        lines[first:end] = body
    return "\n".join(lines)


def duplicate_class(random: Random, text: str) -> str:
    """Defines a class once more, at the end."""
    classes = _classes(text)
    if not classes:
        return text
    first, end = _span(random.choice(classes))
    return text + "\n\n" + "\n".join(text.split("\n")[first:end]) + "\n"


def duplicate_member(random: Random, text: str) -> str:
    """Defines a member of a class twice in a row."""
    members = [member for node in _classes(text) for member in node.body]
    if not members:
        return text
    first, end = _span(random.choice(members))
    lines = text.split("\n")
    return "\n".join(lines[:end] + lines[first:end] + lines[end:])


def nest_class(random: Random, text: str) -> str:
    """Moves a class under a condition or into a function or class."""
    classes = _classes(text)
    if not classes:
        return text
    first, end = _span(random.choice(classes))
    lines = text.split("\n")
    head = random.choice(["if True:", "try:", "def outer():", "class Outer:", "with x() as y:"])
    body = ["    " + line for line in lines[first:end]]
    tail = ["finally:", "    pass"] if head == "try:" else []
    return "\n".join([*lines[:first], head, *body, *tail, *lines[end:]])


def swap_names(random: Random, text: str) -> str:
    """Exchanges two names everywhere."""
    names = sorted({name for name in _NAME.findall(text) if not keyword.iskeyword(name)})
    if len(names) < 2:
        return text
    one, other = random.sample(names, 2)
    exchange = {one: other, other: one}
    return _NAME.sub(lambda match: exchange.get(match.group(), match.group()), text)


def replace_name(random: Random, text: str) -> str:
    """Writes a keyword, a number or an unusual name in place of one name."""
    places = list(_NAME.finditer(text))
    if not places:
        return text
    place = random.choice(places)
    new = random.choice(
        [
            "class",
            "None",
            "1",
            "𝐱",
            "ünï",
            "__getattr__",
            "self",
            "_",
            "super",
            "super_kwargs",
            "x.y",
        ]
    )
    return text[: place.start()] + new + text[place.end() :]


def change_base(random: Random, text: str) -> str:
    """Gives a class other bases: itself, none, several, an expression."""
    heads = list(re.finditer(r"^class (\w+)(\([^()]*\))?:", text, re.MULTILINE))
    if not heads:
        return text
    head = random.choice(heads)
    others = [each[1] for each in heads]
    bases = random.choice(
        [
            "",
            f"({head[1]})",
            f"({random.choice(others)}, {random.choice(others)})",
            "(*bases)",
            "(make(1))",
            "(a[0])",
            f"(object, metaclass={random.choice(others)}, **options)",
            f"({head[2][1:-1] if head[2] else 'object'},\n    # why\n)",
        ]
    )
    return text[: head.start()] + f"class {head[1]}{bases}:" + text[head.end() :]


def change_import(random: Random, text: str) -> str:
    """Spoils an import: a star, an alias, more dots, another module, a condition."""
    heads = list(re.finditer(r"^from (\.+[\w.]+) import ([^(\n]+)$", text, re.MULTILINE))
    if not heads:
        return text
    head = random.choice(heads)
    name = head[2].split(",")[0].strip()
    line = random.choice(
        [
            f"from {head[1]} import *",
            f"from {head[1]} import {name} as Renamed",
            f"from .{head[1]} import {head[2]}",
            f"from ....{head[1]} import {head[2]}",
            f"from {head[1]}x import {head[2]}",
            f"from {head[1]} import {name}Missing",
            f"if x:\n    {head.group()}\nelse:\n    {name} = None",
            f"try:\n    {head.group()}\nexcept ImportError:\n    pass",
            f"{head.group()}; x = 1",
            f"from {head[1]} import (  # why\n    {name},  # one\n)",
            f"from {head[1]} import \\\n    {head[2]}",
            f"import {head[1].lstrip('.')}",
        ]
    )
    return text[: head.start()] + line + text[head.end() :]


def add_statement(random: Random, text: str) -> str:
    """Puts an unusual statement somewhere between lines."""
    lines = text.split("\n")
    at = random.randrange(len(lines) + 1)
    before = lines[at - 1] if at else ""
    indent = before[: len(before) - len(before.lstrip())]
    statement = random.choice(
        [
            "x: int = 1; y = 2",
            "a = b = c = 1",
            "a, (b, *c) = d",
            "del self.config, self.x",
            "del self.config",
            "super().__init__(config)",
            "return super().forward(x)",
            "raise AttributeError('x')",
            "hidden_size = AttributeError()",
            "match x:\n    case [1, *_]:\n        pass",
            "async def f(): await g()",
            "lambda: (yield)",
            "if (n := 10) > 5: pass",
            "global x",
            "def f(self, *args, **super_kwargs): return super().f(*args)",
            "def f(): raise AttributeError()",
            "@property\ndef f(self): pass\n@f.setter\ndef f(self, x): pass",
            "class Inner(Outer): x = 1; y = 2",
            '"""a string"""',
            "f'{x!r:>{width}} {f\"{y}\"}'",
            "rb'\\x00' b''",
            "__all__ = [*a, 'b']",
            "__all__ += ['c']",
            "__getattr__ = deprecate_attr(__name__, remove={**a}, rename=b)",
            "...",
            "\\\n",
            "# Copied from x",
            "\f",
            "print >>x, 1",
            "exec 'x'",
        ]
    )
    added = [indent + line for line in statement.split("\n")]
    return "\n".join(lines[:at] + added + lines[at:])


def break_syntax(random: Random, text: str) -> str:
    """Takes out, doubles or changes a few characters."""
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text) + 1)
        width = random.choice([0, 1, 1, 5])
        new = random.choice(
            ["", "(", ")", '"', '"""', "'", ":", "#", "\\", " ", "\n", "}", "@", "é"]
        )
        text = text[:at] + new + text[at + width :]
    return text


def truncate(random: Random, text: str) -> bytes:
    """Cuts the file off at some byte."""
    data = text.encode()
    return data[: random.randrange(len(data) + 1)]


def spoil_lines(random: Random, text: str) -> str:
    """Deletes, doubles, moves or indents lines."""
    lines = text.split("\n")
    for _ in range(random.randint(1, 5)):
        at = random.randrange(len(lines))
        kind = random.randrange(4)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, lines[at])
        elif kind == 2:
            lines.insert(random.randrange(len(lines)), lines.pop(at))
        else:
            lines[at] = random.choice(["    ", "\t", " ", "\u00a0"]) + lines[at]
        if not lines:
            return ""
    return "\n".join(lines)


def line_ends(random: Random, text: str) -> str:
    """Other line ends, pure or mixed, or none at the end of the file."""
    kind = random.randrange(4)
    if kind == 0:
        return text.replace("\n", "\r\n")
    if kind == 1:
        return text.replace("\n", "\r")
    if kind == 2:
        return text.rstrip("\n")
    return "".join(
        line + random.choice(["\n", "\r\n", "\r", "\n\f", "\n\n", "\v\n"])
        for line in text.split("\n")
    )


def tabs(random: Random, text: str) -> str:
    """Indents with tabs, all of it or some lines, or with another width."""
    kind = random.randrange(3)
    if kind == 0:
        return re.sub(
            "^(?: {4})+", lambda m: "\t" * (len(m.group()) // 4), text, flags=re.MULTILINE
        )
    if kind == 1:
        return re.sub("^(?: {4})+", lambda m: " " * (len(m.group()) // 2), text, flags=re.MULTILINE)
    return re.sub(
        "^ {4}", lambda m: random.choice(["\t", "    ", "    "]), text, flags=re.MULTILINE
    )


def encoding(random: Random, text: str) -> bytes:
    """Another encoding, declared, not declared or wrongly declared; a byte-order mark."""
    comment = "# é ß 模型 \U0001f6a8\n"
    kind = random.randrange(8)
    if kind == 0:
        return b"\xef\xbb\xbf" + text.encode()
    if kind == 1:
        return b"\xef\xbb\xbf# -*- coding: latin-1 -*-\n" + text.encode()
    if kind == 2:
        return ("# -*- coding: latin-1 -*-\n# é\n" + text).encode("latin-1", "replace")
    if kind == 3:
        name = random.choice(
            ["utf-7", "no-such", "rot13", "hex", "idna", "cp1252", "utf-16", "ascii"]
        )
        return (f"# coding: {name}\n" + comment + text).encode()
    if kind == 4:
        return (comment + text).encode(random.choice(["utf-16", "utf-32", "utf-16-le"]))
    data = bytearray((comment + text).encode())
    for _ in range(random.randint(1, 3)):
        data[random.randrange(len(data))] = random.choice([0x00, 0x80, 0xC3, 0xFF, 0x1A, 0x0C])
    if kind == 5:
        return bytes(data)
    at = random.randrange(len(data) + 1)
    return (
        bytes(data[:at]) + random.choice([b"\x00", b"\xed\xa0\x80", b"\xff\xfe"]) + bytes(data[at:])
    )


def huge_class(random: Random, text: str) -> str:
    """Adds ten thousand lines to a class: attributes, or one method, or many."""
    heads = list(re.finditer(r"^class \w+(\([^()]*\))?:\n", text, re.MULTILINE))
    if not heads:
        return text
    kind = random.randrange(3)
    if kind == 0:
        body = "".join(f"    field_{i}: int = {i}\n" for i in range(10_000))
    elif kind == 1:
        body = "    def big(self, x):\n" + "".join(f"        x = x + {i}\n" for i in range(10_000))
    else:
        body = "".join(f"    def m{i}(self):\n        return {i}\n\n" for i in range(3_300))
    head = random.choice(heads)
    return text[: head.end()] + body + text[head.end() :]


def deep_nesting(random: Random, text: str) -> str:
    """Adds a statement that is nested very deeply."""
    depth = random.choice([30, 95, 150, 400, 1500, 20_000])
    kind = random.randrange(7)
    if kind == 0:
        deep = "DEEP = " + "(" * depth + "1" + ")" * depth
    elif kind == 1:
        deep = "DEEP = " + "+".join(["x"] * depth)
    elif kind == 2:
        deep = "DEEP = " + "-" * depth + "1"
    elif kind == 3:
        deep = "DEEP = x" + ".y" * depth
    elif kind == 4:
        levels = min(depth, 400)
        deep = "\n".join(" " * i + "if x:" for i in range(levels)) + "\n" + " " * levels + "pass"
    elif kind == 5:
        levels = min(depth, 400)
        deep = (
            "\n".join(" " * i + f"class Deep{i}(LlamaMLP):" for i in range(levels))
            + "\n"
            + " " * levels
            + "pass"
        )
    else:
        deep = "DEEP = x" + "".join(["(0)"] * depth)
    tree = _tree(text)
    lines = text.split("\n")
    at = len(lines)
    if tree and tree.body and random.random() < 0.5:
        at = _span(random.choice(tree.body))[0]
    used = "\nclass DeepModel(nn.Module):\n    value = DEEP\n" if random.random() < 0.5 else ""
    return "\n".join([*lines[:at], deep, *lines[at:]]) + used


def long_line(random: Random, text: str) -> str:
    """Adds an assignment or comment of half a megabyte."""
    value = random.choice(["'" + "llama" * 100_000 + "'", "[" + "0, " * 150_000 + "]"])
    prefix = random.choice(["# ", "LONG = "])
    return f"{text}\n{prefix}{value}\n\nclass LongModel(nn.Module):\n    value = LONG\n"


def empty(random: Random, text: str) -> str:
    """Leaves next to nothing."""
    return random.choice(
        ["", "\n", "# only a comment", '"""only a docstring"""', "pass", "\f\n", "\\"]
    )


MUTATIONS: tuple[Mutation, ...] = (
    delete_member,
    delete_statement,
    shuffle_classes,
    duplicate_class,
    duplicate_member,
    nest_class,
    swap_names,
    replace_name,
    change_base,
    change_import,
    add_statement,
    break_syntax,
    truncate,
    spoil_lines,
    line_ends,
    tabs,
    encoding,
    huge_class,
    deep_nesting,
    long_line,
    empty,
)


def mutated(random: Random, text: str, first: Mutation) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of a spoilt file and the names of the mutations, ``first`` and up to two more."""
    chosen = [first, *random.sample(MUTATIONS, random.choice([0, 0, 1, 2]))]
    result: str | bytes = text
    names = []
    for mutation in chosen:
        if isinstance(result, bytes):
            break
        names.append(mutation.__name__)
        result = mutation(random, result)
    if isinstance(result, str):
        result = result.encode("utf-8", "surrogatepass")
    return result, tuple(names)
