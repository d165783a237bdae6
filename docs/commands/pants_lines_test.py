"""Every Pants command that the project documents or prints is one that Pants' launcher takes.

Pants' own parser reads them, with the options of the backends: a global option after the goal, an
unknown or deprecated option, an unknown goal or target type, and a value of the wrong type fail.
`./pants` takes global options after the goal, too; the launcher does not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from docs.commands.command_lines import CommandLine, command_lines, is_placeholder, project_files
from pants.base.build_root import BuildRoot
from pants.base.specs_parser import SpecsParser
from pants.build_graph.build_configuration import BuildConfiguration
from pants.engine.unions import UnionMembership
from pants.goal.builtins import register_builtin_goals
from pants.init.extension_loader import load_build_configuration_from_source
from pants.option.arg_splitter import ArgSplitter
from pants.option.errors import OptionsError
from pants.option.option_value_container import OptionValueContainerBuilder
from pants.option.options import Options
from pants.option.options_bootstrapper import OptionsBootstrapper
from pants.option.parser import Parser

_ROOT = Path.cwd()
_PANTS = ("pants", "./pants")
_BACKENDS = (
    "internal.ruff",
    "pants.backend.python",
    "pants.backend.python.typecheck.mypy",
    "rules_transformers.gpu_benchmark",
    "rules_transformers.modular",
    "rules_transformers.parents",
    "rules_transformers.tiny_fixtures",
)
_LINES = [line for path in project_files(_ROOT) for line in command_lines(path, _ROOT)]


class _Deprecated(Exception):
    pass


class CommandLineParser:
    """Pants' parser of command lines, with the options and targets of some backends."""

    def __init__(self, root: Path, backends: tuple[str, ...]) -> None:
        (root / "pants.toml").touch()
        BuildRoot().path = str(root)
        builder = BuildConfiguration.Builder()
        load_build_configuration_from_source(builder, list(backends))
        register_builtin_goals(builder)
        self._configuration = builder.create()
        bootstrapper = OptionsBootstrapper.create(env={}, args=["pants"], allow_pantsrc=False)
        self._options: Options = bootstrapper.full_options(
            self._configuration, UnionMembership.from_rules(self._configuration.union_rules)
        )
        self._splitter = ArgSplitter(self._options.known_scope_to_info.values(), str(root))
        self._specs = SpecsParser(root_dir=str(root))

    @property
    def goals(self) -> set[str]:
        """The goals, with the built-in ones that are words."""
        scopes = self._options.known_scope_to_info.items()
        return {scope for scope, info in scopes if info.is_goal and not scope.startswith("_")}

    def problems(self, arguments: tuple[str, ...], *, named: bool = False) -> list[str]:
        """What Pants has against the arguments of a command line.

        :param named: whether an option may be there without its value, only to be named.
        """
        own = arguments[: arguments.index("--")] if "--" in arguments else arguments
        asks_for_help = bool({"help", "help-advanced"} & set(own))
        words = [
            "path:target" if is_placeholder(word) and not asks_for_help else word for word in own
        ]
        split = self._splitter.split_args(["pants", *words])
        problems = [
            f"no goal, target or scope: {word}"
            for word in split.unknown_goals
            if not (asks_for_help and (is_placeholder(word) or word in self._things))
        ]
        for scope, flags in split.scope_to_flags.items():
            if self._options.is_known_scope(scope):
                problems += self._problems_of_flags(scope, flags, named)
        try:
            self._specs.parse_specs(split.specs, description_of_origin="a test")
        except Exception as error:
            problems.append(str(error))
        return problems

    @property
    def _things(self) -> set[str]:
        targets = {target.alias for target in self._configuration.target_types}
        return targets | set(self._options.known_scope_to_info)

    def _problems_of_flags(self, scope: str, flags: list[str], named: bool) -> list[str]:
        parser = self._options.get_parser(scope)
        known = {name for names, _ in parser.option_registrations_iter() for name in names}
        given = []
        for flag in flags:
            name, has_value, value = flag.partition("=")
            only_named = is_placeholder(value) if has_value else named
            if not (only_named and name in known):
                given.append(flag)
        request: Any = Parser.ParseArgsRequest(given, OptionValueContainerBuilder(), [], False)
        try:
            with patch("pants.option.parser.warn_or_error", _refuse):
                parser.parse_args(request)
        except (OptionsError, _Deprecated, ValueError) as error:
            return [str(error)]
        return []


def _refuse(*args: Any, entity: str, print_warning: bool = True, **kwargs: Any) -> None:
    if print_warning:
        raise _Deprecated(f"deprecated: {entity}")


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> CommandLineParser:
    return CommandLineParser(tmp_path_factory.mktemp("root"), _BACKENDS)


