"""The commands of the tools that run in sandboxes, with what each of them imports.

A sandbox holds the folders that its command imports and no others, so that a change elsewhere in a
tool runs nothing again. `tests/contracts/sandboxes_test.py` compares this table with the imports.
"""

from __future__ import annotations

from dataclasses import dataclass

# How long a process waits for a remote cache before it is started here as well, in milliseconds.
# By itself, Pants starts a process in the moment in which it asks a remote cache for the result,
# and ends it when there is one: each hit costs a start, and a device is used in vain. Without a
# remote cache, nothing waits.

# For work of about a second: less than it takes, more than an answer takes.
_SHORT_WORK = 500
# For work of several seconds, such as what imports torch.
_LONG_WORK = 2_000
# For measurements, which take minutes and must have the device for themselves.
_MEASUREMENT = 10_000

# Of standard library alone, small, and imported nearly everywhere.
SHARED = ("rules_transformers_contract", "toolkit")


@dataclass(frozen=True)
class ToolCommand:
    """A command of a tool.

    :param tool: the tool's top-level package.
    :param name: what follows it on the command line.
    :param parts: what the command imports: folders and modules, relative to the directory of all
        tools. The starting points of the tool, `SHARED`, and the `__init__.py` of each folder that
        a part is in come along.
    :param remote_cache_wait: how long to wait for a remote cache, in milliseconds.
    """

    tool: str
    name: str
    parts: tuple[str, ...]
    remote_cache_wait: int = _SHORT_WORK

    @property
    def all_parts(self) -> tuple[str, ...]:
        """The parts with those that each command has."""
        return (
            *(f"{self.tool}/{name}.py" for name in ("__init__", "__main__", "cli/main")),
            *SHARED,
            *self.parts,
        )


