"""Where the tools' source comes from: the repository's own `src/`, or the plugin's wheel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from pants.engine.fs import (
    CreateDigest,
    Digest,
    FileContent,
    GlobMatchErrorBehavior,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
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
            At the end of a run, report how many processes of the tools ran or came from a cache,
            and the time saved. Results that Pants has in memory do not count, so a run with nothing
            to do reports nothing, unless with `-ldebug`.
            """
        ),
    )


@dataclass(frozen=True)
class ToolSourcesRequest:
    """Asks for parts of the tools' source.

    :param parts: folders and modules, relative to the directory of all tools, such as
        `modular_converter/syntax`. The `__init__.py` of each folder that they are in come along.
    """

    parts: tuple[str, ...]


@dataclass(frozen=True)
class ToolSources:
    """Parts of the tools' source, relative to the directory of all tools."""

    digest: Digest


class MissingToolSources(Exception):
    """No source of a tool was found where it should be."""


def _globs(parts: Iterable[str]) -> list[str]:
    """What matches the parts, with tests and test doubles."""
    return [
        *dict.fromkeys(
            str(folder / "__init__.py")
            for part in parts
            for folder in PurePosixPath(part).parents
            if folder.name
        ),
        *(
            glob
            for part in parts
            for glob in (
                [part]
                if part.endswith(".py")
                else [f"{part}/{pattern}" for pattern in _FILE_PATTERNS]
            )
        ),
    ]


# Tests and test doubles are left out, so that editing one runs no tool again.
_EXCLUDED = (*(f"**/*{suffix}" for suffix in _TEST_SUFFIXES), f"*/{_TESTING}/**")


def _is_excluded(path: PurePath) -> bool:
    """Whether the globs of `_EXCLUDED` match a path, relative to the directory of all tools."""
    return path.name.endswith(_TEST_SUFFIXES) or path.parts[1] == _TESTING


async def _from_wheel(parts: Iterable[str]) -> Digest:
    files = sorted({path for glob in _globs(parts) for path in WHEEL_DIR.glob(glob)})
    if not files:
        raise MissingToolSources(
            f"No source of the tools in {WHEEL_DIR}\n"
            "hint: set `[rules-transformers].tools_path`, or install the plugin from its wheel"
        )
    return await Get(
        Digest,
        CreateDigest(
            FileContent(path.relative_to(WHEEL_DIR).as_posix(), path.read_bytes())
            for path in files
            if not _is_excluded(path.relative_to(WHEEL_DIR))
        ),
    )


@rule
async def find_tool_sources(
    request: ToolSourcesRequest, rules_transformers: RulesTransformers
) -> ToolSources:
    tools_path = rules_transformers.tools_path
    if tools_path is None:
        sources = await _from_wheel(request.parts)
    else:
        globs = [f"{tools_path}/{glob}" for glob in _globs(request.parts)]
        globs += [f"!{tools_path}/{glob}" for glob in _EXCLUDED]
        in_workspace = await Get(
            Digest,
            PathGlobs(
                globs,
                glob_match_error_behavior=GlobMatchErrorBehavior.error,
                description_of_origin="the option `[rules-transformers].tools_path`",
            ),
        )
        sources = await Get(Digest, RemovePrefix(in_workspace, tools_path))
    return ToolSources(sources)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
