"""A `RuleRunner` whose workspace has a stand-in for a tool, so that tests see what reaches it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as dependency_inference_rules
from pants.backend.python.target_types import PythonSourcesGeneratorTarget, PythonSourceTarget
from pants.backend.python.util_rules import pex
from pants.base.build_root import BuildRoot
from pants.core.target_types import FileTarget
from pants.core.util_rules import config_files, source_files, stripped_source_files
from pants.engine.internals.parametrize import Parametrize
from pants.engine.target import Target
from pants.testutil.rule_runner import RuleRunner

from rules_transformers.util_rules.tool_commands import SHARED

OPTIONS = (
    "--rules-transformers-tools-path=tools",
    "--python-enable-resolves",
    "--python-resolves={'python-default': 'empty.lock'}",
    "--python-invalid-lockfile-behavior=ignore",
    "--python-infer-use-rust-parser",
    "--python-interpreter-constraints=['>=3.9']",
    "--modular-converter-install-from-resolve=python-default",
    "--modular-converter-interpreter-constraints=['>=3.9']",
    "--subprocess-environment-env-vars=+['PIP_CONFIG_FILE=/dev/null']",
    "--source-root-patterns=['/']",
)
# Of the workspace, with what Pants keeps in it.
_OWN = ("tools", "empty.lock", ".pants.d")
ENVIRONMENT = {
    "HOME",
    "PATH",
    "PYENV_ROOT",
    "PANTS_CA_CERTS_PATH",
    "PANTS_PEX_CLI_KNOWN_VERSIONS",
    "PANTS_PEX_CLI_URL_TEMPLATE",
    "PANTS_PEX_CLI_VERSION",
    "PANTS_PYTHON_REPOS_FIND_LINKS",
    "PANTS_PYTHON_REPOS_INDEXES",
}

# What a stand-in for the converter begins with, so that it need only know `convert`: each member of
# a group is a run of its own, in a directory with the member's files.
SERVES_GROUPS = """
import json
import os
import pathlib
import shutil
import subprocess
import sys

if sys.argv[1] == "group":
    request_file, results_file = (argument.partition("=")[2] for argument in sys.argv[2:])
    results = []
    for number, request in enumerate(json.loads(pathlib.Path(request_file).read_text())["members"]):
        root = pathlib.Path(f"__member_{number}")
        root.mkdir()
        for path in filter(os.path.exists, request["files"]):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path)
        for path in request["parents"]:
            (root / path).symlink_to(os.path.abspath(path))
        (root / "__request.json").write_text(json.dumps(request))
        program = [sys.executable, os.path.abspath(sys.argv[0])]
        options = ["--request=__request.json", "--quiet", "--sarif=__report.sarif"]
        run = subprocess.run(
            [*program, "convert", *options], cwd=root, capture_output=True, text=True
        )
        report = root / "__report.sarif"
        log = json.loads(report.read_text())["runs"][0] if report.exists() else {}
        results.append(
            {
                "exit_code": run.returncode,
                "messages": (run.stdout + run.stderr).strip(),
                "results": log.get("results", []),
                "renamed": log.get("properties", {}).get("renamed", {}),
            }
        )
        (root / request["output_dir"]).mkdir(parents=True, exist_ok=True)
        pathlib.Path(request["output_dir"]).parent.mkdir(exist_ok=True)
        os.rename(root / request["output_dir"], request["output_dir"])
    log = {"runs": [{"results": []}]}
    pathlib.Path(results_file).write_text(json.dumps({"members": results, "log": log}))
    sys.exit(0)
"""


def make_rule_runner(
    backend: Any,
    tools: dict[str, str],
    *,
    rules: Iterable[Any] = (),
    target_types: Iterable[type[Target]] = (),
    bootstrap_args: Iterable[str] = (),
) -> RuleRunner:
    """A runner for the rules and targets of `backend`, with the options set.

    :param tools: the program of each tool's stand-in, by the tool's name.
    :param rules: further rules, such as queries.
    :param bootstrap_args: options that hold from the start, such as where caches are.
    """
    runner = RuleRunner(
        rules=[
            *backend.rules(),
            *config_files.rules(),
            *dependency_inference_rules.rules(),
            *pex.rules(),
            *source_files.rules(),
            *stripped_source_files.rules(),
            *target_types_rules.rules(),
            *rules,
        ],
        objects={"parametrize": Parametrize},
        target_types=[
            FileTarget,
            PythonSourceTarget,
            PythonSourcesGeneratorTarget,
            *backend.target_types(),
            *target_types,
        ],
        bootstrap_args=bootstrap_args,
    )
    files = {"empty.lock": "", **{f"tools/{name}/__init__.py": "" for name in SHARED}}
    for name, program in tools.items():
        files[f"tools/{name}/__init__.py"] = ""
        files[f"tools/{name}/__main__.py"] = program
    runner.write_files(files)
    runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
    return runner


def start_over(runner: RuleRunner) -> RuleRunner:
    """Removes from the workspace of a runner what `make_rule_runner` has not put there.

    A test begins so with a runner of an earlier one: making another looks for interpreters again,
    which takes longer than most tests. What the earlier one had processed stays memoized.
    """
    root = Path(runner.build_root)
    own_paths = [path for path in root.rglob("*") if path.relative_to(root).parts[0] not in _OWN]
    for path in root.iterdir():
        if path.name not in _OWN:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    runner.scheduler.invalidate_files({str(path.relative_to(root)) for path in own_paths})
    # There is one for all runners.
    BuildRoot().path = runner.build_root
    runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
    return runner


def process_count(rule_runner: RuleRunner) -> int:
    """How many processes the last run asked for.

    A process with the inputs of an earlier one is memoized, and does not count. One that is found
    in the cache on disk counts, so that the tests do not depend on what ran before them.
    """
    return rule_runner.scheduler.get_metrics().get("local_cache_requests", 0)
