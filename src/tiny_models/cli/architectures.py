"""The command `architectures`."""

from __future__ import annotations

import argparse

from toolkit.exit_codes import ExitCode

HELP = "list the model classes of a model type"
DESCRIPTION = (
    "Prints the model classes that transformers' Auto classes know for a model type, one a line; "
    "imports nothing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("model_type", metavar="MODEL_TYPE")
    parser.add_argument(
        "--auto-file",
        metavar="FILE",
        required=True,
        help="transformers/models/auto/modeling_auto.py of the release",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the names. Raises InputError if the file cannot be read."""
    from tiny_models.transformers_api.auto_mappings import architectures_in
    from toolkit.input_file import read_text

    source = read_text(options.auto_file)
    for name in architectures_in(source, options.model_type, path=options.auto_file):
        print(name)
    return ExitCode.DONE
