from __future__ import annotations

import subprocess
import weakref
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modular_converter.conftest import Workspace
from modular_converter.convert import batch
from modular_converter.convert.batch import BatchResult, run_batch
from modular_converter.convert.dependency_graph import ancestors, find_cycle
from modular_converter.convert.model import convert
from modular_converter.emit import formatter
from modular_converter.library.index import FileIndex
from modular_converter.syntax.source import Source
from toolkit.paths import shown

BASE = "class LlamaMLP:\n    size = {}\n"
METHODS = '''\
class LlamaMLP(Base):
    def documented(self, a):
        # Above.
        """Of Llama."""
        return a

    def documented_twice(self, a):
        """Of Llama."""
        """And again."""
        return a

    def documented_below(self, a):
        a = 1
        """Below, of Llama."""
        return a

    def texts(self, a):
        return """a"""

    def sets(self, a):
        self.a = a
        self.b = a
'''
OVERRIDES = {
    "plain": "        return b\n\n        # The end.\n",
    "documented": '        r"""Mine.\n\n        More.\n        """\n        return b\n',
    "documented below": '        b = 1\n        """Mine."""\n        return b\n',
    "documented twice": '        """Mine."""\n        """Again."""\n        return b\n',
    "with a comment": '        """Mine."""  # why\n        return b\n',
    "with a text": '        """{}""".format(b)\n        return b\n',
    "extended": "        super().{}(a)\n        b = 1\n",
    "extended in a block": "        if b:\n            super().{}(a)\n",
    "deleting": "        super().{}(a)\n        del self.b\n",
    "deleting only": "        del self.b\n        return b\n",
    "calling a base": "        return Base.{}(self, b)\n",
    "raising": '        """Mine."""\n        raise AttributeError("Not needed")\n',
}


def modular(parent: str, name: str) -> str:
    return (
        f"from ..{parent}.modeling_{parent} import {parent.capitalize()}MLP\n\n\n"
        f"class {name.capitalize()}MLP({parent.capitalize()}MLP):\n    pass\n"
    )


def run(workspace: Workspace, *paths: str, jobs: int = 1) -> BatchResult:
    return run_batch([workspace.location(path) for path in paths], workspace.context(), jobs)


def chain(workspace: Workspace) -> tuple[str, str]:
    workspace.parent(BASE.format(1))
    return (
        workspace.modular(modular("one", "two"), "two"),
        workspace.modular(modular("llama", "one"), "one"),
    )


def texts(result: BatchResult) -> dict[str, str]:
    return {Path(path).name: text.partition("class ")[2] for path, text in result.texts.items()}


def test_children_are_made_from_fresh_parents(workspace: Workspace) -> None:
    result = run(workspace, *chain(workspace))
    assert texts(result) == {
        "modeling_one.py": "OneMLP:\n    size = 1\n",
        "modeling_two.py": "TwoMLP:\n    size = 1\n",
    }
    assert (result.converted, result.rounds) == (2, 2)


def test_only_children_of_changed_files_are_converted_again(workspace: Workspace) -> None:
    two, one = chain(workspace)
    first = run(workspace, two, one)
    for path, text in first.texts.items():
        Path(path).write_text(text, encoding="utf-8")
    current = run(workspace, two, one)
    assert (current.converted, current.rounds) == (2, 1)
    workspace.parent(BASE.format(2))
    stale = run(workspace, two, one)
    assert (stale.converted, stale.rounds) == (3, 2)
    assert texts(stale)["modeling_two.py"] == "TwoMLP:\n    size = 2\n"


def test_progress_counts_those_that_are_converted_again(workspace: Workspace) -> None:
    locations = [workspace.location(path) for path in chain(workspace)]
    reported: list[tuple[int, int]] = []

    def report(done: int, total: int) -> None:
        reported.append((done, total))

    first = run_batch(locations, workspace.context(), report_progress=report)
    assert reported == [(1, 2), (2, 2)]
    for path, text in first.texts.items():
        Path(path).write_text(text, encoding="utf-8")
    workspace.parent(BASE.format(2))
    reported.clear()
    run_batch(locations, workspace.context(), report_progress=report)
    assert reported == [(1, 2), (2, 2), (3, 3)]


def test_progress_is_reported_by_processes_too(workspace: Workspace) -> None:
    workspace.parent(BASE.format(1))
    names = [f"m{number}" for number in range(13)]
    locations = [
        workspace.location(workspace.modular(modular("llama", "one").replace("One", "M"), name))
        for name in names
    ]
    reported: list[tuple[int, int]] = []

    def report(done: int, total: int) -> None:
        reported.append((done, total))

    run_batch(locations, workspace.context(), 2, report_progress=report)
    assert reported[-1] == (13, 13)
    assert reported == sorted(reported)


def test_order_of_the_command_line_does_not_matter(workspace: Workspace) -> None:
    two, one = chain(workspace)
    assert run(workspace, two, one).texts == run(workspace, one, two).texts


