"""Merging a modular class with its renamed parent class."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modular_converter.conventions.profiles import Profile
from modular_converter.library.index import Item
from modular_converter.merge.decorators import kept_decorators
from modular_converter.merge.docstrings import merged_docstring
from modular_converter.merge.methods import Method, MethodMerger, deletes_method
from modular_converter.merge.nodes import Fragment, Node, Origin, Rename
from modular_converter.merge.super_calls import is_docstring
from modular_converter.names.prefixes import common_suffix
from modular_converter.syntax.definitions import ClassParts, ends_with_comma
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import FUNCTIONS, Statement

_STEP = "    "


@dataclass(frozen=True, eq=False)
class _Body:
    docstrings: list[Statement]
    attributes: dict[str, Statement]
    methods: dict[str, Statement]


@dataclass(frozen=True, eq=False)
class ParentClass:
    """A parent's class with the renaming of its text; ``name`` is the class's renamed name."""

    item: Item
    name: str
    rename: Callable[[str], str]
    renames: tuple[Rename, ...]


def merge_class(
    modular: Item,
    parent: ParentClass,
    parent_base: str,
    profile: Profile,
    *,
    inherits: Callable[[str, str], bool] | None = None,
) -> Node:
    """The standalone class: the parent's, with what the modular class overrides.

    ``parent_base`` is the base of the modular class that was imported from the parent. With
    ``inherits``, which says whether a base of the modular class inherits from another class, bases
    and arguments of `super()` come to mean what they mean in the modular class.
    Raises ConversionError when the modular class deletes or extends what the parent lacks.
    """
    mine, theirs = modular.class_parts, parent.item.class_parts
    rename = parent.rename
    my_source, their_source = mine.source, theirs.source
    my_body = _body_of(mine, str)
    their_body = _body_of(theirs, rename)
    bases, comma = _merged_bases(mine, theirs, parent_base, rename, profile, inherits)
    fragments: list[Fragment] = []

    def add(text: str, source: Source, line: int) -> None:
        if text:
            renames = parent.renames if source is their_source else ()
            fragments.append(
                Fragment(text, Origin(source.label, source.first_line + line + 1, renames))
            )

    statement = parent.item.statement
    add(
        rename(their_source.block(statement.lead, statement.first - 1)),
        their_source,
        statement.lead,
    )
    if mine.head.decorators:
        add(kept_decorators(mine.head, profile), my_source, modular.statement.first)
    else:
        add(rename("".join(theirs.head.decorators)), their_source, statement.first)
    if theirs.head.after_decorators:
        line = theirs.node.lineno - 1 - theirs.head.after_decorators.count("\n")
        add(rename(theirs.head.after_decorators), their_source, line)
    arguments = [*bases, *(rename(keyword) for keyword in theirs.keywords)]
    listed = f"({', '.join(arguments)}{comma})" if arguments else ""
    types = rename(theirs.head.type_parameters)
    line = their_source.first_line + theirs.node.lineno
    fragments.append(
        Fragment(
            f"class {modular.name}{types}{listed}:\n",
            Origin(my_source.label, my_source.first_line + mine.node.lineno),
            Origin(their_source.label, line, parent.renames),
        )
    )

    size = len(fragments)
    if my_body.docstrings:
        for member in my_body.docstrings:
            _add_member(fragments, my_source, member, str, ())
        if profile.docstrings != "own" and their_body.docstrings:
            own, first = my_body.docstrings[0], their_body.docstrings[0]
            text = merged_docstring(
                rename(their_source.slice(first.node)),
                my_source.slice(own.node),
                profile.docstrings,
            )
            line = their_source.first_line + first.lead + 1
            fragments[size] = Fragment(
                f"{_STEP}{text}\n",
                fragments[size].origin,
                Origin(their_source.label, line, parent.renames),
            )
    else:
        for member in their_body.docstrings:
            _add_member(fragments, their_source, member, rename, parent.renames)
    _add_attributes(fragments, modular, my_body, parent, their_body)
    called = _replaceable_bases(mine.bases, bases, profile)
    merger = MethodMerger(called, profile, inherits is not None)
    _add_methods(fragments, modular, my_body, parent, their_body, merger)
    if len(fragments) == size:
        add(f"{_STEP}pass\n", my_source, mine.node.lineno - 1)
    return Node(modular.name, "class", tuple(fragments))


def _body_of(parts: ClassParts, rename: Callable[[str], str]) -> _Body:
    """The members of a class by name.

    Of several methods of one name only a getter and a setter are kept apart, by the decorator
    `property` alone; so it is in transformers' converter (5.0 to 5.24).
    """
    source = parts.source
    body = _Body([], {}, {})
    for statement in parts.statements:
        node = statement.node
        if isinstance(node, FUNCTIONS):
            name = rename(node.name)
            if name not in body.methods:
                body.methods[name] = statement
            elif any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list):
                body.methods[f"{name} setter"] = body.methods[name]
                body.methods[name] = statement
            else:
                body.methods[f"{name} setter"] = statement
        elif statement.is_single and isinstance(node, ast.AnnAssign):
            body.attributes[rename(source.slice(node.target))] = statement
        elif statement.is_single and isinstance(node, ast.Assign) and len(node.targets) == 1:
            body.attributes[rename(source.slice(node.targets[0]))] = statement
        elif statement.is_single and is_docstring(source, node):
            body.docstrings.append(statement)
    return body


def _add_member(
    fragments: list[Fragment],
    source: Source,
    statement: Statement,
    rename: Callable[[str], str],
    renames: tuple[Rename, ...],
) -> None:
    if statement.inline:
        text = source.between(source.start_of(statement.node), source.end_of(statement.nodes[-1]))
        text = f"{_STEP}{text}\n"
    else:
        text = source.block(statement.lead, statement.last)
    line = source.first_line + statement.lead + 1
    fragments.append(Fragment(rename(text), Origin(source.label, line, renames)))


def _is_removal(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return False
    return isinstance(node.value.func, ast.Name) and node.value.func.id == "AttributeError"


def _add_attributes(
    fragments: list[Fragment], modular: Item, mine: _Body, parent: ParentClass, theirs: _Body
) -> None:
    source, their_source = modular.source, parent.item.source
    for name, statement in mine.attributes.items():
        if _is_removal(statement.node) and name not in theirs.attributes:
            raise source.error(
                "no-such-attribute",
                f"`{name}` cannot be removed: parent class {parent.item.name} of "
                f"{modular.name} has no attribute of that name",
                statement.node,
                hint=f"the parent's attributes are: {', '.join(theirs.attributes) or 'none'}",
            )
    for name, statement in theirs.attributes.items():
        override = mine.attributes.get(name)
        if override is None:
            _add_member(fragments, their_source, statement, parent.rename, parent.renames)
        elif not _is_removal(override.node):
            _add_member(fragments, source, override, str, ())
    for name, statement in mine.attributes.items():
        if name not in theirs.attributes:
            _add_member(fragments, source, statement, str, ())


def _add_methods(
    fragments: list[Fragment],
    modular: Item,
    mine: _Body,
    parent: ParentClass,
    theirs: _Body,
    merger: MethodMerger,
) -> None:
    source, their_source = modular.source, parent.item.source
    hidden = set(mine.attributes) if merger.profile.attribute_hides_method else set()
    for name, statement in theirs.methods.items():
        base_name = name.removesuffix(" setter")
        override = mine.methods.get(name)
        if base_name in hidden and base_name not in mine.methods:
            continue
        if override is None:
            _add_member(fragments, their_source, statement, parent.rename, parent.renames)
        elif not deletes_method(source, override):
            fragments += merger.merged(
                Method(source, override, str, ()),
                Method(their_source, statement, parent.rename, parent.renames),
                _method_named(theirs, base_name, parent),
            )
    for name, statement in mine.methods.items():
        if name not in theirs.methods:
            base_name = name.removesuffix(" setter")
            fragments += merger.plain(
                Method(source, statement, str, ()), _method_named(theirs, base_name, parent)
            )


def _method_named(theirs: _Body, name: str, parent: ParentClass) -> Method | None:
    statement = theirs.methods.get(name)
    return (
        Method(parent.item.source, statement, parent.rename, parent.renames) if statement else None
    )


def _replaceable_bases(own: Sequence[str], bases: list[str], profile: Profile) -> frozenset[str]:
    """The names that a written-out call to a base may use for ``super()``.

    ``own`` are the bases of the modular class, ``bases`` those of the standalone one. The two that
    are added are those of transformers' converter (4.56 to 5.24).
    """
    if profile.own_bases_become_super:
        return frozenset({*own, *(f"{base}()" for base in own)})
    names = set(bases)
    if "GradientCheckpointingLayer" in names:
        names.add("nn.Module")
    if any("PreTrainedModel" in base for base in bases):
        names.add("PreTrainedModel")
    return frozenset(names)


def _merged_bases(
    mine: ClassParts,
    theirs: ClassParts,
    parent_base: str,
    rename: Callable[[str], str],
    profile: Profile,
    inherits: Callable[[str, str], bool] | None,
) -> tuple[list[str], str]:
    """The bases of the standalone class, and the comma after the last argument of its header.

    An argument keeps the comma that follows it where it is written, as it does in transformers'
    converter (5.23): a mixin named before the parent thus ends the list with a comma, for which
    the formatter puts each base on a line of its own.
    """
    bases = [rename(base) for base in theirs.bases]
    inherited = len(bases)
    last_comma = ends_with_comma(theirs)
    switched: set[int] = set()
    first: list[str] = []
    for number, base in enumerate(mine.bases):
        if base == parent_base:
            continue
        for position, existing in enumerate(bases[:inherited]):
            if position in switched or "." in existing:
                continue
            # A base from elsewhere, which is none of the parent's family, is only replaced by what
            # may be one too, by its name.
            is_foreign = existing == theirs.bases[position]
            if inherits is not None and is_foreign and not base.endswith(existing):
                continue
            if _may_switch(existing, base, profile):
                bases[position] = base
                switched.add(position)
                break
        else:
            if inherits is not None and number < mine.bases.index(parent_base):
                first.append(base)
            elif base not in bases and (profile.adds_bases or inherits is not None):
                bases.append(base)
                is_followed = number + 1 < len(mine.bases) + len(mine.keywords)
                last_comma = is_followed or ends_with_comma(mine)
    bases = [*first, *(base for base in bases if base not in first)]
    if inherits is not None:
        extra = [base for base in mine.bases if base != parent_base]
        bases = [base for base in bases if not any(inherits(other, base) for other in extra)]
    # As transformers' converter does it (5.0 to 5.24): the layer is a module already.
    if "nn.Module" in bases and "GradientCheckpointingLayer" in bases:
        bases.remove("nn.Module")
    if theirs.keywords:
        last_comma = ends_with_comma(theirs)
    return bases, "," if last_comma else ""


def _may_switch(existing: str, base: str, profile: Profile) -> bool:
    if existing == base:
        return False
    suffix = common_suffix(existing, base)
    if not suffix and profile.switches_suffix_bases and base.endswith(existing):
        suffix = existing
    return suffix[:1].isupper()
