"""Formatting generated files with ruff under the configuration of a profile."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from modular_converter.conventions.profiles import Profile
from modular_converter.emit.sorted_imports import LINE_LENGTH, SortedImports, sorted_imports
from toolkit.errors import EnvironmentLack
from toolkit.scratch_directory import scratch_directory

# Without W29, which is about blanks that the formatter deletes.
_RULES = (
    "E", "F", "I", "W6", "FURB", "S110", "C4", "C901", "RUF013", "PERF102",
    "PLC1802", "PLC0208", "PIE794",
)  # fmt: skip
_MODERNIZING: Mapping[str, tuple[str, ...]] = {
    "nothing": (),
    "generics": ("UP006",),
    "all": ("UP",),
}
_IGNORED = ("C901", "E501", "E741", "SIM1", "SIM905", "UP015", "UP031")


def ruff_configuration(profile: Profile) -> str:
    """The text of the ``ruff.toml`` of a profile."""
    # The rule for encodings is one of ruff's previews; `NC` marks lines for another linter.
    preview = ["preview = true", "explicit-preview-rules = true"]
    rules = (
        *_RULES,
        *_MODERNIZING[profile.lints_old_syntax],
        *(("SIM",) if profile.lints_simplifications else ()),
        *(("PLW1514",) if profile.lints_encodings else ()),
    )
    external = ("NC",) if profile.lints_encodings else ()
    lines = [
        f"line-length = {LINE_LENGTH}",
        f'target-version = "{profile.python}"',
        "[format]",
        'quote-style = "double"',
        'indent-style = "space"',
        "skip-magic-trailing-comma = false",
        'line-ending = "auto"',
        "[lint]",
        *(preview if profile.lints_encodings else []),
        f"select = {_array(rules)}",
        f"ignore = {_array(_IGNORED)}",
        'extend-safe-fixes = ["UP006"]',
        f"external = {_array(external)}",
        "[lint.isort]",
        "lines-after-imports = 2",
        'known-first-party = ["transformers"]',
    ]
    return "\n".join(lines) + "\n"


def _array(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def find_ruff() -> str:
    """The ruff executable of the installed package. Raises EnvironmentLack."""
    try:
        from ruff.__main__ import find_ruff_bin
    except ImportError:
        raise EnvironmentLack(
            "the package ruff is not installed",
            hint="install ruff==0.14.10",
        ) from None
    try:
        return str(find_ruff_bin())
    except FileNotFoundError:
        raise EnvironmentLack(
            "the package ruff is installed without its executable",
            hint="reinstall ruff==0.14.10",
        ) from None


@dataclass(frozen=True)
class Formatted:
    """A formatted text, or what the formatter found wrong with it.

    ``has_undefined_names`` says that ruff looked up a name in vain: also one that is defined too
    late, or in a quoted annotation. Lines with a `noqa` comment may hide some.
    """

    data: bytes
    problem: str = ""
    has_undefined_names: bool = False

    @property
    def text(self) -> str:
        """The text, decoded at each access: see ``EncodedTexts``."""
        return self.data.decode("utf-8")


def format_all(
    texts: Mapping[str, str], profile: Profile, jobs: int | None = None
) -> dict[str, Formatted]:
    """The formatted texts by the same keys, with one ``check`` and one ``format`` for all.

    Raises EnvironmentLack without ruff.
    """
    if not texts:
        return {}
    firsts: dict[str, SortedImports] = {}

    def prepared(key: str) -> str:
        done = sorted_imports(texts[key])
        if done is None:
            return texts[key]
        firsts[key] = replace(done, text="")
        return done.text

    result = _format(texts, prepared, profile, jobs)
    again = {
        key: texts[key]
        for key, done in firsts.items()
        if result[key].problem or done.has_lost_first(result[key].text)
    }
    if again:
        result.update(_format(again, again.__getitem__, profile, jobs))
    return result


def _format(
    texts: Mapping[str, str], prepared: Callable[[str], str], profile: Profile, jobs: int | None
) -> dict[str, Formatted]:
    """The formatted texts by their keys, each ``prepared`` for ruff."""
    ruff = find_ruff()
    environment = {**os.environ, "RUFF_NO_CACHE": "true"}
    if jobs is not None:
        environment["RAYON_NUM_THREADS"] = str(jobs)
    with scratch_directory("modular_converter_") as directory:
        scratch = str(directory)
        config = os.path.join(scratch, "ruff.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(ruff_configuration(profile))
        tree = os.path.join(scratch, "files")
        os.mkdir(tree)
        # A key may be longer than the name of a file, or hold what messages are split by.
        names = {key: f"{number}.py" for number, key in enumerate(texts)}
        for key in texts:
            with open(os.path.join(tree, names[key]), "wb") as file:
                file.write(prepared(key).encode("utf-8"))
        common = ["--config", config, "--no-cache", "files"]
        check = _run(
            [ruff, "check", "--fix", "--exit-zero", "--quiet", "--output-format=concise", *common],
            scratch,
            environment,
        )
        done = _run([ruff, "format", *common], scratch, environment)
        if check.returncode < 0 or done.returncode < 0:
            # A signal ended it: some text is beyond it, such as one that is nested too deeply.
            return _apart(texts, profile, check.stderr + done.stderr)
        if check.returncode not in (0, 1) or done.returncode not in (0, 1, 2):
            raise EnvironmentLack(f"ruff failed:\n{(check.stderr + done.stderr).strip()}")
        problems = _problems(done.stderr)
        if done.returncode != 0 and not problems:
            raise EnvironmentLack(f"ruff format failed:\n{done.stderr.strip()}")
        undefined = frozenset(_UNDEFINED.findall(check.stdout.replace(os.sep, "/")))
        result = {}
        for key in texts:
            name = names[key]
            with open(os.path.join(tree, name), "rb") as file:
                result[key] = Formatted(file.read(), problems.get(name, ""), name in undefined)
        return result


def _apart(texts: Mapping[str, str], profile: Profile, messages: str) -> dict[str, Formatted]:
    """Each text formatted alone, after one of them has crashed ruff; alone, it is the one."""
    if len(texts) == 1:
        reason = " ".join(messages.split())
        problem = f"ruff crashes: {reason}"
        return {key: Formatted(text.encode("utf-8"), problem) for key, text in texts.items()}
    return {
        key: formatted
        for name, text in texts.items()
        for key, formatted in format_all({name: text}, profile, 1).items()
    }


_UNDEFINED = re.compile(r"^files/(\S+?\.py):\d+:\d+: F821 ", re.MULTILINE)
_PROBLEM = re.compile(
    r"^error: Failed to (?:parse|format) (?:\S*?)files/(\S+?\.py)(?::(.*))$", re.MULTILINE
)


def _problems(messages: str) -> dict[str, str]:
    """What ruff says about files that it cannot format, by key."""
    return {key: text.strip(": ") for key, text in _PROBLEM.findall(messages)}


def _run(
    command: list[str], directory: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
