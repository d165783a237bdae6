"""The ``graph`` command: JSON, Graphviz text or a drawing of which models inherit from which."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from modular_converter.cli.job import job_of_paths
from modular_converter.cli.options import add_parent_options
from modular_converter.diagnostics.record import ConversionError, Diagnostic, render
from modular_converter.inheritance.formats import to_dot, to_json
from modular_converter.inheritance.graph import InheritanceGraph, cycle_finding
from modular_converter.inheritance.reader import inheritance_graph
from toolkit.suggestions import did_you_mean

HELP = "print which models inherit from which others"
DESCRIPTION = (
    "Prints the models that modular files define with all their ancestors, and which classes are "
    "inherited from which file."
)
EXIT_CODES = (
    "Exit codes: 0 done, 1 models inherit from each other in a cycle, 2 a file or a parent is "
    "wrong or missing (the rest is printed), 3 something is missing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="modular file or directory")
    add_parent_options(parser)
    parser.add_argument(
        "--format",
        choices=("json", "dot", "svg"),
        default="json",
        help="JSON, Graphviz text or a drawing (default: json)",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="only this model, its ancestors and its descendants (repeatable)",
    )
    parser.add_argument(
        "--up",
        type=_generations,
        metavar="N",
        help="with --model: how many generations of ancestors (default: all)",
    )
    parser.add_argument(
        "--down",
        type=_generations,
        metavar="N",
        help="with --model: how many generations of descendants (default: all)",
    )


def _generations(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of generations")
    return int(text)


def usage_error(options: argparse.Namespace) -> str:
    """What is wrong with the combination of options; empty when nothing is."""
    if not options.model and (options.up, options.down) != (None, None):
        return "--up and --down need --model"
    return ""


def run(options: argparse.Namespace) -> int:
    """Prints the graph; returns 0, 1 when it has a cycle, 2 when some input is wrong.

    Raises ConversionError for an unknown model and EnvironmentLack when nothing can draw.
    """
    job = job_of_paths(
        options.paths, root=options.root, search_path=options.search_path, profile=options.profile
    )
    graph = inheritance_graph(job.locations, job.context, job.root)
    unreadable = [finding for finding in job.findings if finding.severity == "error"]
    findings = [*unreadable, *graph.findings]
    chosen = _chosen(graph, options.model, findings)
    if options.model:
        graph = graph.around(chosen, options.up, options.down)
    findings += [cycle_finding(cycle, graph) for cycle in graph.cycles]
    if options.format == "json":
        text = to_json(graph)
    else:
        text = to_dot(graph, chosen)
        if options.format == "svg":
            from modular_converter.inheritance.svg import draw_svg

            text = draw_svg(text)
    sys.stdout.write(text)
    for finding in findings:
        print(render(finding), file=sys.stderr)
    if unreadable or graph.findings:
        return 2
    return 1 if graph.cycles else 0


def _chosen(
    graph: InheritanceGraph, names: Iterable[str], findings: Iterable[Diagnostic]
) -> list[str]:
    keys: list[str] = []
    unknown = []
    for name in names:
        models = graph.named(name)
        keys += models
        if not models:
            known = {model.name for model in graph.models}
            unknown.append(
                Diagnostic(
                    "unknown-model",
                    "error",
                    "--model",
                    0,
                    0,
                    f"no model is named {name}",
                    did_you_mean(name, known, "models")
                    or "name a model of the given files, or one that they inherit from",
                )
            )
    if unknown:
        raise ConversionError([*findings, *unknown])
    return keys