def _parts(tool: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{tool}/{name}" for name in names)


_CONVERTER = "modular_converter"
_CONVERTING = _parts(
    _CONVERTER,
    *("conventions", "convert", "diagnostics", "emit", "library", "lint", "merge", "names"),
    *("parents", "syntax"),
)
_CONVERTER_CLI = _parts(_CONVERTER, "cli/job.py", "cli/options.py", "cli/request.py")

CONVERT = ToolCommand(
    _CONVERTER, "convert", (*_CONVERTING, *_CONVERTER_CLI, *_parts(_CONVERTER, "cli/convert.py"))
)
CONFORMANCE = ToolCommand(
    _CONVERTER,
    "conformance",
    (*_CONVERTING, *_parts(_CONVERTER, "cli/conformance.py", "conformance")),
)
EXPLAIN = ToolCommand(
    _CONVERTER,
    "explain",
    (*_CONVERTING, *_CONVERTER_CLI, *_parts(_CONVERTER, "cli/explain.py", "explain")),
)
GROUP_CONVERT = ToolCommand(
    _CONVERTER,
    "group",
    (
        *_CONVERTING,
        *_CONVERTER_CLI,
        *_parts(_CONVERTER, "cli/convert.py", "cli/group.py"),
    ),
)
OUTLINE = ToolCommand(
    _CONVERTER,
    "outline",
    _parts(
        _CONVERTER,
        *("cli/job.py", "cli/outline.py", "cli/request.py"),
        *("conventions", "convert/outline.py", "diagnostics", "emit/exports.py"),
        *("emit/output_paths.py", "library", "merge/nodes.py", "names", "syntax"),
    ),
)

_BENCH = "gpu_bench"

MEASURE = ToolCommand(
    _BENCH,
    "run",
    _parts(_BENCH, "cli/run.py", "core", "device", "measure", "models", "request"),
    _MEASUREMENT,
)
FINGERPRINT = ToolCommand(
    _BENCH,
    "fingerprint",
    _parts(_BENCH, "cli/fingerprint.py", "core", "device"),
    _LONG_WORK,
)
COMPARE = ToolCommand(
    _BENCH,
    "compare",
    _parts(_BENCH, "cli/compare.py", "cli/options.py", "core", "judge", "results"),
)
BASELINE = ToolCommand(
    _BENCH,
    "baseline",
    _parts(_BENCH, "cli/baseline.py", "cli/options.py", "core", "judge", "results"),
)
REPORT = ToolCommand(
    _BENCH,
    "report",
    _parts(
        _BENCH,
        *("cli/options.py", "cli/report.py", "cli/reporting.py"),
        *("core", "judge", "report", "results"),
    ),
)

_FIXTURES = "tiny_models"

# What `tiny_models/__init__.py` offers to tests.
_ACTIVATION = _parts(
    _FIXTURES,
    *("core", "fixture/locate.py", "request/manifest.py"),
    *("runtime/activation.py", "runtime/hub_cache.py", "runtime/private_files.py"),
)
_INTEGRITY = ("fixture/forbidden_content.py", "fixture/integrity.py")
_RUNNING = _parts(
    _FIXTURES, "checks", "config", "families", "fitting", "inputs", "vocabulary", "weights"
)

ARCHITECTURES = ToolCommand(
    _FIXTURES,
    "architectures",
    (
        *_ACTIVATION,
        *_parts(_FIXTURES, "cli/architectures.py", "transformers_api"),
    ),
)
GROUP_BUILD = ToolCommand(
    _FIXTURES,
    "group",
    (
        *_RUNNING,
        *_parts(
            _FIXTURES,
            *(
                "cli/build.py",
                "cli/group.py",
                "core",
                "fixture",
                "formats",
                "processors",
                "repository",
                "request",
            ),
            *("runtime/activation.py", "runtime/forks.py", "runtime/hub_cache.py"),
            *("runtime/learned_imports.py", "runtime/private_files.py"),
            *("tokenizers", "transformers_api"),
        ),
    ),
    _LONG_WORK,
)
COMPANIONS = ToolCommand(
    _FIXTURES,
    "companions",
    (*_ACTIVATION, *_parts(_FIXTURES, "cli/companions.py", "transformers_api")),
)
PUBLISH = ToolCommand(
    _FIXTURES,
    "publish",
    (
        *_ACTIVATION,
        *_parts(_FIXTURES, "cli/publish.py", *_INTEGRITY, "hub"),
        *_parts(_FIXTURES, "weights/safetensors_files.py", "weights/safetensors_header.py"),
    ),
)
RUN = ToolCommand(
    _FIXTURES,
    "run",
    (
        *_RUNNING,
        *_ACTIVATION,
        *_parts(
            _FIXTURES,
            *("cli/options.py", "cli/run.py", "cli/verify.py"),
            *(*_INTEGRITY, "fixture/verification.py", "formats/lora.py"),
            "repository/auto_registration.py",
            *("runtime/model_classes.py", "runtime/run.py", "runtime/startup"),
            "transformers_api",
        ),
    ),
)

_FINDER = "parent_finder"
_FINDING = _parts(_FINDER, "cli/arguments.py", "cli/inputs.py", "core", "corpus")

INDEX = ToolCommand(
    _FINDER,
    "index",
    (
        *_FINDING,
        *_parts(_FINDER, "cli/index.py", "ranking/comparison.py", "ranking/reference_library.py"),
    ),
)
RANK = ToolCommand(_FINDER, "rank", (*_FINDING, *_parts(_FINDER, "cli/rank.py", "ranking")))
MODULARIZE = ToolCommand(
    _FINDER,
    "modularize",
    (
        *_FINDING,
        *_parts(_FINDER, "cli/modularize.py", "modularize", "ranking"),
        # It proves a modular file by converting it.
        *_CONVERTING,
    ),
)
COPIES = ToolCommand(_FINDER, "copies", (*_FINDING, *_parts(_FINDER, "cli/copies.py", "ranking")))

COMMANDS = (
    *(CONVERT, CONFORMANCE, EXPLAIN, GROUP_CONVERT, OUTLINE),
    *(MEASURE, COMPARE, BASELINE, REPORT),
    *(ARCHITECTURES, GROUP_BUILD, COMPANIONS, PUBLISH, RUN),
    *(INDEX, RANK, MODULARIZE, COPIES),
)
