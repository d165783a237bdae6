"""The command `verify`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tiny_models.cli.options import add_modules
from toolkit.exit_codes import ExitCode

HELP = "check a fixture's integrity, and that it loads and runs"
DESCRIPTION = (
    "Compares files with the manifest and the weights with the config before anything is loaded, "
    "then loads the model and runs it."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("directory", metavar="DIR", help="directory of a fixture")
    parser.add_argument(
        "--static", action="store_true", help="integrity only: load and run nothing"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    add_modules(parser)


def run(options: argparse.Namespace) -> int:
    """Verifies one fixture. Raises CheckFailed if it is not intact or does not run."""
    from tiny_models.core.errors import CheckFailed

    try:
        manifest, record = verified(options.directory, options.static, options.modules)
    except CheckFailed as problem:
        if options.json:
            print(json.dumps({"schema": 1, "ok": False, "problem": problem.render()}))
        raise
    if options.json:
        answer = {"schema": 1, "ok": True, "address": manifest.address, "record": record}
        print(json.dumps(answer, indent=1, sort_keys=True))
    else:
        print_verified(options.directory, manifest, options.static)
    return ExitCode.DONE


def verified(directory: str, static: bool, modules: list[str]) -> tuple[Any, dict[str, Any]]:
    """The manifest and the record of an intact fixture. Nothing is loaded before it is intact."""
    from tiny_models.fixture.integrity import verify_integrity

    manifest = verify_integrity(directory)
    if static:
        return manifest, {}
    from tiny_models.fixture.verification import verify_running
    from tiny_models.transformers_api.process import prepare

    prepare()
    return manifest, verify_running(directory, manifest, modules)


def print_verified(directory: str, manifest: Any, static: bool) -> None:
    """Prints one line about a verified fixture."""
    how = "intact" if static else "intact, loads and runs"
    print(f"{directory}: {manifest.architecture} of {manifest.address} is {how}")
