"""What a conversion depends on besides the modular file itself."""

from __future__ import annotations

from dataclasses import dataclass

from modular_converter.conventions.profiles import Profile
from modular_converter.library.sources import Sources
from modular_converter.names.table import NameTable


@dataclass(frozen=True)
class ConversionContext:
    """Sources, where parents are looked for, the name table and the profile.

    ``corrects`` says whether output that could not work is had right where transformers' converter
    does not do so; None for all but the models of transformers itself.
    """

    sources: Sources
    search_roots: tuple[str, ...]
    table: NameTable
    profile: Profile
    corrects: bool | None = None
