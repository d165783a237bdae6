"""Measures what a cached fixture costs a test's sandbox under Pants, side by side.

    python benchmarks/sandboxes/benchmark.py [--pairs N] [--directory DIR] [--json]

Makes a scratch workspace with two tests that do nothing; one of them depends on a fixture. Each
run of Pants, in a daemon that is warm, runs both again, one after the other; Pants' own workunits
say how long each sandbox took to set up and how long the process took in it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("pants", "build-support/bootstrap", "3rdparty/python")
# Kept apart from the workspace's own sources.
PLUGIN = {
    "rules/rules_transformers": "rules",
    "src/rules_transformers_contract": "src",
    "src/tiny_models": "src",
    "src/toolkit": "src",
}
PHASES = ("setup_sandbox", "whole_process")

_CONFIG = """
[GLOBAL]
pants_version = "2.17.1"
backend_packages = ["pants.backend.python", "rules_transformers.tiny_fixtures", "stopwatch"]
pythonpath = ["%(buildroot)s/.plugin/rules", "%(buildroot)s/.plugin/src"]
pants_ignore.add = ["!.plugin/"]
build_ignore = [".plugin"]
process_execution_local_parallelism = 1
streaming_workunits_level = "trace"

[source]
root_patterns = ["/"]

[python]
enable_resolves = true
default_resolve = "ml"
interpreter_constraints = ["==3.11.*"]
invalid_lockfile_behavior = "ignore"
run_against_entire_lockfile = true
resolves = {"plugin" = "3rdparty/python/plugin.lock", \
"tools" = "3rdparty/python/tools.lock", "ml" = "3rdparty/python/ml-cpu.lock"}
resolves_to_interpreter_constraints = {"plugin" = ["==3.9.*"]}

[python-bootstrap]
search_path = ["<PYENV>", "<PATH>"]

[python-infer]
use_rust_parser = true

[subprocess-environment]
# The lockfiles decide alone, whatever the configuration of the machine's pip.
env_vars.add = ["PIP_CONFIG_FILE=/dev/null"]

[rules-transformers]
tools_path = ".plugin/src"
"""
_BUILD = """
tiny_fixture(
    name="tiny",
    model_type="qwen2",
    architectures=["Qwen2ForCausalLM"],
    repo_id="tiny-random/qwen2",
)
python_tests(name="with", sources=["with_test.py"], dependencies=[":tiny"])
python_tests(name="without", sources=["without_test.py"])
"""
# A backend of the scratch workspace: writes the duration of each phase of each test's process.
_STOPWATCH = """
import json
from dataclasses import dataclass
from pathlib import Path

from pants.engine.rules import collect_rules, rule
from pants.engine.streaming_workunit_handler import (
    WorkunitsCallback,
    WorkunitsCallbackFactory,
    WorkunitsCallbackFactoryRequest,
)
from pants.engine.unions import UnionRule

PROCESS = "Run Pytest for "


class Stopwatch(WorkunitsCallback):
    can_finish_async = False

    def __init__(self):
        self.units = {}

    def __call__(self, *, started_workunits, completed_workunits, finished, context):
        for unit in (*started_workunits, *completed_workunits):
            self.units[unit["span_id"]] = unit
        if not finished:
            return
        found = {}
        for unit in self.units.values():
            if "duration_secs" not in unit:
                continue
            seconds = unit["duration_secs"] + unit["duration_nanos"] / 1e9
            test = self.test_of(unit)
            if unit["name"] == "setup_sandbox" and test is not None:
                found.setdefault(test, {})["setup_sandbox"] = seconds
            elif (unit.get("description") or "").startswith(PROCESS):
                found.setdefault(unit["description"], {})["whole_process"] = seconds
        Path("stopwatch.json").write_text(json.dumps(found))

    def test_of(self, unit):
        while unit is not None:
            description = unit.get("description") or ""
            if description.startswith(PROCESS):
                return description
            parents = unit.get("parent_ids") or [unit.get("parent_id")]
            unit = self.units.get(parents[0])
        return None


class StopwatchRequest:
    pass


@rule
async def stopwatch(request: StopwatchRequest) -> WorkunitsCallbackFactory:
    return WorkunitsCallbackFactory(Stopwatch)


def rules():
    return [*collect_rules(), UnionRule(WorkunitsCallbackFactoryRequest, StopwatchRequest)]
"""


@contextmanager
def workspace(directory: str | None) -> Iterator[Path]:
    """A repository of its own below `directory`, whose daemon ends with it."""
    root = Path(tempfile.mkdtemp(prefix="sandboxes-", dir=directory))
    try:
        for name in COPIED:
            _copy(ROOT / name, root / name)
        for source, target in PLUGIN.items():
            _copy(ROOT / source, root / ".plugin" / target / Path(source).name)
        stopwatch = root / ".plugin/rules/stopwatch"
        stopwatch.mkdir()
        (stopwatch / "__init__.py").touch()
        (stopwatch / "register.py").write_text(_STOPWATCH)
        (root / "pants.toml").write_text(_CONFIG)
        (root / "BUILD").write_text(_BUILD)
        for name in ("with", "without"):
            (root / f"{name}_test.py").write_text("def test_nothing():\n    pass\n")
        yield root
    finally:
        for pid_file in (root / ".pids").glob("*/pantsd/pid"):
            subprocess.run(["kill", pid_file.read_text()], check=False)
        shutil.rmtree(root, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*_test.py"))
    else:
        shutil.copy2(source, target)


def run_both(root: Path) -> dict[str, dict[str, float]]:
    """Seconds of each phase, by test."""
    command = ["./pants", "--no-dynamic-ui", "--no-colors", "test", "--force", "::"]
    run = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PWD": str(root)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")
    found = json.loads((root / "stopwatch.json").read_text())
    by_test = {
        name: found.get(f"Run Pytest for //{name}_test.py:{name}", {})
        for name in ("with", "without")
    }
    if any(set(times) != set(PHASES) for times in by_test.values()):
        raise SystemExit(f"Pants did not report the times of the two tests: {found}")
    return by_test


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10, help="runs after one that warms up")
    parser.add_argument("--directory", help="where the scratch workspace is made")
    parser.add_argument("--json", action="store_true", help="print every sample")
    options = parser.parse_args()
    if options.pairs < 2:
        parser.error("--pairs must be 2 or more")
    with workspace(options.directory) as root:
        run_both(root)
        samples = [run_both(root) for _ in range(options.pairs)]
    if options.json:
        print(json.dumps(samples, indent=1))
    else:
        report(samples)
    return 0


def report(samples: list[dict[str, dict[str, float]]]) -> None:
    """Prints medians, and the ratios within the pairs."""
    for phase in PHASES:
        without = statistics.median(sample["without"][phase] for sample in samples)
        with_fixture = statistics.median(sample["with"][phase] for sample in samples)
        ratios = [sample["with"][phase] / sample["without"][phase] for sample in samples]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        print(
            f"{phase}: {1000 * without:.0f} ms without, {1000 * with_fixture:.0f} ms with; "
            f"ratio of a pair: median {middle:.2f}, quartiles {low:.2f} and {high:.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
