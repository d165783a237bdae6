"""Edited modular files of transformers: output that is broken never comes without a finding.

What is broken is judged by ruff, which the converter's own checks know nothing of. Nor is any name
lost that an edit adds: all of these contain `zeta`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modular_converter.conformance.comparison import context_of
from modular_converter.conventions.profiles import for_version
from modular_converter.convert.model import convert
from modular_converter.diagnostics.codes import BY_NAME
from modular_converter.diagnostics.record import ConversionError
from modular_converter.emit.formatter import find_ruff
from modular_converter.library.modular_file import location_of
from modular_converter.library.sources import Sources
from tests.conformance.corpus import NEWEST, corpus
from tests.sampling.sampling import sample

_PARTS = 16
_MOST = 5
_PARENT_IMPORT = re.compile(r"^from \.\.(\w+)\.modeling_\1 import", re.MULTILINE)
_CLASS = re.compile(r"^class (\w+)\((\w+)([^)]*)\):\n", re.MULTILINE)
_SUPER = re.compile(r"^( {8})((?:return )?)(super\(\)\.(\w+)\(([^()\n]*)\))$", re.MULTILINE)
_SUPER_INIT = re.compile(r"^( {8})super\(\)\.__init__\(config\)$", re.MULTILINE)
_ADDED = re.compile(r"\b\w*zeta\w*\b", re.IGNORECASE)
_MIXIN = "class ZetaMixin:\n    def zeta(self):\n        return 1\n\n\n"

Edit = Callable[[str], str]


def _sub(pattern: re.Pattern[str], new: str) -> Edit:
    return lambda text: pattern.sub(new, text, count=1)


def _member(member: str) -> Edit:
    """Adds lines to the body of the first class; `{last}` is the last class of the file."""

    def edit(text: str) -> str:
        names = re.findall(r"^class (\w+)", text, re.MULTILINE)
        first = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef))
        lines = text.split("\n")
        parent = _CLASS.search(text)
        filled = member.format(last=names[-1], parent=parent[2] if parent else names[0])
        lines.insert(first.end_lineno or 0, f"\n{filled}")
        return "\n".join(lines)

    return edit


def _after(added: str, edit: Edit = lambda text: text) -> Edit:
    """Adds lines at the end of the file; `{first}` is the first class of the file."""

    def with_lines(text: str) -> str:
        first = re.search(r"^class (\w+)", text, re.MULTILINE)
        return f"{edit(text)}\n\n{added.format(first=first[1] if first else 'Zeta')}"

    return with_lines


def _override(signature: str, body: str) -> Edit:
    """Overrides `forward` of the first class that inherits from a parent and does not do so."""

    def edit(text: str) -> str:
        parents = {
            alias.name
            for node in ast.parse(text).body
            if isinstance(node, ast.ImportFrom) and node.level == 2 and "." in (node.module or "")
            for alias in node.names
        }
        for node in ast.parse(text).body:
            if (
                isinstance(node, ast.ClassDef)
                and node.bases
                and isinstance(node.bases[0], ast.Name)
                and node.bases[0].id in parents
                and "forward" not in {getattr(member, "name", "") for member in node.body}
            ):
                lines = text.split("\n")
                lines.insert(node.end_lineno or 0, f"\n    {signature}\n        {body}")
                return "\n".join(lines)
        return text

    return edit


def _before_first_class(added: str, edit: Edit = lambda text: text) -> Edit:
    return lambda text: re.sub(r"^(?=@|class )", added, edit(text), count=1, flags=re.MULTILINE)


def _reversed_classes(text: str) -> str:
    tree = ast.parse(text)
    lines = text.split("\n")
    spans = [
        (min([n.lineno, *(d.lineno for d in n.decorator_list)]) - 1, n.end_lineno or 0)
        for n in tree.body
        if isinstance(n, ast.ClassDef)
    ]
    parts = [lines[begin:end] for begin, end in spans]
    for (begin, end), part in zip(reversed(spans), parts, strict=True):
        lines[begin:end] = part
    return "\n".join(lines)


EDITS: dict[str, Edit] = {
    "rename a class": _sub(_CLASS, r"class Zeta\1(\2\3):\n"),
    "rename a config": lambda text: re.sub(r"\b(\w+)Config\b", r"\1ZetaConfig", text, count=1),
    "mixin after": _before_first_class(_MIXIN, _sub(_CLASS, r"class \1(\2, ZetaMixin\3):\n")),
    "mixin before": _before_first_class(_MIXIN, _sub(_CLASS, r"class \1(ZetaMixin, \2\3):\n")),
    "undefined mixin": _sub(_CLASS, r"class \1(\2, NowhereMixin\3):\n"),
    "mixin below": lambda text: _sub(_CLASS, r"class \1(\2, ZetaMixin\3):\n")(text)
    + f"\n\n{_MIXIN}",
    "drop the parent": _sub(_CLASS, r"class \1(nn.Module):\n"),
    "reverse classes": _reversed_classes,
    "no arguments of super": _sub(_SUPER, r"\1\2super().\4()"),
    "other arguments of super": _sub(_SUPER, r"\1\2super().\4(zeta(1), 2)"),
    "starred arguments of super": _sub(_SUPER, r"\1\2super().\4(*args, **kwargs)"),
    "super in an if": _sub(_SUPER, r"\1if zeta:\n\1    \2\3"),
    "super in a try": _sub(_SUPER, r"\1try:\n\1    \2\3\n\1finally:\n\1    zeta()"),
    "super in a lambda": _sub(_SUPER, r"\1self.late = lambda: \3"),
    "walrus": _sub(_SUPER, r"\1(zeta := \3)\n\1return zeta + zetb"),
    "package import": _sub(_PARENT_IMPORT, r"from ..\1 import"),
    "own output": _before_first_class(
        "from .modeling_zeta import Zeta\n\n\n", _member("    zeta = Zeta")
    ),
    "misspelt module": lambda text: text.replace("from ...modeling_", "from ...modelling_", 1),
    "misspelt name": lambda text: text.replace("import auto_docstring", "import auto_docstrin", 1),
    "delete an import": _sub(re.compile(r"^from \.\.\..*[^(]\n", re.MULTILINE), ""),
    "attribute of a later class": _member("    zeta = [{last}]"),
    "default of a later class": _member("    def zeta(self, x={last}):\n        return x"),
    "annotation of a parent": _member("    def zeta(self, x: {parent}):\n        return x"),
    "quoted annotation": _member('    def zeta(self) -> "Nowhere | None":\n        return 1'),
    "undefined decorator": _member("    @nowhere(1)\n    def zeta(self):\n        return 1"),
    "static method": _member("    @staticmethod\n    def zeta(x):\n        return nowhere(x)"),
    "class body that uses a method": _member(
        "    def zeta_of(x):\n        return x\n\n    zeta = zeta_of(1)"
    ),
    "comprehension in a class body": _member(
        "    zeta = 1\n    zetas = [zeta for _ in range(zeta)]"
    ),
    "nested class": _member("    class Zeta:\n        x = 1\n\n    zeta = Zeta"),
    "constant defined twice": _before_first_class(
        "ZETA = 1\nZETA = ZETA + 1\n\n\n", _member("    zeta = ZETA")
    ),
    "annotated constant": _before_first_class("ZETA: int = 1\n\n\n", _member("    zeta = ZETA")),
    "type alias": _before_first_class(
        "Zeta = int | Nowhere\n\n\n", _member("    def zeta(self, x: Zeta):\n        return x")
    ),
    "result of super": _sub(_SUPER, r"\1zeta = \3\n\1return zeta"),
    "super in a loop": _sub(_SUPER, r"\1for zeta in range(2):\n\1    \2\3"),
    "super twice": _sub(_SUPER, r"\1\3\n\1\2\3"),
    "deleted parameter": _sub(
        _SUPER_INIT, r"\1zeta = config\n\1del config\n\1super().__init__(zeta)"
    ),
    "parameter assigned before": _sub(_SUPER_INIT, r"\1config = zeta(config)\n\g<0>"),
    "deleted item": _sub(_SUPER_INIT, r"\g<0>\n\1del self.zetas['a']"),
    "deleted variable": _sub(_SUPER_INIT, r"\g<0>\n\1del zeta"),
    "starred override": _override("def forward(self, *zeta):", "return super().forward(*zeta)"),
    "override with other parameters": _override(
        "def forward(self, zeta, *, zetas=()):", "return super().forward(zeta)"
    ),
    "keyword override": _override(
        "def forward(self, *, hidden_states):", "return super().forward(hidden_states)"
    ),
    "async override": _override(
        "async def forward(self, hidden_states):", "return super().forward(hidden_states)"
    ),
    "generator override": _override(
        "def forward(self, hidden_states):", "yield super().forward(hidden_states)"
    ),
    "parent in a method": _member("    def zeta(self, x):\n        return isinstance(x, {parent})"),
    "parent in a function": _before_first_class(
        "def zeta(x):\n    return nowhere(x)\n\n\n",
        _member("    def zetas(self):\n        zeta(1)"),
    ),
    "function below": _after("def zeta(x):\n    return x\n", _member("    zetas = zeta(1)")),
    "decorator below": _after(
        "def zeta(x):\n    return x\n",
        lambda text: re.sub(r"^(?=class )", "@zeta\n", text, count=1, flags=re.MULTILINE),
    ),
    "constant below": _after("ZETA = 1\n", _member("    zeta = ZETA")),
    "attribute of a class from outside": _after("{first}.zeta = 1\n"),
    "function with the name of a class": _after("def {first}(zeta):\n    return zeta\n"),
    "function defined twice": _before_first_class(
        "def zeta(x):\n    return x\n\n\nzetas = zeta\n\n\n"
        "def zeta(x):\n    return zetas(x)\n\n\n",
        _member("    def run(self):\n        return zeta(1)"),
    ),
    "call at module level": _after("zeta({first})\n"),
    "loop at module level": _after("for zeta in range(3):\n    print(zeta)\n"),
    "several constants": _before_first_class("ZETA, ZETB = 1, 2\n\n\n", _member("    z = ZETA")),
    "constant that is counted up": _before_first_class(
        "ZETA = 1\nZETA += 1\n\n\n", _member("    zeta = ZETA")
    ),
    "class in an if": _before_first_class(
        "if True:\n    class Zeta:\n        pass\n\n\n",
        _member("    def zeta(self):\n        return Zeta()"),
    ),
    "import in a method": _member(
        "    def zeta(self):\n        from .configuration_zeta import ZetaConfig\n\n"
        "        return ZetaConfig"
    ),
    "pattern": _member(
        "    def zeta(self, x):\n        match x:\n            case Nowhere():\n"
        "                return 1"
    ),
    "local annotation": _member(
        "    def zeta(self):\n        x: list[Nowhere] = []\n        return x"
    ),
    "loop in a class body": _member("    for zeta in range(2):\n        zetas = zeta"),
    "item in a class body": _member("    zeta = {{}}\n    zeta['a'] = nowhere"),
    "import in a class body": _member("    import zeta\n\n    zetas = zeta.x"),
    "property set twice": _member(
        "    @property\n    def zeta(self):\n        return 1\n\n    @zeta.setter\n"
        "    def zeta(self, x):\n        self.x = nowhere(x)"
    ),
    "imported parent in an if": _sub(
        re.compile(r"^(from \.\.\w+\.\w+ import [^(\n]+)$", re.MULTILINE), r"if True:\n    \1"
    ),
    "no export": lambda text: re.sub(r"^__all__ = \[[^]]*\]\n", "", text, flags=re.MULTILINE),
    "unknown export": lambda text: text.replace("__all__ = [", '__all__ = ["ZetaModel", ', 1),
}  # fmt: skip


def _added(text: str) -> set[str]:
    """The names with `zeta` that a file uses or defines; what it only imports is no loss."""
    names = {
        getattr(node, field, None)
        for node in ast.walk(ast.parse(text))
        if not isinstance(node, ast.alias)
        for field in ("id", "attr", "arg", "name")
    }
    return {name for name in names if isinstance(name, str) and _ADDED.fullmatch(name)}


def _complaints(files: dict[str, str], directory: Path) -> set[tuple[str, str]]:
    """What ruff finds undefined in files, by their names: file and name."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [find_ruff(), "check", "--isolated", "--no-cache", "--select=F821,F822", "--ignore-noqa",
         "--target-version=py311", "--output-format=json", str(directory)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    root = os.path.realpath(directory)
    return {
        (os.path.relpath(found["filename"], root), found["message"])
        for found in json.loads(done.stdout)
    }


