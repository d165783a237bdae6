"""Where the tools' source comes from: the repository's own `src/`, or the plugin's wheel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    FileContent,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.option.option_types import BoolOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

# Where a sandbox finds the tools; put on `sys.path` there.
SANDBOX_DIR = "__tools"

# Where the wheel has them.
WHEEL_DIR = Path(__file__).parent.parent / "_tools"
_FILE_PATTERNS = ("**/*.py", "**/*.json", "**/*.jinja")
_TEST_SUFFIXES = ("_test.py", "conftest.py")
# A tool's folder of what only tests and benchmarks use.
_TESTING = "testing"
# What all tools import.
SHARED = ("rules_transformers_contract", "toolkit")


class RulesTransformers(Subsystem):
    options_scope = "rules-transformers"
    help = "Options that all rules_transformers backends share."

    tools_path = StrOption(
        default=None,
        advanced=True,
        help=softwrap(
            """
            The directory, relative to the build root, that holds the source of the tools that run
            in sandboxes (`modular_converter` and the others). Only the repository that develops
            rules_transformers sets it; when unset, the source inside the installed plugin is used.
            """
        ),
    )

    summary = BoolOption(
        default=True,
        help=softwrap(
            """
            At the end of a run that asked for processes of the tools, say how many there were, how
            many of them ran or came from a cache, and what that saved. What Pants had in memory is
            no process: a run that had nothing to do says nothing. With `-ldebug` it is said anyway.
            """
        ),
    )


@dataclass(frozen=True)
class ToolSourcesRequest:
    """Asks for the source of one tool.

    :param name: the tool's top-level package, e.g. `modular_converter`.
    """

    name: str


@dataclass(frozen=True)
class ToolSources:
    """The source of one tool at `__tools/<name>/`, and what all tools share beside it."""

    digest: Digest


class MissingToolSources(Exception):
    """No source for a tool was found where it should be."""


def _files_below(directory: Path) -> list[Path]:
    return sorted(
        path
        for pattern in _FILE_PATTERNS
        for path in directory.glob(pattern)
        if not path.name.endswith(_TEST_SUFFIXES)
        and path.relative_to(directory).parts[0] != _TESTING
    )


async def _from_wheel(name: str) -> Digest:
    directory = WHEEL_DIR / name
    files = _files_below(directory)
    if not files:
        raise MissingToolSources(
            f"No source of the tool `{name}` at {directory}\n"
            "hint: set `[rules-transformers].tools_path`, or install the plugin from its wheel"
        )
    return await Get(
        Digest,
        CreateDigest(
            FileContent(
                f"{SANDBOX_DIR}/{name}/{path.relative_to(directory).as_posix()}", path.read_bytes()
            )
            for path in files
        ),
    )


def _globs(directory: str) -> list[str]:
    # Tests are left out, so that editing one runs no tool again.
    return [
        *(f"{directory}/{pattern}" for pattern in _FILE_PATTERNS),
        *(f"!{directory}/**/*{suffix}" for suffix in _TEST_SUFFIXES),
        f"!{directory}/{_TESTING}/**",
    ]


@rule
async def find_tool_sources(
    request: ToolSourcesRequest, rules_transformers: RulesTransformers
) -> ToolSources:
    tools_path = rules_transformers.tools_path
    if tools_path is None:
        digests = tuple([await _from_wheel(name) for name in (request.name, *SHARED)])
        return ToolSources(await Get(Digest, MergeDigests(digests)))
    digests = await MultiGet(
        Get(
            Digest,
            PathGlobs(
                _globs(f"{tools_path}/{name}"),
                glob_match_error_behavior=GlobMatchErrorBehavior.error,
                description_of_origin="the option `[rules-transformers].tools_path`",
            ),
        )
        for name in (request.name, *SHARED)
    )
    sources = await Get(Digest, MergeDigests(digests))
    stripped = await Get(Digest, RemovePrefix(sources, tools_path))
    return ToolSources(await Get(Digest, AddPrefix(stripped, SANDBOX_DIR)))


def rules():
    return collect_rules()
