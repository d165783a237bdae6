"""Renaming a parent's text from its model name to the new one.

Every identifier, plain string and comment is renamed; the literal text of f-strings and
``from`` imports without leading dots are not, as in transformers' converter (5.0 to 5.24). Works
on source text by offsets: no tree.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from modular_converter.conventions.file_types import FILE_TYPES, type_of_module
from modular_converter.names.table import NameTable
from modular_converter.syntax.tokens import CODE, COMMENT, FORMAT_TEXT, STRING, tokens

DISTRIBUTION = "transformers"

_FROM_IMPORT = re.compile(
    r"^[ \t]*from[ \t]+(?P<dots>\.*)[ \t]*(?P<module>[\w.]*)[ \t]+import\b[ \t]*"
    r"(?P<names>\([^)]*\)|(?:[^\n\\]|\\\n?)*)",
    re.MULTILINE,
)
COPIED = "# Copied from"
_FORMAT_STRING = re.compile(r"""\b(?:[fF][rR]?|[rR][fF])["']""")


@lru_cache(maxsize=1024)
def _pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    """Finds the forms of a name at the beginning of a word, with the character that follows."""
    alternatives = "|".join(map(re.escape, forms))
    return re.compile(f"(?<![a-z0-9])({alternatives})(.|$)", re.IGNORECASE | re.DOTALL)


