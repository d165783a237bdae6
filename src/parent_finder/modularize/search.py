"""The shortest modular file that converts back to the originals."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from modular_converter.names.renamer import DISTRIBUTION
from parent_finder.modularize.children import Offer
from parent_finder.modularize.class_text import INDENT
from parent_finder.modularize.draft import (
    DROPPED,
    WRITTEN,
    Choice,
    Draft,
    PieceKey,
    key_of,
    names_in,
)
from parent_finder.modularize.original import Piece
from parent_finder.modularize.workbench import Verdict, Workbench

# What naming one more parent file costs in lines: its import, and a reader's attention.
_PARENT_COST = 2
# Other children of a class that are tried when one makes the file differ.
_MOST_OTHERS = 3
# Other parents of a class that are tried for the sake of its helpers, of so many lines.
_MOST_PARENTS_TRIED = 6
_LEAST_HELPERS = 8
# Other sets of parents that are tried for the sake of the layout of imports.
_MOST_MENDED = 16


def chosen_offers(offers: Sequence[Offer], at_most: int) -> list[Offer]:
    """Offers that together save the most lines, greedily; at most one of each parent file.

    ``offers`` are in order of preference: of equal gains the first one counts.
    """
    chosen: list[Offer] = []
    best: dict[str, int] = {}
    while len(chosen) < at_most:
        taken = {offer.parent for offer in chosen}
        gains = [
            (
                sum(max(c.saved - best.get(n, 0), 0) for n, c in offer.children.items()),
                -rank,
                offer,
            )
            for rank, offer in enumerate(offers)
            if offer.parent not in taken
        ]
        gain, _, offer = max(gains, key=lambda option: option[:2], default=(0, 0, None))
        if offer is None or gain <= _PARENT_COST:
            break
        chosen.append(offer)
        for name, child in offer.children.items():
            best[name] = max(best.get(name, 0), child.saved)
    return chosen


def first_draft(draft: Draft, chosen: Sequence[Offer]) -> Draft:
    """The draft in which each class comes from the parent that saves the most lines."""
    best = {key: options[0] for key, options in alternatives(draft, chosen, 1).items()}
    # The converter refuses such imports in a modular; what a parent has of them comes along.
    refused = {key_of(piece): DROPPED for piece in draft.pieces if _is_global_import(piece)}
    return draft.choosing({**best, **refused})


def _is_global_import(piece: Piece) -> bool:
    """Whether a piece is `from transformers import ...`."""
    if piece.kind != "import":
        return False
    node = ast.parse(piece.text).body[0]
    return isinstance(node, ast.ImportFrom) and not node.level and node.module == DISTRIBUTION


def alternatives(
    draft: Draft, offers: Sequence[Offer], least_saved: int = 0
) -> dict[PieceKey, list[Choice]]:
    """For each class that has any, the children that were offered, the shortest first."""
    choices: dict[PieceKey, list[Choice]] = {}
    for piece in draft.pieces:
        options = [
            (-offer.children[piece.name].saved, rank, offer)
            for rank, offer in enumerate(offers)
            if piece.kind == "class" and piece.name in offer.children
            if offer.children[piece.name].saved >= least_saved
            if offer.parent.file_type == piece.file_type
        ]
        for _, _, offer in sorted(options, key=lambda option: option[:2]):
            child = offer.children[piece.name]
            choice = Choice("child", child.text, offer.parent.module, child.base)
            choices.setdefault(key_of(piece), []).append(choice)
    return choices


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


def _is_own(piece: Piece) -> bool:
    """Whether a value, such as a logger, is a module's own: nobody imports that of another one."""
    return piece.kind == "assignment" and "__name__" in names_in(piece.text)


