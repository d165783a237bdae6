"""From two method bodies to the statements around `super()` that make one into the other.

The converter puts the parent's body in the place of the call. Of the statements after the call, an
assignment replaces each of the parent's assignments to the same target, `del` drops them, and the
rest is added at the end. This module reads that backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modular_converter.conventions import profiles
from modular_converter.merge.super_calls import BodyStatement, ClassRecords, merge_bodies

_INDENT = "        "
_INIT = "super().__init__("
_POST_INIT = "self.post_init("

Body = Sequence[BodyStatement]
Written = tuple[list[BodyStatement], list[BodyStatement]]
Key = Callable[[BodyStatement], str]


@dataclass(frozen=True)
class _Alignment:
    """What becomes of each statement of a parent's body in ours.

    Statements of ours before ``first`` come before the parent's, those from ``last`` on after
    them. ``kept`` are the targets of the parent's assignments that stay, ``replaced`` our
    statements by the target that they assign, ``deleted`` the targets that we do not assign.
    """

    first: int
    last: int
    used: int
    kept: frozenset[str]
    replaced: dict[str, BodyStatement]
    deleted: tuple[str, ...]


def merged_from(
    mine: Body, theirs: Body, *, strict: bool = False, repeated: frozenset[str] = frozenset()
) -> Written | None:
    """What to write before and after the `super()` call to make ``theirs`` into ``mine``.

    None if there are no such statements, or if nothing of the parent's body would be used.
    ``strict`` also repeats assignments that differ only by the blank lines above them,
    ``repeated`` are targets that are assigned again even if the parent assigns the same.
    """
    key = _strict_key if strict else _key
    own_init, their_init = _init(mine), _init(theirs)
    if own_init and their_init:
        if own_init != their_init:
            return None
        mine, theirs = mine[1:], theirs[1:]
    if mine and theirs and _POST_INIT in mine[-1].text and _POST_INIT in theirs[-1].text:
        mine, theirs = mine[:-1], theirs[:-1]
    if not theirs:
        return (list(mine), []) if mine and own_init and their_init else None
    forced = repeated
    while (alignment := _align(mine, theirs, key, forced)) is not None:
        ends = {statement.target for statement in mine[alignment.last :]}
        mixed = {name for name in alignment.kept if name in alignment.replaced or name in ends}
        if not mixed:
            break
        forced |= mixed
    if alignment is None or not alignment.used:
        return None
    written = _written(mine, theirs, alignment)
    return written if _gives(written, mine, theirs, key) else None


def _align(mine: Body, theirs: Body, key: Key, forced: frozenset[str]) -> _Alignment | None:
    """The alignment with the fewest lines to write; the targets ``forced`` are not kept."""
    own_keys, their_keys = [key(s) for s in mine], [key(s) for s in theirs]
    rows, columns = len(theirs) + 1, len(mine) + 1
    costs = [[_IMPOSSIBLE] * columns for _ in range(rows)]
    moves = [[""] * columns for _ in range(rows)]
    costs[0][0] = 0
    for j, statement in enumerate(mine):
        costs[0][j + 1] = costs[0][j] + _lines(statement)
    for i, their in enumerate(theirs):
        target = their.target
        for j in range(columns):
            options = []
            if target or their.annotated_target:
                options.append((costs[i][j] + 1, "delete"))
            if j and own_keys[j - 1] == their_keys[i] and target not in forced:
                options.append((costs[i][j - 1], "keep"))
            if j and target and mine[j - 1].target == target:
                options.append((costs[i][j - 1] + _lines(mine[j - 1]), "replace"))
            if options:
                costs[i + 1][j], moves[i + 1][j] = min(options)
    after = [costs[-1][j] + sum(map(_lines, mine[j:])) for j in range(columns)]
    last = min(range(columns), key=after.__getitem__)
    if after[last] >= _IMPOSSIBLE:
        return None
    kept: set[str] = set()
    replaced: dict[str, BodyStatement] = {}
    deleted: list[str] = []
    used, j = 0, last
    for i in range(len(theirs), 0, -1):
        move, target = moves[i][j], theirs[i - 1].target or theirs[i - 1].annotated_target or ""
        if move == "delete":
            deleted.append(target)
            continue
        j -= 1
        if move == "replace":
            replaced.setdefault(target, mine[j])
        else:
            used += 1
            kept |= {target} - {""}
    in_order = dict(reversed(replaced.items()))
    return _Alignment(
        j, last, used, frozenset(kept), in_order, tuple(dict.fromkeys(reversed(deleted)))
    )


_IMPOSSIBLE = 10**9


def _written(mine: Body, theirs: Body, alignment: _Alignment) -> Written:
    deletions = [
        BodyStatement("", f"{_INDENT}del {target}\n", theirs[0].origin, deletes=target)
        for target in alignment.deleted
    ]
    replaced = list(alignment.replaced.values())
    return list(mine[: alignment.first]), [*replaced, *deletions, *mine[alignment.last :]]


def _gives(written: Written, mine: Body, theirs: Body, key: Key) -> bool:
    """Whether the converter merges what is written with the parent's body into ours."""
    before, after = written
    profile = profiles.for_version(None)
    merged = merge_bodies(before, list(theirs), after, ClassRecords(), profile)
    return [key(statement) for statement in merged] == [key(statement) for statement in mine]


def _lines(statement: BodyStatement) -> int:
    return (statement.lead.strip("\n") + statement.text).count("\n") + bool(statement.lead.strip())


def _key(statement: BodyStatement) -> str:
    return statement.lead.strip("\n") + statement.text


def _strict_key(statement: BodyStatement) -> str:
    return statement.lead + statement.text


def _init(body: Body) -> str:
    """The call of the parent's `__init__` that a body begins with; empty without one."""
    text = body[0].text.strip() if body else ""
    return text if text.startswith(_INIT) else ""
