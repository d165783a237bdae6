"""What a conversion depends on besides the modular file itself."""

from __future__ import annotations

from dataclasses import dataclass

from modular_converter.library import Sources
from modular_converter.name_forms import NameTable
from modular_converter.profiles import Profile


@dataclass(frozen=True)
class Setting:
    """Sources, where parents are looked for, the name table and the profile."""

    sources: Sources
    search_roots: tuple[str, ...]
    table: NameTable
    profile: Profile
