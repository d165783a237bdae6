"""Changing a draft until nothing in it can be left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from parent_finder.modularize.class_text import INDENT
from parent_finder.modularize.draft import (
    DROPPED,
    WRITTEN,
    Choice,
    Draft,
    PieceKey,
    is_own,
    key_of,
    names_in,
)
from parent_finder.modularize.original import Piece
from parent_finder.modularize.progress import Progress

# Other parents of a class that are tried for the sake of its helpers, of so many lines.
_MOST_PARENTS_TRIED = 6
_LEAST_HELPERS = 8


def ways_without_helpers(
    draft: Draft, piece: Piece, helpers: Sequence[Piece]
) -> list[Mapping[PieceKey, Choice]]:
    """Ways not to write the helpers that a class uses, if that would save enough lines."""
    used = names_in(piece.text)
    written = [helper for helper in helpers if draft.choice(helper) is WRITTEN]
    called = {name for h in written if h.name in used for name in names_in(h.text)}
    own = [helper for helper in written if helper.name in used | called]
    if sum(helper.text.count("\n") for helper in own) < _LEAST_HELPERS:
        return []
    gone = {key_of(helper): DROPPED for helper in own}
    functions = {key_of(helper): DROPPED for helper in own if helper.kind == "function"}
    longest = max(own, key=lambda helper: helper.text.count("\n"))
    options: list[Mapping[PieceKey, Choice]] = [gone]
    for fewer in (functions, {key_of(longest): DROPPED}):
        if fewer and fewer not in options:
            options.append(fewer)
    module = draft.choice(piece).module
    # What came with the parent until now, the file may need from there still.
    kept = {
        key_of(helper): Choice("imported", module=module)
        for helper in helpers
        if module and helper.name in used and draft.choice(helper) is DROPPED
    }
    return [*options, {**kept, **gone}] if kept else options


@dataclass(eq=False)
class Shortening:
    """Leaves to parents what they bring.

    ``modules`` are the parents' with their paths, ``offered`` all children of each class,
    ``helpers`` the modules of other models that have a helper function, by its name.
    """

    progress: Progress
    modules: Mapping[str, str]
    offered: Mapping[PieceKey, Sequence[Choice]]
    helpers: Mapping[str, str]

    def leave_out_copies(self) -> None:
        """Leaves out classes without an own body that others refer to: they come with these.

        Together, because a class that is written out of several moves before the others.
        """
        needed = self.progress.draft.needed_names()
        classes = [piece for piece in self.progress.draft.pieces if piece.kind == "class"]
        uses = {piece.name: names_in(piece.text) for piece in classes}
        copies = [
            piece
            for piece in classes
            if self.progress.draft.choice(piece).text.endswith(f":\n{INDENT}pass\n")
            and piece.name not in needed
            and any(piece.name in used for name, used in uses.items() if name != piece.name)
        ]
        self.progress.all_or_halves(copies, lambda piece: {key_of(piece): DROPPED})

    def leave_out_more(self) -> None:
        """Leaves helpers and classes to the parents, then takes parents that bring more helpers."""
        helpers = [p for p in self.progress.draft.pieces if p.kind in ("function", "assignment")]
        classes = [p for p in self.progress.draft.pieces if p.kind == "class"]
        self._leave_to_parents(helpers)
        for piece in reversed(classes):
            may_come_along = self.progress.draft.choice(piece) is not DROPPED and self.offered.get(
                key_of(piece)
            )
            if may_come_along and piece.name not in self.progress.draft.needed_names():
                self.progress.attempt({key_of(piece): DROPPED})
        self._leave_to_parents(helpers)
        self._inherit_with_helpers(helpers, classes)

    def _inherit_with_helpers(self, helpers: Sequence[Piece], classes: Sequence[Piece]) -> None:
        """Takes another parent for a class if helpers that are written come along with it."""
        for piece in classes:
            options = ways_without_helpers(self.progress.draft, piece, helpers)
            others = self.offered.get(key_of(piece), ())[:_MOST_PARENTS_TRIED] if options else ()
            for other in others:
                if any(
                    self.progress.attempt({**option, key_of(piece): other}) for option in options
                ):
                    break
            # Helpers come in another order with a class that inherits than with one that does not.
            if self.progress.draft.choice(piece).kind == "child":
                self.progress.attempt(
                    {**self._imported_helpers(helpers, piece), key_of(piece): WRITTEN}
                )

    def _imported_helpers(self, helpers: Sequence[Piece], piece: Piece) -> dict[PieceKey, Choice]:
        """The written helpers that a class uses, from modules that have the very same."""
        used = names_in(piece.text)
        called = {name for h in helpers if h.name in used for name in names_in(h.text)}
        return {
            key_of(helper): Choice("imported", module=module) if helper.name in used else DROPPED
            for helper in helpers
            if helper.name in used | called and (module := self._equal_origin(helper))
        }

    def _leave_to_parents(self, helpers: Sequence[Piece]) -> None:
        """Imports the helpers that parents have, or drops those that come by themselves.

        Where helpers end up depends on which others are imported: so all are tried at once first.
        """
        origins = {
            piece: modules_with for piece in helpers if (modules_with := self._origins(piece))
        }
        for number in range(max((len(origin) for origin in origins.values()), default=0)):
            origin_of = {
                piece: modules_with[min(number, len(modules_with) - 1)]
                for piece, modules_with in origins.items()
            }
            self._import_or_drop(list(origins), origin_of)

    def _equal_origin(self, piece: Piece) -> str:
        """A module with the very function, if it is written; empty if there is none."""
        if self.progress.draft.choice(piece) is not WRITTEN or piece.kind != "function":
            return ""
        if piece.name in self.helpers:
            return self.helpers[piece.name]
        for module, path in self.modules.items():
            item = self.progress.bench.context.sources.index(path).functions.get(piece.name)
            if item is not None and item.text == piece.text:
                return module
        return ""

    def _import_or_drop(self, pieces: list[Piece], modules: Mapping[Piece, str]) -> None:
        pieces = [piece for piece in pieces if self.progress.draft.choice(piece) is WRITTEN]
        if not pieces:
            return
        gone = self.progress.draft.choosing({key_of(piece): DROPPED for piece in pieces})
        needed = gone.needed_names()
        changes = {
            key_of(piece): Choice("imported", module=modules[piece])
            if piece.name in needed
            else DROPPED
            for piece in pieces
            if piece.name not in needed or not is_own(piece)
        }
        if self.progress.attempt(changes):
            return
        if len(pieces) == 1:
            # Another parent may bring another version along.
            if not is_own(pieces[0]):
                self.progress.attempt(
                    {key_of(piece): Choice("imported", module=modules[piece]) for piece in pieces}
                )
            return
        middle = math.ceil(len(pieces) / 2)
        self._import_or_drop(pieces[middle:], modules)
        self._import_or_drop(pieces[:middle], modules)

    def _origins(self, piece: Piece) -> list[str]:
        """The modules with a helper of this name: the parents', those with equal code first."""
        if self.progress.draft.choice(piece) is not WRITTEN:
            return []
        holders = []
        for rank, (module, path) in enumerate(self.modules.items()):
            index = self.progress.bench.context.sources.index(path)
            item = index.functions.get(piece.name) or index.assignments.get(piece.name)
            if item is not None:
                holders.append((item.text != piece.text, rank, module))
        modules = [module for _, _, module in sorted(holders)]
        if piece.kind == "function" and piece.name in self.helpers:
            modules.append(self.helpers[piece.name])
        return list(dict.fromkeys(modules))

    def drop_imports(self) -> None:
        """Leaves out imports that only inherited code needs, if they come with it."""
        self.progress.accept(
            replace(self.progress.draft, narrow=True), self.progress.verdict.differences
        )
        unneeded = self.progress.draft.unneeded_imports()
        self.progress.all_or_halves(unneeded, lambda piece: {key_of(piece): DROPPED})

    def inherit_to_import_less(self) -> None:
        """Takes parents that spare lines of imports, even if none of the class."""
        kept = self.progress.draft.unneeded_imports()
        used = {choice.module for choice in self.progress.draft.choices.values() if choice.module}
        changes = {
            key_of(piece): inherited
            for piece in self.progress.draft.pieces
            if piece.kind == "class" and self.progress.draft.choice(piece) is WRITTEN
            for inherited in reversed(self.offered.get(key_of(piece), ()))
            if inherited.module in used
        }
        for some in (changes, *({key: inherited} for key, inherited in changes.items())):
            draft = self.progress.draft.choosing(some)
            gone = [piece for piece in draft.unneeded_imports() if piece not in kept]
            if gone and self.progress.attempt(
                {**some, **{key_of(piece): DROPPED for piece in gone}}
            ):
                return