@pytest.mark.parametrize("of_a_process", [1, 12])
@pytest.mark.parametrize("broken", ["        return (\n", "        return (\n\n\nx = 1)\n"])
def test_a_syntax_error_in_a_body_is_one_of_the_outline(
    workspace: Workspace, broken: str, of_a_process: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bodies are read late, but a file that is broken there must not count as convertible."""
    monkeypatch.setattr(batch, "_WORTH_A_PROCESS", of_a_process)
    two, one = chain(workspace)
    text = Path(one).read_text(encoding="utf-8")
    Path(one).write_text(text.replace("    pass\n", f"    def f(self):\n{broken}"))
    bad = run(workspace, two, one)
    found = [(finding.code, Path(finding.path).name) for finding in bad.diagnostics]
    assert found == [("syntax-error", "modular_one.py"), ("parent-not-found", "modular_two.py")]
    assert bad.texts == {}


@pytest.mark.parametrize("of_a_process", [1, 12])
def test_a_syntax_error_in_what_no_model_needs_of_a_parent_is_one(
    workspace: Workspace, of_a_process: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_WORTH_A_PROCESS", of_a_process)
    two, one = chain(workspace)
    path = workspace.parent(BASE.format(1) + "\n\ndef unused():\n    return 1 1\n")
    result = run(workspace, two, one)
    found = [(finding.code, finding.path, finding.line) for finding in result.diagnostics]
    assert ("syntax-error", shown(path), 6) in found


def test_bodies_are_read_late_in_large_batches(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = chain(workspace)
    read: list[str] = []
    monkeypatch.setattr(Source, "read_bodies", lambda source: read.append(source.path))
    small = run(workspace, *paths)
    assert sorted(read) == sorted(paths)
    read.clear()
    monkeypatch.setattr(batch, "_WORTH_A_PROCESS", 1)
    large = run(workspace, *paths)
    assert not read
    assert large.texts == small.texts


@pytest.mark.parametrize("body", OVERRIDES)
def test_methods_that_are_read_late_are_written_alike(workspace: Workspace, body: str) -> None:
    workspace.parent(METHODS)
    header = "from ..llama.modeling_llama import LlamaMLP\n\n\nclass OneMLP(LlamaMLP):\n"
    methods = ["documented", "documented_twice", "documented_below", "texts", "sets"]
    path = workspace.modular(
        header
        + "\n".join(
            f"    def {name}(self, a, b=2):\n{OVERRIDES[body].format(name)}" for name in methods
        ),
        "one",
    )
    at_once = convert(workspace.location(path), workspace.context())
    context = workspace.context()
    context.sources.leave_for_later([path, workspace.parent(METHODS)])
    late = convert(workspace.location(path), context)
    assert at_once.outputs["modeling"].text == late.outputs["modeling"].text
    assert at_once.warnings == late.warnings


def test_no_syntax_tree_outlives_its_last_use(workspace: Workspace) -> None:
    """A corpus of trees takes more memory than all else together."""
    paths = chain(workspace)
    context = workspace.context()
    trees = weakref.WeakSet[FileIndex]()
    index = context.sources.index

    def watched(path: str, *, late: bool = False) -> FileIndex:
        read = index(path, late=late)
        trees.add(read)
        return read

    context.sources.index = watched  # type: ignore[method-assign]
    result = run_batch([workspace.location(path) for path in paths], context)
    assert len(result.texts) == 2
    assert not trees


def test_cycle_names_every_file(workspace: Workspace) -> None:
    one = workspace.modular(modular("two", "one"), "one")
    two = workspace.modular(modular("one", "two"), "two")
    result = run(workspace, two, one)
    (finding,) = result.diagnostics
    assert finding.code == "cycle" and finding.line == 1
    assert finding.message.count("modular_one.py") == 2
    assert finding.message.count("modular_two.py") == 1
    assert result.texts == {}


def test_a_cycle_does_not_stop_the_others(workspace: Workspace) -> None:
    two, one = chain(workspace)
    cycle = [workspace.modular(modular(a, b), b) for a, b in (("three", "four"), ("four", "three"))]
    child = workspace.modular(modular("three", "five"), "five")
    result = run(workspace, two, *cycle, child, one)
    assert sorted(Path(path).name for path in result.texts) == [
        "modeling_one.py",
        "modeling_two.py",
    ]
    found = [(diagnostic.code, Path(diagnostic.path).name) for diagnostic in result.diagnostics]
    assert found == [("cycle", "modular_four.py"), ("parent-not-converted", "modeling_three.py")]


def test_a_text_that_crashes_ruff_does_not_stop_the_others(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ruff = formatter._run

    def crashing(
        command: list[str], directory: str, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Ruff, whose stack a text that is nested too deeply overflows."""
        if any("deep" in path.read_text() for path in Path(directory).rglob("*.py")):
            return subprocess.CompletedProcess(command, -6, "", "stack\noverflow\n")
        return run_ruff(command, directory, environment)

    monkeypatch.setattr(formatter, "_run", crashing)
    two, one = chain(workspace)
    deep = workspace.modular("class A:\n    deep = 1\n", "new_one")
    result = run(workspace, two, deep, one)
    (finding,) = result.diagnostics
    assert (finding.code, Path(finding.path).name) == ("invalid-output", "modular_new_one.py")
    assert (
        "modeling_new_one.py cannot be formatted: ruff crashes: stack overflow" in finding.message
    )
    assert len(result.texts) == 2


def test_what_renaming_made_is_reported_where_it_was_made(workspace: Workspace) -> None:
    # Llama's `llamable` becomes `oneble`, and in the child of that, `twoble`.
    workspace.parent("class LlamaMLP:\n    llamable = 1\n")
    one = workspace.modular(modular("llama", "one"), "one")
    two = workspace.modular(modular("one", "two"), "two")
    three = workspace.modular(modular("two", "three"), "three")
    result = run(workspace, three, two, one)
    assert [(diagnostic.code, Path(diagnostic.path).name) for diagnostic in result.diagnostics] == [
        ("rename-in-word", "modular_one.py")
    ]
    # Apart from the parent, its findings are known only where they are passed on.
    for path, text in result.texts.items():
        Path(path).write_text(text, encoding="utf-8")
    assert [diagnostic.code for diagnostic in run(workspace, two).diagnostics] == ["rename-in-word"]
    alone = run_batch([workspace.location(two)], workspace.context(), renamed=result.renamed)
    assert alone.diagnostics == ()


def test_a_child_reports_what_its_parent_has_written(workspace: Workspace) -> None:
    workspace.parent("class LlamaMLP:\n    llamable = 1\n")
    own = modular("llama", "one").replace("pass", "oneness = 1")
    one = workspace.modular(own, "one")
    two = workspace.modular(modular("one", "two"), "two")
    (first, second) = run(workspace, two, one).diagnostics
    assert "`llamable` becomes `oneble`" in first.message
    assert "`oneness` becomes `twoness`" in second.message
    assert "oneble" not in second.message


def test_errors_of_one_file_do_not_stop_the_others(workspace: Workspace) -> None:
    two, one = chain(workspace)
    broken = workspace.modular("class A(:\n", "new_one")
    result = run(workspace, two, broken, one)
    assert result.failed
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["syntax-error"]
    assert len(result.texts) == 2


def test_child_of_a_failed_parent_says_so(workspace: Workspace) -> None:
    two, one = chain(workspace)
    Path(one).write_text(
        "from ..llama.modeling_llama import LlamaX\n\n\nclass OneX(LlamaX):\n    x = 1\n"
    )
    result = run(workspace, two, one)
    assert {
        diagnostic.code for diagnostic in result.diagnostics if diagnostic.severity == "error"
    } == {
        "no-such-class",
        "parent-not-converted",
    }


def test_text_that_is_not_python_is_an_error(workspace: Workspace) -> None:
    workspace.parent("class LlamaMLP:\n    made = dict(llama=1, one=2)\n")
    path = workspace.modular(modular("llama", "one"), "one")
    result = run(workspace, path)
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["invalid-output"]
    assert result.texts == {}


def test_file_without_classes_is_reported(workspace: Workspace) -> None:
    result = run(workspace, workspace.modular("x = 1\n", "one"))
    assert [(diagnostic.code, diagnostic.severity) for diagnostic in result.diagnostics] == [
        ("nothing-produced", "warning")
    ]


def test_processes_give_the_same_texts(workspace: Workspace) -> None:
    workspace.parent(BASE.format(1))
    paths = []
    for number in range(13):
        name = f"m{number}"
        text = modular("llama", "one").replace("One", f"M{number}")
        paths.append(workspace.modular(text, name))
    assert run(workspace, *paths, jobs=2).texts == run(workspace, *paths).texts


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3)))
def test_a_graph_has_a_cycle_or_ancestors(edges: dict[str, list[str]]) -> None:
    cycle = find_cycle(edges)
    if cycle:
        for node, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            assert following in edges[node]
        return
    for node, before in ancestors(edges).items():
        assert node not in before
        assert set(edges.get(node, ())) <= before


def test_an_error_in_a_worker_process_stops_no_other(workspace: Workspace) -> None:
    workspace.parent(BASE.format(1))
    names = [f"model{letter}" for letter in "abcdefghijklmno"]
    paths = [workspace.modular(modular("llama", name), name) for name in names]
    Path(paths[3]).write_text(
        "from ..llama.modeling_llama import *\n\nclass A:\n    x = 1\n", encoding="utf-8"
    )
    result = run(workspace, *paths, jobs=2)
    assert len(result.texts) == len(names) - 1
    assert [finding.code for finding in result.diagnostics] == ["star-import"]