def _arguments(line: CommandLine, goals: set[str]) -> tuple[str, ...] | None:
    """The arguments of Pants in a line; None if it is another program's.

    A line may leave the name out, as in `test ::`.
    """
    first, *others = line.words
    if first == "./pants":
        return _in_launchers_order(others)
    if first in _PANTS:
        return tuple(others)
    begins_so = first in goals or (first.startswith("--") and not goals.isdisjoint(others))
    if begins_so and any("::" in word or word.startswith("--") for word in line.words):
        return line.words
    return None


def _in_launchers_order(words: list[str]) -> tuple[str, ...]:
    """The arguments that `./pants` passes on: global options come first."""
    names = (_ROOT / "build-support/bootstrap/global_options").read_text().split()
    end = words.index("--") if "--" in words else len(words)
    known = re.compile(rf"--(no-)?({'|'.join(names)})(=.*)?|-l.*", re.DOTALL)
    first = [word for word in words[:end] if known.fullmatch(word)]
    return (*first, *(word for word in words[:end] if word not in first), *words[end:])


def test_every_command_is_understood(parser: CommandLineParser) -> None:
    goals = parser.goals
    wrong = []
    read = 0
    for line in _LINES:
        arguments = _arguments(line, goals)
        if arguments is not None:
            read += 1
            problems = parser.problems(arguments, named=not line.is_whole)
            wrong += [f"{line}: {problem}" for problem in problems]
    assert not wrong, "\n".join(wrong)
    assert read > 100


@pytest.mark.parametrize(
    "place",
    [
        ".ci/run",
        ".github/PULL_REQUEST_TEMPLATE.md",
        ".github/workflows/gpu.yml",
        ".github/workflows/wheel.yml",
        ".pre-commit-config.yaml",
        "README.md",
        "docs/quick-start.md",
        "docs/reference/targets.md",
        "docs/examples/ci/benchmarks.yml",
        "docs/examples/ci/pre-commit-config.yaml",
        "docs/examples/library/acme/models/newt/BUILD",
        "rules/rules_transformers/gpu_benchmark/goals/test.py",
        "rules/rules_transformers/gpu_benchmark/target_types.py",
        "rules/rules_transformers/gpu_benchmark/util_rules/judge.py",
        "rules/rules_transformers/modular/util_rules/staleness.py",
    ],
)
def test_every_kind_of_place_is_read(place: str) -> None:
    lines = [line for line in _LINES if line.place.startswith(f"{place}:")]
    assert any(line.words[0] in _PANTS for line in lines)


def test_rules_call_pants_by_the_name_that_it_was_asked_by() -> None:
    rules = [path for path in project_files(_ROOT) if "rules_transformers" in path.parts]
    assert len(rules) > 50
    literal = re.compile(r"`(?:\./)?pants +[a-z-]")
    assert [path for path in rules if literal.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("pants test --tag=gpu-bench ::", "Unknown flags --tag on scope test"),
        ("test --tag=gpu-bench ::", "Unknown flags --tag on scope test"),
        ("pants gpu-baseline --filter-target-type=x --level=debug", "--level"),
        ("pants --no-such-option test ::", "--no-such-option"),
        ("pants generate --resolve=ml", "--resolve"),
        ("pants tests ::", "no goal, target or scope: tests"),
        ("pants help no_such_target", "no goal, target or scope: no_such_target"),
        ("pants parents --top=many port/modeling_eft.py", "many"),
    ],
)
def test_what_pants_refuses_is_found(parser: CommandLineParser, command: str, problem: str) -> None:
    arguments = _arguments(CommandLine("here", tuple(command.split()), is_whole=True), parser.goals)
    assert arguments is not None
    assert problem in "\n".join(parser.problems(arguments))


@pytest.mark.parametrize(
    "command",
    [
        "pants --tag=gpu-bench test --report ::",
        "./pants test --tag=gpu-bench --report :: --level=debug",
        "pants test --gpu-bench-strict a/b:c@d=e",
        "pants -ldebug generate ::",
        "pants parents --top=K FILE…",
        "pants help-advanced SCOPE",
        "pants run a:tiny -- python --anything",
    ],
)
def test_what_pants_takes_is_taken(parser: CommandLineParser, command: str) -> None:
    arguments = _arguments(CommandLine("here", tuple(command.split()), is_whole=True), parser.goals)
    assert arguments is not None
    assert parser.problems(arguments) == []


def test_deprecated_options_are_refused(parser: CommandLineParser) -> None:
    assert "deprecated" in "\n".join(parser.problems(("--remote-cache-read-timeout-millis=1",)))