@dataclass(eq=False)
class Search:
    """Changes a draft step by step; a step stays when it makes things no worse, and shorter."""

    bench: Workbench
    draft: Draft
    modules: Mapping[str, str]
    offered: Mapping[PieceKey, Sequence[Choice]]
    helpers: Mapping[str, str]
    headers: Sequence[str]
    verdict: Verdict

    @staticmethod
    def begin(
        bench: Workbench,
        draft: Draft,
        modules: Mapping[str, str],
        offered: Mapping[PieceKey, Sequence[Choice]],
        helpers: Mapping[str, str],
        headers: Sequence[str],
    ) -> Search:
        """A search from a draft.

        ``modules`` are the parents' with their paths, ``offered`` all children of each class,
        ``helpers`` the modules of other models that have a helper function, by its name,
        ``headers`` what may stand above the imports.
        """
        verdict = bench.judge(draft.text)
        return Search(bench, draft, modules, offered, helpers, headers, verdict)

    def run(self) -> None:
        """Fixes what differs, then shortens what is left.

        Leaving copies out first can lead to a dead end: then the same is done without.
        """
        self._set_header()
        start = self.draft, self.verdict
        self._leave_out_copies()
        self._fix_and_shorten()
        if self.verdict.differences:
            first = self.draft, self.verdict
            self.draft, self.verdict = start
            self._fix_and_shorten()
            if first[1].differences <= self.verdict.differences:
                self.draft, self.verdict = first

    def _fix_and_shorten(self) -> None:
        self._set_header()
        self._mend()
        if self.verdict.problem is not None:
            return
        self._shorten()
        if self.verdict.differences:
            self._mend()
        self._mend_imports()
        self._drop_imports()
        self._inherit_to_import_less()
        self._set_header()

    def _try(self, changes: Mapping[PieceKey, Choice], *, longer: bool = False) -> bool:
        """Takes changes over if they fix something, or shorten and break nothing."""
        draft = self.draft.choosing(changes)
        if not longer and draft.lines >= self.draft.lines:
            return False
        return self._accept(draft, self.verdict.differences - (1 if longer else 0))

    def _accept(self, draft: Draft, allowed: int) -> bool:
        verdict = self.bench.judge(draft.text)
        if verdict.problem is not None or verdict.differences > allowed:
            return False
        self.draft, self.verdict = draft, verdict
        return True

    def _set_header(self) -> None:
        """Takes another header if more files then begin as they did."""
        for header in self.headers if self.verdict.differences else ():
            self._accept(replace(self.draft, header=header), self.verdict.differences - 1)

    def _leave_out_copies(self) -> None:
        """Leaves out classes without an own body that others refer to: they come with these.

        Together, because a class that is written out of several moves before the others.
        """
        needed = self.draft.needed_names()
        classes = [piece for piece in self.draft.pieces if piece.kind == "class"]
        uses = {piece.name: names_in(piece.text) for piece in classes}
        copies = [
            piece
            for piece in classes
            if self.draft.choice(piece).text.endswith(f":\n{INDENT}pass\n")
            and piece.name not in needed
            and any(piece.name in used for name, used in uses.items() if name != piece.name)
        ]
        self._all_or_halves(copies, lambda piece: {key_of(piece): DROPPED})

    def _mend(self) -> None:
        """Writes out, or leaves to the parents, what does not come back as it was."""
        for _ in range(3):
            if not self.verdict.differences:
                return
            before = self.verdict.differences
            for piece in self._differing():
                for choice in self._other_choices(piece):
                    if self._try({key_of(piece): choice}, longer=True):
                        break
                if not self.verdict.differences:
                    return
            if self.verdict.differences == before:
                return

    def _mend_imports(self) -> None:
        """Does without a parent, or takes one more, if nothing but imports differs.

        The names in the conditions of a parent's imports come to all files at first, so that other
        imports of theirs are laid out in several lines.
        """
        if not self._only_imports_differ():
            return
        used = dict.fromkeys(c.module for c in self.draft.choices.values() if c.kind == "child")
        drafts = {module: self._without_parent(module) for module in used}
        for key, choices in self.offered.items():
            for choice in choices:
                draft = self.draft.choosing({key: choice})
                known = drafts.get(choice.module)
                if known is None or (choice.module not in used and draft.lines < known.lines):
                    drafts[choice.module] = draft
        for draft in sorted(drafts.values(), key=lambda draft: draft.lines)[:_MOST_MENDED]:
            if self._accept(draft, self.verdict.differences - 1):
                return

    def _only_imports_differ(self) -> bool:
        imports = {key_of(piece) for piece in self.draft.pieces if piece.kind == "import"}
        return bool(self.verdict.names) and self.verdict.names <= imports

    def _without_parent(self, module: str) -> Draft:
        """The draft with other parents, or none, for what inherits from a module."""
        changes: dict[PieceKey, Choice] = {}
        for key, choice in self.draft.choices.items():
            if choice.module == module:
                others = (c for c in self.offered.get(key, ()) if c.module in self.modules)
                changes[key] = next((c for c in others if c.module != module), WRITTEN)
        return self.draft.choosing(changes)

    def _differing(self) -> list[Piece]:
        """The pieces that may be why something differs, the likely ones first."""
        names = self.verdict.names
        pieces = self.draft.pieces
        suspects = [piece for piece in pieces if key_of(piece) in names]
        known = {piece.name for piece in pieces}
        added = {name for _, name in names if name not in known}
        for piece in pieces:
            # What a parent's class refers to comes along with it.
            refers = "the whole file" in added or any(name in piece.text for name in added)
            if refers and piece.kind == "class" and self.draft.choice(piece).kind == "child":
                suspects.append(piece)
        return list(dict.fromkeys(suspects))

    def _other_choices(self, piece: Piece) -> list[Choice]:
        choice = self.draft.choice(piece)
        others: list[Choice] = []
        if piece.kind == "class" and choice.kind == "child":
            used = [c for c in self.offered.get(key_of(piece), ()) if c.module in self.modules]
            others = [*used[:_MOST_OTHERS], WRITTEN, DROPPED]
        elif piece.kind == "class" and choice is DROPPED:
            others = [*self.offered.get(key_of(piece), ())[:1], WRITTEN]
        elif piece.kind in ("function", "assignment"):
            imported = [Choice("imported", module=module) for module in self.modules]
            others = [DROPPED, *([] if _is_own(piece) else imported), WRITTEN]
        return [other for other in others if other != choice]

    def _shorten(self) -> None:
        helpers = [p for p in self.draft.pieces if p.kind in ("function", "assignment")]
        classes = [p for p in self.draft.pieces if p.kind == "class"]
        self._leave_to_parents(helpers)
        for piece in reversed(classes):
            may_come_along = self.draft.choice(piece) is not DROPPED and self.offered.get(
                key_of(piece)
            )
            if may_come_along and piece.name not in self.draft.needed_names():
                self._try({key_of(piece): DROPPED})
        self._leave_to_parents(helpers)
        self._inherit_with_helpers(helpers, classes)

    def _inherit_with_helpers(self, helpers: Sequence[Piece], classes: Sequence[Piece]) -> None:
        """Takes another parent for a class if helpers that are written come along with it."""
        for piece in classes:
            options = ways_without_helpers(self.draft, piece, helpers)
            others = self.offered.get(key_of(piece), ())[:_MOST_PARENTS_TRIED] if options else ()
            for other in others:
                if any(self._try({**option, key_of(piece): other}) for option in options):
                    break
            # Helpers come in another order with a class that inherits than with one that does not.
            if self.draft.choice(piece).kind == "child":
                self._try({**self._imported_helpers(helpers, piece), key_of(piece): WRITTEN})

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
        if self.draft.choice(piece) is not WRITTEN or piece.kind != "function":
            return ""
        if piece.name in self.helpers:
            return self.helpers[piece.name]
        for module, path in self.modules.items():
            item = self.bench.context.sources.index(path).functions.get(piece.name)
            if item is not None and item.text == piece.text:
                return module
        return ""

    def _import_or_drop(self, pieces: list[Piece], modules: Mapping[Piece, str]) -> None:
        pieces = [piece for piece in pieces if self.draft.choice(piece) is WRITTEN]
        if not pieces:
            return
        gone = self.draft.choosing({key_of(piece): DROPPED for piece in pieces})
        needed = gone.needed_names()
        changes = {
            key_of(piece): Choice("imported", module=modules[piece])
            if piece.name in needed
            else DROPPED
            for piece in pieces
            if piece.name not in needed or not _is_own(piece)
        }
        if self._try(changes):
            return
        if len(pieces) == 1:
            # Another parent may bring another version along.
            if not _is_own(pieces[0]):
                self._try(
                    {key_of(piece): Choice("imported", module=modules[piece]) for piece in pieces}
                )
            return
        middle = math.ceil(len(pieces) / 2)
        self._import_or_drop(pieces[middle:], modules)
        self._import_or_drop(pieces[:middle], modules)

    def _origins(self, piece: Piece) -> list[str]:
        """The modules with a helper of this name: the parents', those with equal code first."""
        if self.draft.choice(piece) is not WRITTEN:
            return []
        holders = []
        for rank, (module, path) in enumerate(self.modules.items()):
            index = self.bench.context.sources.index(path)
            item = index.functions.get(piece.name) or index.assignments.get(piece.name)
            if item is not None:
                holders.append((item.text != piece.text, rank, module))
        modules = [module for _, _, module in sorted(holders)]
        if piece.kind == "function" and piece.name in self.helpers:
            modules.append(self.helpers[piece.name])
        return list(dict.fromkeys(modules))

    def _drop_imports(self) -> None:
        unneeded = self.draft.unneeded_imports()
        self._all_or_halves(unneeded, lambda piece: {key_of(piece): DROPPED})

    def _inherit_to_import_less(self) -> None:
        """Takes parents that spare lines of imports, even if none of the class."""
        kept = self.draft.unneeded_imports()
        used = {choice.module for choice in self.draft.choices.values() if choice.module}
        changes = {
            key_of(piece): inherited
            for piece in self.draft.pieces
            if piece.kind == "class" and self.draft.choice(piece) is WRITTEN
            for inherited in reversed(self.offered.get(key_of(piece), ()))
            if inherited.module in used
        }
        for some in (changes, *({key: inherited} for key, inherited in changes.items())):
            draft = self.draft.choosing(some)
            gone = [piece for piece in draft.unneeded_imports() if piece not in kept]
            if gone and self._try({**some, **{key_of(piece): DROPPED for piece in gone}}):
                return

    def _all_or_halves(
        self, pieces: Sequence[Piece], change: Callable[[Piece], Mapping[PieceKey, Choice]]
    ) -> None:
        """Makes a change to as many of the pieces as possible."""
        if not pieces:
            return
        changes: dict[PieceKey, Choice] = {}
        for piece in pieces:
            changes |= change(piece)
        if self._try(changes) or len(pieces) == 1:
            return
        middle = math.ceil(len(pieces) / 2)
        self._all_or_halves(pieces[middle:], change)
        self._all_or_halves(pieces[:middle], change)
