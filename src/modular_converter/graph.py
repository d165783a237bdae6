"""The dependency order of a batch of modulars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


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
