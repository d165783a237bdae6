from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modular_converter.convert.dependency_graph import find_cycle, find_cycles, reachable

NODES = "abcdefg"
GRAPHS = st.fixed_dictionaries(
    {node: st.lists(st.sampled_from(NODES), max_size=3, unique=True) for node in NODES}
)


def test_each_group_of_a_cycle_gives_one_cycle() -> None:
    edges = {"x": ["b"], "b": ["c"], "c": ["a"], "a": ["b"], "s": ["s"], "t": ["x"]}
    assert find_cycles(edges) == [["b", "c", "a"], ["s"]]


def test_depth_limits_what_is_reached() -> None:
    edges = {"a": ["b"], "b": ["c", "d"], "c": ["e"]}
    assert reachable(edges, ["a"], 0) == {"a"}
    assert reachable(edges, ["a"], 2) == {"a", "b", "c", "d"}
    assert reachable(edges, ["a"]) == {"a", "b", "c", "d", "e"}


@given(GRAPHS)
def test_cycles_are_cycles_and_none_is_left_out(edges: dict[str, list[str]]) -> None:
    cycles = find_cycles(edges)
    for cycle in cycles:
        assert len(set(cycle)) == len(cycle)
        for node, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            assert following in edges[node]
    after = {node: reachable(edges, edges[node]) for node in NODES}
    on_a_cycle = {node for node in NODES if node in after[node]}
    groups = {
        frozenset(other for other in after[node] if node in after[other]) for node in on_a_cycle
    }
    assert len(cycles) == len(groups)
    assert bool(cycles) == bool(find_cycle(edges))
