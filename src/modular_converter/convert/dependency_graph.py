"""Walks over a graph of dependencies: cycles, ancestors, what can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def find_cycle(edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The nodes of one cycle in order (first not repeated), or an empty list."""
    state: dict[str, int] = {}
    for start in edges:
        if start in state:
            continue
        trail = [start]
        pending = [iter(edges[start])]
        state[start] = 1
        while pending:
            following = next(pending[-1], None)
            if following is None:
                pending.pop()
                state[trail.pop()] = 2
            elif state.get(following) == 1:
                return trail[trail.index(following) :]
            elif following not in state and following in edges:
                state[following] = 1
                trail.append(following)
                pending.append(iter(edges[following]))
    return []


def ancestors(edges: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Everything that each node depends on, directly or not. The graph has no cycle."""
    found: dict[str, frozenset[str]] = {}
    for start in edges:
        pending = [start]
        while pending:
            node = pending[-1]
            missing = [each for each in edges.get(node, ()) if each not in found]
            if missing:
                pending += missing
                continue
            pending.pop()
            direct = edges.get(node, ())
            found[node] = frozenset(direct).union(*(found[each] for each in direct))
    return found


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
