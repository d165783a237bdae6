"""What runs again after which change: the table of docs/cache-keys.md, row by row.

Stand-ins for the tools write down on what they worked. What became of the members of a group they
store as the tools do.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pants.backend.python.util_rules import python_sources
from pants.core.goals import package as package_goal
from pants.core.target_types import FileSourceField
from pants.core.util_rules import archive
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule
from pants.engine.target import HydratedSources, HydrateSourcesRequest
from pants.testutil.rule_runner import RuleRunner

from rules_transformers.modular.goals.generate import Generate
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    make_rule_runner,
)
from rules_transformers.tiny_fixtures import register
from rules_transformers.tiny_fixtures.target_types import FixtureFilesField
from rules_transformers.util_rules.tool_commands import SHARED

_PAGE = Path("docs/cache-keys.md")

_LOG = """
import json
import pathlib
import sys

from toolkit.outcome_store import OutcomeStore


def note(*words):
    with open({log!r}, "a") as file:
        file.write(" ".join(words) + "\\n")

"""
# What a model generates: its config class if it has one, and its last line, below its parents'.
_CONVERTER = """
option = {a.partition("=")[0]: a.partition("=")[2] for a in sys.argv[2:]}
request = json.loads(pathlib.Path(option["--request"]).read_text())


def generated(path):
    kinds = ["modeling"] + (["configuration"] if "Config" in pathlib.Path(path).read_text() else [])
    return [path.replace("modular_", f"{kind}_") for kind in kinds]


def code(path):
    return [line for line in pathlib.Path(path).read_text().splitlines() if line[:1] != "#"]


if sys.argv[1] == "outline":
    note("outline")
    entries = [
        {"path": m["path"], "outputs": [{"path": path} for path in generated(m["path"])]}
        for m in request["modulars"]
    ]
    print(json.dumps({"modulars": entries}))
    sys.exit()
store = OutcomeStore.ordered()
results = []
for number, member in enumerate(request["members"]):
    results.append(store.restore(number, member["output_dir"]))
    if results[-1] is not None:
        continue
    (modular,) = member["modulars"]
    path = modular["path"]
    note("convert", pathlib.Path(path).parent.name)
    parents = [
        line
        for file in sorted(member["files"])
        if "modeling_" in file
        for line in pathlib.Path(file).read_text().splitlines()
        if "# mine" not in line
    ]
    directory = pathlib.Path(member["output_dir"])
    directory.mkdir(parents=True)
    for output in generated(path):
        if modular["outputs"] and not any(kind in output for kind in modular["outputs"]):
            continue
        (directory / output).parent.mkdir(parents=True, exist_ok=True)
        text = [*parents, *code(path)[-1:], f"# {len(pathlib.Path(path).read_text())} # mine"]
        if "stays" in path:
            text = ["always the same"]
        (directory / output).write_text("\\n".join(text))
    results[-1] = {"exit_code": 0, "messages": "", "results": [], "renamed": {}}
    store.keep(number, results[-1], directory)
document = {"members": results, "log": {"runs": [{"results": []}]}}
pathlib.Path(option["--results"]).write_text(json.dumps(document))
"""
_BUILDER = """
option = {a.partition("=")[0]: a.partition("=")[2] for a in sys.argv[2:] if a[:2] == "--"}
if sys.argv[1] == "companions":
    print("{}")
    sys.exit()
store = OutcomeStore.ordered()
results = []
for number, root in enumerate(pathlib.Path(a) for a in sys.argv[2:] if a[:2] != "--"):
    results.append(store.restore(number, root / option["--output"]))
    if results[-1] is not None:
        continue
    (fixture,) = json.loads((root / option["--request"]).read_text())["fixtures"]
    note("build", fixture["address"].partition(":")[0].rpartition("/")[2])
    directory = root / option["--output"] / fixture["path"]
    directory.mkdir(parents=True)
    (directory / "config.json").write_text("{}")
    results[-1] = {"exit_code": 0, "messages": ""}
    store.keep(number, results[-1], root / option["--output"])
