"""The command `companions`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from toolkit.exit_codes import ExitCode

HELP = "say which files define the tokenizers and processors of a library's models"
DESCRIPTION = (
    "Prints, as JSON, the files with the tokenizer and processor classes that the Auto classes' "
    "tables name for each directory of models; imports nothing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "models", metavar="DIR", help="transformers/models of a release or a checkout"
    )


def run(options: argparse.Namespace) -> int:
    """Prints the files."""
    from tiny_models.transformers_api.class_files import companion_files

    print(json.dumps(companion_files(Path(options.models)), indent=1))
    return ExitCode.DONE
