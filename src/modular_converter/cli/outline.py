"""The ``outline`` command: what modular files produce, without converting them."""

from __future__ import annotations

import argparse
import json
import sys

HELP = "print as JSON what modular files produce and which parents they name"
DESCRIPTION = (
    "Prints which files each modular file of a request produces, and which modules it inherits "
    "from, without reading any parent."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--request", metavar="FILE", required=True, help="JSON request")


def run(options: argparse.Namespace) -> int:
    """Prints the answer; returns 0. Raises ConversionError for a wrong request."""
    from modular_converter.cli.job import job_of_request
    from modular_converter.convert.outline import outline_all
    from modular_converter.diagnostics.record import as_json
    from toolkit.paths import shown

    job = job_of_request(options.request)
    context = job.context
    answers = []
    for outline in outline_all(job.locations, context.sources, context.table, context.profile):
        types = job.outputs.get(outline.location.path)
        answers.append(
            {
                "path": shown(outline.location.path),
                "outputs": [
                    {"type": file_type, "path": shown(path)}
                    for file_type, path in outline.outputs
                    if types is None or file_type in types
                ],
                "parents": [
                    {"module": parent.dotted, "line": parent.node.lineno}
                    for parent in outline.parents
                ],
                "error": as_json(outline.error) if outline.error else None,
            }
        )
    json.dump({"schema": 1, "modulars": answers}, sys.stdout, indent=1)
    print()
    return 0
