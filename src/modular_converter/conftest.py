"""A small library on disk for tests: parents and modulars given as text."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from modular_converter.conventions.profiles import named
from modular_converter.convert.model import Conversion, convert
from modular_converter.emit.assembly import banner
from modular_converter.emit.formatter import format_all
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation, location_of
from modular_converter.library.sources import Sources, distribution_facts

_MAPPINGS = """
from collections import OrderedDict

CONFIG_MAPPING_NAMES = OrderedDict(
    [("llama", "LlamaConfig"), ("clip", "CLIPConfig"), ("new_one", "NewOneConfig")]
)
"""


class Workspace:
    """Files under a root that holds a ``transformers`` package."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("transformers/__init__.py", '__version__ = "5.23.0"\n')
        self.write("transformers/models/auto/auto_mappings.py", _MAPPINGS)

    def write(self, path: str, text: str) -> str:
        """Writes a dedented text; returns the absolute path."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return str(target)

    def parent(self, text: str, name: str = "llama", file_type: str = "modeling") -> str:
        """Writes a parent model file of the library."""
        return self.write(f"transformers/models/{name}/{file_type}_{name}.py", text)

    def modular(self, text: str, name: str = "new_one") -> str:
        """Writes a modular file of the library."""
        return self.write(f"transformers/models/{name}/modular_{name}.py", text)

    def context(self, profile: str = "5.23") -> ConversionContext:
        """A setting that reads this workspace."""
        sources = Sources()
        facts = distribution_facts([str(self.root)], sources)
        return ConversionContext(sources, (str(self.root),), facts.table, named(profile))

    def location(self, path: str) -> ModularLocation:
        """The place of a modular file of this workspace."""
        return location_of(path, str(self.root), [str(self.root)])

    def convert(self, text: str, name: str = "new_one", profile: str = "5.23") -> Conversion:
        """Converts a modular of the library."""
        return convert(self.location(self.modular(text, name)), self.context(profile))

    def outputs(self, text: str, name: str = "new_one", profile: str = "5.23") -> dict[str, str]:
        """Formatted outputs by type, without the banner."""
        conversion = self.convert(text, name, profile)
        return formatted(conversion, profile)


def formatted(conversion: Conversion, profile: str = "5.23") -> dict[str, str]:
    """The formatted outputs of a conversion by type, without the banner."""
    raw = {f"{file_type}_x.py": output.text for file_type, output in conversion.outputs.items()}
    done = format_all(raw, named(profile))
    notice = banner(conversion.location.banner_path)
    result = {}
    for key, outcome in done.items():
        assert not outcome.problem, outcome.problem
        assert outcome.text.startswith(notice)
        result[key.removesuffix("_x.py")] = outcome.text.removeprefix(notice)
    return result


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty library with the models llama, clip and new_one in its name table."""
    return Workspace(tmp_path)