class Renamer:
    """One old name to one new name, as lower forms.

    ``protected`` are words that keep their spelling; ``sibling_name`` is the model name that
    typed module names (``configuration_x``) must end up with; ``relocate`` names the package of
    the parent and that of the modular when relative imports must be rewritten between them.
    """

    def __init__(
        self,
        old_name: str,
        new_name: str,
        table: NameTable,
        *,
        sibling_name: str | None = None,
        protected: Iterable[str] = (),
        relocate: tuple[str, str] | None = None,
    ) -> None:
        self.old_name = old_name.replace("-", "_")
        self.new_name = new_name.replace("-", "_")
        self.cased_old = table.cased(self.old_name)
        self.cased_new = table.cased(self.new_name)
        self.sibling_name = sibling_name
        self._relocate = relocate
        self._forms = {
            self.old_name: self.new_name,
            self.old_name.upper(): self.new_name.upper(),
            self.cased_old: self.cased_new,
        }
        self._is_ascii = all(form.isascii() for form in self._forms)
        self._lower_forms = tuple(dict.fromkeys(form.lower() for form in self._forms))
        self._beginning = os.path.commonprefix(self._lower_forms)
        self._protected = tuple(sorted(protected, key=lambda word: (-len(word), word)))
        self._keep = (
            re.compile("|".join(map(re.escape, self._protected))) if self._protected else None
        )
        self._words: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    @property
    def description(self) -> tuple[str, str]:
        """The old and the new cased name."""
        return (self.cased_old, self.cased_new)

    def _replacement(self, spelling: str, following: str) -> str:
        """The new spelling of a match: of a spelling that is not a form, the cased name.

        Where the cased name is all capitals (or small), what follows decides between the two, as in
        transformers' converter (5.0 to 5.24).
        """
        if len(self._forms) == 2 and spelling.isupper() and not following.isalpha():
            return self._forms[self.old_name].upper() + following
        return self._forms.get(spelling, self.cased_new) + following

    def _places(self, text: str) -> Iterator[tuple[int, str, str]]:
        """Where the old name occurs in a text so that renaming matches.

        Each with the spelling and the character that follows, which is empty at the end.
        """
        if not (self._is_ascii and text.isascii()):
            for match in _pattern(tuple(self._forms)).finditer(text):
                yield match.start(), match[1], match[2]
            return
        # As the pattern finds them, but faster; most patterns are then not made at all.
        lower = text.lower()
        position = lower.find(self._beginning)
        while position >= 0:
            end = position + 1
            if not lower[position - 1 : position].isalnum():
                for form in self._lower_forms:
                    if lower.startswith(form, position):
                        end = position + len(form)
                        yield position, text[position:end], text[end : end + 1]
                        end += 1
                        break
            position = lower.find(self._beginning, end)

    def _renamed(self, text: str) -> str:
        pieces: list[str] = []
        position = 0
        for start, spelling, following in self._places(text):
            pieces += (text[position:start], self._replacement(spelling, following))
            position = start + len(spelling) + len(following)
        return "".join([*pieces, text[position:]]) if pieces else text

    def _plain(self, text: str) -> str:
        if self._keep is None:
            return self._renamed(text)
        pieces = []
        position = 0
        for match in self._keep.finditer(text):
            # The protected word stays in view as context: only its own match is undone.
            pieces.append(self._renamed(text[position : match.start()]))
            pieces.append(match.group())
            position = match.end()
        pieces.append(self._renamed(text[position:]))
        return "".join(pieces)

    def word(self, identifier: str) -> str:
        """The new spelling of one identifier."""
        known = self._words.get(identifier)
        if known is None:
            known = self._words[identifier] = self._plain(identifier)
        return known

    def touches(self, text: str) -> bool:
        """Whether the old name occurs in ``text`` at a place where renaming would match."""
        return next(self._places(text), None) is not None

    def code(self, text: str) -> str:
        """The new text of whole statements, or of a piece made of complete tokens."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = self._code(text)
        return known

    def _code(self, text: str) -> str:
        if COPIED in text:
            text = _drop_copied(text)
        has_imports = "import" in text
        if not self.touches(text) and not (self._relocate and has_imports):
            return text
        frozen: list[tuple[int, int, str]] = []
        if _FORMAT_STRING.search(text):
            frozen += [
                (start, end, text[start:end])
                for kind, start, end in tokens(text)
                if kind is FORMAT_TEXT
            ]
        for match in _FROM_IMPORT.finditer(text) if has_imports else ():
            relocated = self._relocate is not None and match["dots"]
            if not relocated and not self.touches(match.group()):
                continue
            if _inside_string(text, match.start()):
                continue
            start, end = match.span()
            if not match["dots"]:
                frozen.append((start, end, match.group()))
            elif match["module"] or relocated:
                start, end = match.start("dots"), match.end("module")
                frozen.append((start, end, self.relative_import(match["dots"], match["module"])))
        if not frozen:
            return self._plain(text)
        frozen.sort()
        pieces = []
        position = 0
        for start, end, replacement in frozen:
            pieces.append(self._plain(text[position:start]))
            pieces.append(replacement)
            position = end
        pieces.append(self._plain(text[position:]))
        return "".join(pieces)

    def relative_import(self, dots: str, module: str) -> str:
        """The new dotted form of a relative import's module.

        A sibling of a known file type belongs to the new model too; any other module stays where
        the parent found it.
        """
        if len(dots) == 1 and "." not in module and type_of_module(module):
            return dots + self.sibling_module(module)
        if self._relocate is None:
            return dots + self.sibling_module(module)
        parent_package, own_package = (package.split(".") for package in self._relocate)
        if len(dots) - 1 > len(parent_package):
            return dots + module
        target = parent_package[: len(parent_package) - len(dots) + 1]
        if parent_package[0] == DISTRIBUTION or target[:1] != own_package[:1]:
            return ".".join([*target, *([module] if module else [])])
        shared = 0
        while shared < min(len(target), len(own_package)) and target[shared] == own_package[shared]:
            shared += 1
        level = len(own_package) - shared + 1
        return "." * level + ".".join([*target[shared:], *([module] if module else [])])

    def sibling_module(self, module: str) -> str:
        """The new name of a relative import's module."""
        renamed = self.word(module)
        sibling = self.sibling_name
        if sibling is None or self.new_name == sibling or "." in module:
            return renamed
        for file_type in FILE_TYPES:
            renamed = renamed.replace(f"{file_type}_{self.new_name}", f"{file_type}_{sibling}")
        return renamed

    def text_only(self, text: str) -> str:
        """Renames plain strings and comments and leaves the code alone."""
        if not self.touches(text):
            return text
        pieces = []
        for kind, start, end in tokens(text):
            piece = text[start:end]
            pieces.append(self._plain(piece) if kind in (STRING, COMMENT) else piece)
        return "".join(pieces)


def _inside_string(text: str, offset: int) -> bool:
    for kind, start, end in tokens(text):
        if start <= offset < end:
            return kind is not CODE
    return False


def _drop_copied(text: str) -> str:
    pieces = []
    for kind, start, end in tokens(text):
        piece = text[start:end]
        if kind in (COMMENT, STRING) and COPIED in piece:
            continue
        pieces.append(piece)
    return "".join(pieces)