pathlib.Path(option["--results"]).write_text(json.dumps({"members": results}))
"""

_MODEL = """\
modular_model(name="{0}", source="modular_{0}.py")
python_sources(name="lib", sources=["__init__.py", "helper.py"])
tiny_fixture(name="tiny", model=":{0}", architectures=["{0}"], repo_id="t/{0}", {1})
"""


def _model(name: str, parent: str, extra: str = "") -> dict[str, str]:
    return {
        f"m/{name}/BUILD": _MODEL.format(name, 'from_checkpoint="ckpt"' if name == "child" else ""),
        f"m/{name}/__init__.py": f"import m.{name}.modeling_{name}\n",
        f"m/{name}/modular_{name}.py": (
            f"import m.{parent}.modeling_{parent}\n{extra}class {name}: pass\n"
        ),
    }


# `child` inherits from `parent`, which inherits from `hand`; so does `stays`, whatever `parent` is.
_FILES = {
    "m/hand/BUILD": "python_sources()\n",
    "m/hand/modeling_hand.py": "class Hand: pass\n",
    **_model("parent", "hand", "import m.parent.helper\nclass ParentConfig: pass\n"),
    "m/parent/helper.py": "",
    **_model("child", "parent"),
    "m/child/ckpt/tokenizer.json": "{}",
    **_model("stays", "parent"),
    "m/parent/parent_test.py": "",
    "docs/page.md": "",
}

_MODULAR = "m/parent/modular_parent.py"
_BUILD = "m/parent/BUILD"


def _edited(path: str, old: str, new: str) -> dict[str, str]:
    assert old in _FILES[path]
    return {path: _FILES[path].replace(old, new)}


# By what changes, in the words of the page: new contents of files, or options; and what runs again.
_CHANGES: dict[str, tuple[dict[str, str] | tuple[str, ...], str]] = {
    "nothing": ({}, ""),
    "a page, a README": ({"docs/page.md": "more\n"}, ""),
    "a test": ({"m/parent/parent_test.py": "# more\n"}, ""),
    "a generated file that is checked in": ({"m/parent/modeling_parent.py": "by hand\n"}, ""),
    "a handwritten parent": (
        {"m/hand/modeling_hand.py": "class Hand: more\n"},
        "build child, build parent, convert child, convert parent, convert stays",
    ),
    "a comment in a modular file": (
        _edited(_MODULAR, "class parent", "# a comment\nclass parent"),
        "build parent, convert child, convert parent, convert stays, outline",
    ),
    "a comment in the modular file of `child`": (
        {"m/child/modular_child.py": _FILES["m/child/modular_child.py"] + "# a comment\n"},
        "build child, convert child, outline",
    ),
    "a class in a modular file": (
        _edited(_MODULAR, "class parent: pass", "class parent: x"),
        "build child, build parent, convert child, convert parent, convert stays, outline",
    ),
    "an import in a modular file": (
        _edited(_MODULAR, "import m.parent.helper\n", ""),
        "build parent, convert child, convert parent, convert stays, outline",
    ),
    "a helper that generated code imports": ({"m/parent/helper.py": "X = 1\n"}, "build parent"),
    "the `__init__.py` of a model": (
        _edited("m/parent/__init__.py", "import", "# a comment\nimport"),
        "build parent",
    ),
    "`tags`, or another target in the same BUILD file": (
        _edited(_BUILD, 'repo_id="t/parent"', 'repo_id="t/parent", tags=["x"]'),
        "",
    ),
    "`outputs` of a model": (
        _edited(_BUILD, 'modular_parent.py"', 'modular_parent.py", outputs=["modeling"]'),
        "build parent, convert child, convert parent, convert stays, outline",
    ),
    "another model, without children": (
        _model("other", "hand"),
        "convert other, outline",
    ),
    "`seed` of a fixture": (_edited(_BUILD, 'repo_id="t/', 'seed=1, repo_id="t/'), "build parent"),
    "`config` of a fixture": (
        _edited(_BUILD, 'repo_id="t/', 'config={"a": 1}, repo_id="t/'),
        "build parent",
    ),
    "`repo_id` of a fixture": (_edited(_BUILD, "t/parent", "t/renamed"), "build parent"),
    "`publish_to` of a fixture": (
        _edited(_BUILD, 'repo_id="t/', 'publish_to="t/z", repo_id="t/'),
        "",
    ),
    "a file of `from_checkpoint`": ({"m/child/ckpt/tokenizer.json": "[]"}, "build child"),
    "`[modular-converter].ignore`": (
        ("--modular-converter-ignore=['x']",),
        "convert child, convert parent, convert stays, outline",
    ),
    "a folder of the converter that conversion does not import": (
        {"tools/modular_converter/inheritance/svg.py": "# a comment\n"},
        "",
    ),
    "the source of the conversion": (
        {"tools/modular_converter/merge/a.py": "# a comment\n"},
        "convert child, convert parent, convert stays",
    ),
    "a folder of `tiny_models` that building does not import": (
        {"tools/tiny_models/coverage/report.py": "# a comment\n"},
        "",
    ),
    "the source of the builder": (
        {"tools/tiny_models/weights/model.py": "# a comment\n"},
        "build child, build parent, build stays",
    ),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def runner(log: Path, tmp_path_factory: pytest.TempPathFactory) -> RuleRunner:
    preamble = _LOG.format(log=str(log))
    made = make_rule_runner(
        register,
        {"modular_converter": preamble + _CONVERTER, "tiny_models": preamble + _BUILDER},
        rules=[
            *archive.rules(),
            *package_goal.rules(),
            *python_sources.rules(),
            QueryRule(HydratedSources, [HydrateSourcesRequest]),
        ],
        # What the tools store there is that of this test.
        bootstrap_args=[f"--named-caches-dir={tmp_path_factory.mktemp('caches')}"],
    )
    made.write_files(_FILES)
    for name in SHARED:
        made.write_files(
            {
                f"tools/{name}/{path.name}": path.read_text()
                for path in Path("src", name).glob("*.py")
            }
        )
    _started(made, log)
    return made


def _started(runner: RuleRunner, log: Path, options: tuple[str, ...] = ()) -> str:
    """What runs when everything is generated and built, each once, in alphabetical order."""
    log.write_text("")
    arguments = (*OPTIONS, *options)
    runner.run_goal_rule(
        Generate, global_args=arguments, args=["--check", "::"], env_inherit=ENVIRONMENT
    )
    runner.set_options(arguments, env_inherit=ENVIRONMENT)
    for name in ("parent", "child", "stays"):
        target = runner.get_target(Address(f"m/{name}", target_name="tiny"))
        request = HydrateSourcesRequest(
            target[FixtureFilesField], for_sources_types=(FileSourceField,), enable_codegen=True
        )
        runner.request(HydratedSources, [request])
    return ", ".join(sorted(set(log.read_text().splitlines())))


@pytest.mark.parametrize("change", _CHANGES)
def test_what_runs_again(change: str, runner: RuleRunner, log: Path) -> None:
    changed, expected = _CHANGES[change]
    if isinstance(changed, tuple):
        assert _started(runner, log, changed) == expected
        return
    before = {path: _FILES.get(path) for path in changed}
    runner.write_files(changed)
    try:
        assert _started(runner, log) == expected
    finally:
        for path, content in before.items():
            if content is None:
                Path(runner.build_root, path).unlink()
                runner.scheduler.invalidate_files({path})
            else:
                runner.write_files({path: content})
        _started(runner, log)


def test_the_page_says_so() -> None:
    rows = "".join(
        f"| {change} | {expected or 'nothing'} |\n" for change, (_, expected) in _CHANGES.items()
    )
    assert f"| change | runs again |\n| --- | --- |\n{rows}\n" in _PAGE.read_text()
    assert len(_CHANGES) > 20