@pytest.mark.parametrize("kind", EDITS)
def test_broken_output_has_a_finding(kind: str, tmp_path: Path) -> None:
    release = corpus(NEWEST)
    sources = Sources()
    context = context_of(release, for_version(NEWEST), sources)
    files: dict[str, str] = {}
    is_flagged: dict[str, bool] = {}
    lost: dict[str, set[str]] = {}
    chosen = sample(list(map(release.label, release.modular_files)), _PARTS, seed=kind)
    for label in chosen:
        path = os.path.join(release.root, label)
        text = Path(path).read_text(encoding="utf-8")
        edited = EDITS[kind](text)
        if edited == text or len(is_flagged) == _MOST:
            continue
        model = os.path.basename(os.path.dirname(path))
        reported = {}
        for state, content in (("before", text), ("after", edited)):
            sources.put(path, content)
            try:
                conversion = convert(location_of(path, release.root), context)
            except ConversionError:
                reported[state] = {("error", state)}
                continue
            reported[state] = {
                (finding.code, finding.message)
                for finding in conversion.warnings
                if not BY_NAME[finding.code].is_pedantic
            }
            named = " ".join(finding.message for finding in conversion.warnings)
            texts = (output.text for output in conversion.outputs.values())
            lost[model] = _added(content) - {*_ADDED.findall(" ".join([named, *texts]))}
            for file_type, output in conversion.outputs.items():
                files[f"{state}/{model}/{file_type}.py"] = output.text
        is_flagged[model] = bool(reported["after"] - reported["before"])
    assert is_flagged, "the edit changes none of the files"
    complaints = _complaints(files, tmp_path)
    silent = [
        (name, message)
        for name, message in sorted(complaints)
        if name.startswith("after/")
        and (name.replace("after/", "before/", 1), message) not in complaints
        and not is_flagged[name.split("/")[1]]
    ]
    assert silent == []
    assert not {model: names for model, names in lost.items() if names and not is_flagged[model]}
