"""A modular class without a parent model: written as it stands."""

from __future__ import annotations

from modular_converter.conventions.profiles import Profile
from modular_converter.library.index import Item
from modular_converter.merge.decorators import is_marker
from modular_converter.merge.nodes import Fragment, Node, Origin, node_of_item
from modular_converter.syntax.nodes import nodes_within


def free_class(item: Item, profile: Profile) -> Node:
    """The class as written, without decorators that only the conversion understands."""
    if not profile.no_inherit_decorator or "no_inherit_decorator" not in item.text:
        return node_of_item(item, item.name, None)
    source = item.source
    drop: set[int] = set()
    for node in nodes_within(item.statement.node):
        for decorator in getattr(node, "decorator_list", ()):
            first, last = decorator.lineno - 1, decorator.end_lineno - 1
            if is_marker(source.block(first, last), profile):
                drop.update(range(first, last + 1))
    fragments = []
    for line in range(item.statement.lead, item.statement.last + 1):
        if line not in drop:
            origin = Origin(source.label, source.first_line + line + 1)
            fragments.append(Fragment(source.lines[line] + "\n", origin))
    return Node(item.name, "class", tuple(fragments))
