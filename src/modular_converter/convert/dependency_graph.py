"""Walks over a graph of dependencies: cycles, ancestors, what can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


def find_cycle(edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The nodes of one cycle in order (first not repeated), or an empty list."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as problem:
        # In graphlib's order each node comes before one that depends on it.
        cycle: list[str] = problem.args[1]
        return cycle[:0:-1]
    return []


def ancestors(edges: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Everything that each node depends on, directly or not. The graph has no cycle."""
    above: dict[str, frozenset[str]] = {}
    for node in TopologicalSorter(edges).static_order():
        direct = edges.get(node, ())
        above[node] = frozenset(direct).union(*(above[parent] for parent in direct))
    return above


def reachable(
    edges: Mapping[str, Iterable[str]], starts: Iterable[str], depth: int | None = None
) -> set[str]:
    """The starts and all that can be reached from them in ``depth`` steps (None: any number)."""
    reached = set(starts)
    border = set(reached)
    while border and (depth is None or depth > 0):
        border = {node for start in border for node in edges.get(start, ())} - reached
        reached |= border
        depth = None if depth is None else depth - 1
    return reached


def on_cycles(edges: Mapping[str, Sequence[str]]) -> set[str]:
    """The nodes that can be reached from themselves."""
    return {node for node in edges if node in reachable(edges, edges[node])}


def find_cycles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """One cycle out of each group of nodes that all reach each other, as ``find_cycle`` gives it.

    Each begins with the node of it that comes first in ``edges``.
    """
    left = {node: list(targets) for node, targets in edges.items()}
    order = {node: position for position, node in enumerate(edges)}
    cycles = []
    while cycle := find_cycle(left):
        start = min(range(len(cycle)), key=lambda position: order[cycle[position]])
        cycles.append(cycle[start:] + cycle[:start])
        # The cycle's group is what it reaches and what reaches it: one cycle of it is enough.
        backward: dict[str, list[str]] = {}
        for node, targets in left.items():
            for target in targets:
                backward.setdefault(target, []).append(node)
        for node in reachable(left, cycle) & reachable(backward, cycle):
            left[node] = []
    return cycles
