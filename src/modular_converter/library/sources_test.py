from __future__ import annotations

from pathlib import Path

import pytest

from modular_converter.diagnostics.record import ConversionError
from modular_converter.library.sources import Sources, distribution_facts

PACKAGE = "/library/transformers"
MAPPINGS = f"{PACKAGE}/models/auto/auto_mappings.py"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\\", "syntax-error"),
        ("CONFIG_MAPPING_NAMES = {", "syntax-error"),
        ("x = 1\0", "syntax-error"),
        ("CONFIG_MAPPING_NAMES = " + "f(" * 5000 + ")" * 5000, "syntax-error"),
        ("CONFIG_MAPPING_NAMES = {}" + ".x()" * 50_000, "too-deep"),
    ],
)
def test_a_name_table_that_cannot_be_read_is_a_located_error(text: str, code: str) -> None:
    sources = Sources()
    sources.put(MAPPINGS, text)
    with pytest.raises(ConversionError) as caught:
        distribution_facts(["/library"], sources)
    (finding,) = caught.value.diagnostics
    assert finding.code == code
    assert finding.path == sources.label(MAPPINGS)


@pytest.mark.parametrize("value", ["'5.23", "f(1)", "-" * 50_000 + "1", "(" * 500, "1", "\0"])
def test_a_version_that_cannot_be_read_is_unknown(value: str) -> None:
    sources = Sources()
    sources.put(MAPPINGS, "CONFIG_MAPPING_NAMES = {}\n")
    sources.put(f"{PACKAGE}/__init__.py", f"__version__ = {value}\n")
    assert distribution_facts(["/library"], sources).version is None


def test_facts_of_a_text_are_found_once_and_again_when_it_changes() -> None:
    read: list[str] = []

    def find(text: str) -> int:
        read.append(text)
        return len(text)

    sources = Sources()
    for text in ("a", "bcd"):
        sources.put("/x.py", text)
        assert sources.facts("/x.py", find) == sources.facts("/x.py", find) == len(text)
    assert read == ["a", "bcd"]


def test_the_last_files_of_unknown_use_stay_indexed() -> None:
    sources = Sources()
    texts = {f"/{name}.py": f"x = '{name * 800_000}'\n" for name in "abc"}
    for path, text in texts.items():
        sources.put(path, text)
    read = {path: sources.index(path) for path in texts}
    sources.release({"/c.py": 1})
    assert sources.index("/a.py") is read["/a.py"]
    sources.put("/d.py", f"x = '{'d' * 800_000}'\n")
    sources.index("/d.py")
    sources.release({"/c.py": 0})
    assert [path for path in texts if sources.index(path) is read[path]] == ["/b.py"]


def test_what_is_read_late_is_read_whole_for_who_needs_that() -> None:
    sources = Sources()
    sources.put("/x.py", "class A:\n    def f(self):\n        return (\n\n\nclass B:\n    pass\n")
    late = sources.index("/x.py", late=True)
    assert [*late.classes] == ["A", "B"]
    assert sources.index("/x.py", late=True) is late
    with pytest.raises(ConversionError):
        sources.index("/x.py")


@pytest.mark.parametrize("first", ["# A comment", "# -*- coding: latin-1 -*-"])
def test_a_file_differs_if_its_text_does(tmp_path: Path, first: str) -> None:
    path = tmp_path / "x.py"
    data = f"{first}\nx = 'é'\n".encode()
    path.write_bytes(data)
    # The text of a file depends on the encoding that it declares, that of an output does not.
    assert Sources().differs(str(path), data) == ("coding" in first)
    assert Sources().differs(str(path), data + b"\n")
    assert Sources().differs(str(tmp_path / "y.py"), data)
    read = Sources()
    read.text(str(path))
    assert read.differs(str(path), data) == ("coding" in first)
