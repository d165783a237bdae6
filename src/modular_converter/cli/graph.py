"""What ``graph`` does: from modular files to JSON, Graphviz text or a drawing, and exit codes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Sequence

from modular_converter.diagnostics.record import ConversionError, Diagnostic, render
from modular_converter.inheritance.formats import to_dot, to_json
from modular_converter.inheritance.graph import InheritanceGraph, cycle_finding
from modular_converter.inheritance.reader import inheritance_graph
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation


def run_graph(
    locations: Sequence[ModularLocation],
    context: ConversionContext,
    root: str,
    *,
    output_format: str,
    names: Sequence[str],
    up: int | None,
    down: int | None,
) -> int:
    """Prints the graph; returns 0, 1 when it has a cycle, 2 when some input is wrong.

    Raises ConversionError for an unknown model and EnvironmentLack when nothing can draw.
    """
    graph = inheritance_graph(locations, context, root)
    findings = list(graph.findings)
    chosen = _chosen(graph, names, findings)
    if names:
        graph = graph.around(chosen, up, down)
    findings += [cycle_finding(cycle, graph) for cycle in graph.cycles]
    if output_format == "json":
        text = to_json(graph)
    else:
        text = to_dot(graph, chosen)
        if output_format == "svg":
            from modular_converter.inheritance.svg import draw_svg

            text = draw_svg(text)
    sys.stdout.write(text)
    for finding in findings:
        print(render(finding), file=sys.stderr)
    if graph.findings:
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
            known = sorted({model.name for model in graph.models})
            close = difflib.get_close_matches(name, known, n=3)
            unknown.append(
                Diagnostic(
                    "unknown-model",
                    "error",
                    "--model",
                    0,
                    0,
                    f"no model is named {name}",
                    f"did you mean {' or '.join(close)}?"
                    if close
                    else "name a model of the given files, or one that they inherit from",
                )
            )
    if unknown:
        raise ConversionError([*findings, *unknown])
    return keys
