"""Writes a copy of the rules that calls rules by name.

    python -m call_by_name SOURCE TARGET

SOURCE is a source root with the package; TARGET is created, and gets the modules that change.
Exit codes: 0 done, 2 a request cannot be rewritten.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path, PurePosixPath

from call_by_name.rewrite import RewriteError, python_sources, rewrite_all

_RUFF = (sys.executable, "-m", "ruff")
_FIRST_PARTY = ("rules_transformers", "rules_transformers_contract")


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = map(Path, arguments)
    paths = python_sources(
        PurePosixPath(path.relative_to(source).as_posix()) for path in source.rglob("*.py")
    )
    sources = {path: (source / path).read_text(encoding="utf-8") for path in paths}
    try:
        rewritten = rewrite_all(sources)
    except RewriteError as error:
        print(error, file=sys.stderr)
        return 2
    target.mkdir(parents=True)
    for path, text in rewritten.items():
        if text != sources[path]:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(text, encoding="utf-8")
    _format(target)
    return 0


def _format(directory: Path) -> None:
    """Formats as the sources are: calls are shorter than what they replace."""
    options = ("--isolated", "--quiet", "--no-cache", "--config", "line-length=100")
    # In a part of the package, ruff cannot see what is of the package.
    first_party = f"lint.isort.known-first-party={json.dumps(_FIRST_PARTY)}"
    for command in (
        (
            *_RUFF,
            "check",
            "--select",
            "I",
            "--fix",
            *options,
            "--config",
            first_party,
            str(directory),
        ),
        (*_RUFF, "format", *options, str(directory)),
    ):
        subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
