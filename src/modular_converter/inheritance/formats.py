"""A graph of models as JSON and as Graphviz text."""

from __future__ import annotations

import json
from collections.abc import Collection

from modular_converter.inheritance.graph import Inheritance, InheritanceGraph, Model

SCHEMA = 1

# With more edges than this, labels on them make a drawing unreadable; tooltips remain.
_MOST_LABELLED_EDGES = 40

_LEGEND = (
    "rounded: generated from a modular file, square: written by hand, octagon: not found\\n"
    "an arrow leads to the parent; it is dashed where no class is inherited"
)


def to_json(graph: InheritanceGraph) -> str:
    """The text of the JSON form; see ``schemas/graph.schema.json``."""
    parents: dict[str, list[str]] = {entry.key: [] for entry in graph.models}
    children: dict[str, list[str]] = {entry.key: [] for entry in graph.models}
    for edge in graph.edges:
        parents[edge.child].append(edge.parent)
        children[edge.parent].append(edge.child)
    models = [
        {
            "id": entry.key,
            "name": entry.name,
            "kind": entry.kind,
            "package": entry.package,
            "modular": entry.key if entry.kind == "generated" else None,
            "files": [
                {"type": file.file_type, "path": file.path, "generated": file.is_generated}
                for file in entry.files
            ],
            "parents": parents[entry.key],
            "children": children[entry.key],
        }
        for entry in graph.models
    ]
    edges = [
        {
            "child": edge.child,
            "parent": edge.parent,
            "files": [
                {
                    "path": file.path,
                    "generated": file.is_generated,
                    "line": file.line,
                    "classes": [
                        {"name": entry.name, "base": entry.base, "line": entry.line}
                        for entry in file.classes
                    ],
                    "names": list(file.names),
                }
                for file in edge.files
            ],
        }
        for edge in graph.edges
    ]
    cycles = [list(cycle) for cycle in graph.cycles]
    answer = {"schema": SCHEMA, "models": models, "edges": edges, "cycles": cycles}
    return json.dumps(answer, indent=1) + "\n"


def to_dot(graph: InheritanceGraph, emphasized: Collection[str] = ()) -> str:
    """Graphviz text, parents on the left; the models with the ``emphasized`` keys are bold.

    Edges of cycles are red and say so.
    """
    cyclic = {
        (cycle[at], cycle[(at + 1) % len(cycle)])
        for cycle in graph.cycles
        for at in range(len(cycle))
    }
    labelled = len(graph.edges) <= _MOST_LABELLED_EDGES
    lines = [
        "digraph models {",
        "  rankdir=RL",
        "  ranksep=0.9",
        "  nodesep=0.08",
        f'  label="{_LEGEND}"',
        '  fontname="Helvetica"',
        "  fontsize=10",
        '  node [shape=box, fontname="Helvetica", fontsize=11, height=0.28, margin="0.1,0.04"]',
        '  edge [fontname="Helvetica", fontsize=8, color="#00000070", arrowsize=0.6]',
    ]
    lines += [_dot_model(entry, entry.key in emphasized) for entry in graph.models]
    lines += [
        _dot_edge(entry, (entry.child, entry.parent) in cyclic, labelled) for entry in graph.edges
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _dot_model(model: Model, emphasized: bool) -> str:
    files = [file.path + ("" if file.is_generated else " (by hand)") for file in model.files]
    attributes = {"label": model.name, "tooltip": "\n".join([model.key, *files])}
    if model.kind == "generated":
        attributes.update(style="rounded,filled", fillcolor="#dbeafe")
    elif model.kind == "hand-written":
        attributes.update(style="filled", fillcolor="#fef3c7")
    else:
        attributes.update(shape="octagon", style="dashed", color="#b91c1c")
    if emphasized:
        attributes.update(penwidth="3")
    return f"  {_quoted(model.key)} [{_attributes(attributes)}]"


def _dot_edge(edge: Inheritance, is_cyclic: bool, labelled: bool) -> str:
    attributes = {"tooltip": "\n".join(_description(edge))}
    if not edge.class_count:
        attributes["style"] = "dashed"
    if labelled:
        attributes["label"] = "\n".join(_counts(edge))
    if is_cyclic:
        attributes.update(color="#b91c1c", penwidth="2", label="cycle", fontcolor="#b91c1c")
    return f"  {_quoted(edge.child)} -> {_quoted(edge.parent)} [{_attributes(attributes)}]"


def _description(edge: Inheritance) -> list[str]:
    lines = []
    for file in edge.files:
        lines.append(file.path)
        lines += [f"  {inherited.name}({inherited.base})" for inherited in file.classes]
        if file.names:
            lines.append(f"  uses {', '.join(file.names)}")
    return lines


def _counts(edge: Inheritance) -> list[str]:
    lines = []
    for file in edge.files:
        name = file.path.rpartition("/")[2].removesuffix(".py")
        count = len(file.classes)
        if count:
            lines.append(f"{name}: {count} class{'es' if count > 1 else ''}")
    return lines


def _attributes(attributes: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items())


def _quoted(text: str) -> str:
    # Names of files need not be valid text.
    text = text.encode("utf-8", "backslashreplace").decode()
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
