"""Changing a draft until the originals come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from parent_finder.modularize.draft import (
    DROPPED,
    WRITTEN,
    Choice,
    Draft,
    PieceKey,
    is_own,
    key_of,
    module_of,
)
from parent_finder.modularize.original import Piece
from parent_finder.modularize.progress import Progress
from parent_finder.modularize.workbench import HEADER

# Other children of a class that are tried when one makes the file differ.
_MOST_OTHERS = 3
# Other sets of parents that are tried for the sake of the layout of imports.
_MOST_MENDED = 16


@dataclass(eq=False)
class Mending:
    """Fixes what differs.

    ``modules`` are the parents' with their paths, ``offered`` all children of each class,
    ``conditions`` the names in the conditions of each offered module's imports, ``headers`` what
    may stand above the imports.
    """

    progress: Progress
    modules: Mapping[str, str]
    offered: Mapping[PieceKey, Sequence[Choice]]
    conditions: Mapping[str, frozenset[str]]
    headers: Sequence[str]

    def mend_header(self) -> None:
        """Takes another header, or another first import, if more files then begin as they did."""
        for draft in self._other_heads():
            if all(name != HEADER for _, name in self.progress.verdict.names):
                return
            self.progress.accept(draft, self.progress.verdict.differences - 1)

    def _other_heads(self) -> Iterator[Draft]:
        draft = self.progress.draft
        beginnings = [draft]
        for module in self._marking_imports():
            beginning = self._beginning_with(module)
            if beginning is not None:
                others = [p for p in beginning.unneeded_imports() if module_of(p.text) != module]
                alone = beginning.choosing({key_of(piece): DROPPED for piece in others})
                beginnings += [beginning, alone]
        beginnings += self._with_more_imports()
        for beginning in beginnings:
            for narrow in (draft.narrow, not draft.narrow):
                for header in self.headers:
                    yield replace(beginning, header=header, narrow=narrow)

    def _with_more_imports(self) -> list[Draft]:
        """The draft with one more import of a file that begins otherwise.

        The first import that a file needs of a section brings the blank line above the section.
        """
        draft = self.progress.draft
        return [
            draft.choosing({key_of(piece): WRITTEN})
            for piece in draft.pieces
            if piece.kind == "import" and draft.choice(piece) is not WRITTEN
            if (piece.file_type, HEADER) in self.progress.verdict.names
        ]

    def _marking_imports(self) -> list[str]:
        """The modules that only files with the most blank lines at the top import, or only others.

        Below a docstring, only the files that use the first import get a blank line above it; below
        comments, only those that use none of the first section.
        """
        originals = self.progress.draft.originals
        longest = max(len(original.header) for original in originals)
        marked = {o.file_type for o in originals if len(o.header) == longest}
        others = {o.file_type for o in originals} - marked
        users: dict[str, set[str]] = {}
        for piece in self.progress.draft.pieces:
            if piece.kind == "import":
                users.setdefault(module_of(piece.text), set()).add(piece.file_type)
        return [
            module
            for module, using in users.items()
            if module and (using <= marked or using <= others)
        ]

    def _beginning_with(self, module: str) -> Draft | None:
        """The draft with the imports of a module first; None if those above are needed."""
        draft = self.progress.draft
        imports = [piece for piece in draft.pieces if piece.kind == "import"]
        own = [piece for piece in imports if module_of(piece.text) == module]
        draft = draft.choosing({key_of(piece): WRITTEN for piece in own})
        while (first := draft.first_import) != module:
            unneeded = draft.unneeded_imports()
            above = [piece for piece in unneeded if module_of(piece.text) == first]
            if not above:
                return None
            draft = draft.choosing({key_of(piece): DROPPED for piece in above})
            if draft.first_import == first:
                return None
        return draft

    def mend_pieces(self) -> None:
        """Writes out, or leaves to the parents, what does not come back as it was."""
        for _ in range(3):
            if not self.progress.verdict.differences:
                return
            before = self.progress.verdict.differences
            for piece in self._differing():
                for choice in self._other_choices(piece):
                    if self.progress.attempt({key_of(piece): choice}, longer=True):
                        break
                if not self.progress.verdict.differences:
                    return
            if self.progress.verdict.differences == before:
                return

    def mend_imports(self) -> None:
        """Takes other parents or conditional imports if nothing but heads and imports differs.

        The names in the conditions of imports, a parent's or the modular's own, come to all files
        at first, so that other imports of theirs are laid out in several lines.
        """
        while self._only_imports_differ():
            allowed = self.progress.verdict.differences - 1
            drafts = [*self._with_conditional_imports(), *self._with_other_parents()]
            if not any(self.progress.accept(draft, allowed) for draft in drafts):
                return

    def _with_conditional_imports(self) -> list[Draft]:
        """The draft with one more block of imports of the originals, or without one."""
        draft = self.progress.draft
        blocks: dict[str, list[Piece]] = {}
        for piece in draft.pieces:
            if piece.kind == "import" and not module_of(piece.text):
                blocks.setdefault(piece.text, []).append(piece)
        drafts = []
        for pieces in blocks.values():
            written = [piece for piece in pieces if draft.choice(piece) is WRITTEN]
            other = DROPPED if written else WRITTEN
            drafts.append(draft.choosing({key_of(piece): other for piece in written or pieces}))
        return drafts

    def _with_other_parents(self) -> list[Draft]:
        """The draft without one of its parents, or with one more.

        Those whose parents have other names in conditions come first, then the shorter ones.
        """
        draft = self.progress.draft
        used = dict.fromkeys(c.module for c in draft.choices.values() if c.kind == "child")
        drafts = {module: self._without_parent(module) for module in used}
        for key, choices in self.offered.items():
            for choice in choices:
                other = draft.choosing({key: choice})
                known = drafts.get(choice.module)
                if known is None or (choice.module not in used and other.lines < known.lines):
                    drafts[choice.module] = other
        now = self._names_in_conditions(draft)

        def rank(other: Draft) -> tuple[bool, int]:
            return self._names_in_conditions(other) == now, other.lines

        return sorted(drafts.values(), key=rank)[:_MOST_MENDED]

    def _names_in_conditions(self, draft: Draft) -> frozenset[str]:
        used = {choice.module for choice in draft.choices.values() if choice.kind == "child"}
        return frozenset().union(*(self.conditions.get(module, ()) for module in used))

    def _only_imports_differ(self) -> bool:
        pieces = [key_of(piece) for piece in self.progress.draft.pieces if piece.kind == "import"]
        heads = [(original.file_type, HEADER) for original in self.progress.draft.originals]
        names = self.progress.verdict.names
        return bool(names) and names <= {*pieces, *heads}

    def _without_parent(self, module: str) -> Draft:
        """The draft with other parents, or none, for what inherits from a module."""
        changes: dict[PieceKey, Choice] = {}
        for key, choice in self.progress.draft.choices.items():
            if choice.module == module:
                others = (c for c in self.offered.get(key, ()) if c.module in self.modules)
                changes[key] = next((c for c in others if c.module != module), WRITTEN)
        return self.progress.draft.choosing(changes)

    def _differing(self) -> list[Piece]:
        """The pieces that may be why something differs, the likely ones first."""
        names = self.progress.verdict.names
        pieces = self.progress.draft.pieces
        suspects = [piece for piece in pieces if key_of(piece) in names]
        known = {piece.name for piece in pieces}
        added = {name for _, name in names if name not in known}
        classes = [piece for piece in pieces if piece.kind == "class"]
        for piece in classes:
            # What a parent's class refers to comes along with it.
            refers = "the whole file" in added or any(name in piece.text for name in added)
            if refers and self.progress.draft.choice(piece).kind == "child":
                suspects.append(piece)
        if any(piece.kind in ("class", "function") for piece in suspects):
            # Classes that come along may stand before others than they did.
            suspects += [piece for piece in classes if self.progress.draft.choice(piece) is DROPPED]
        return list(dict.fromkeys(suspects))

    def _other_choices(self, piece: Piece) -> list[Choice]:
        choice = self.progress.draft.choice(piece)
        others: list[Choice] = []
        if piece.kind == "class" and choice.kind == "child":
            used = [c for c in self.offered.get(key_of(piece), ()) if c.module in self.modules]
            others = [*used[:_MOST_OTHERS], WRITTEN, DROPPED]
        elif piece.kind == "class" and choice is DROPPED:
            others = [*self.offered.get(key_of(piece), ())[:1], WRITTEN]
        elif piece.kind in ("function", "assignment"):
            imported = [Choice("imported", module=module) for module in self.modules]
            others = [DROPPED, *([] if is_own(piece) else imported), WRITTEN]
        return [other for other in others if other != choice]
