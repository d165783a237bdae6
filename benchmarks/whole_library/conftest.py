from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.end_to_end.library import LIBRARY

_BANNER = (
    "#  This file was automatically generated from src/transformers/models/{0}/modular_{0}.py.\n"
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that is laid out like transformers, with the models `twig` and `leaf`."""
    package = tmp_path / "installed" / "transformers"
    files = {
        path.replace("lib/", "models/"): dedent(text)
        for path, text in LIBRARY.items()
        if path.endswith(".py")
    }
    for model in ("twig", "leaf"):
        files[f"models/{model}/modeling_{model}.py"] = _BANNER.format(model)
        files[f"models/{model}/__pycache__/x.pyc"] = ""
    files["__init__.py"] = "if TYPE_CHECKING:\n    from .models import *\n"
    files["models/__init__.py"] = "if TYPE_CHECKING:\n    from .twig import *\n    import os\n"
    for path, text in files.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text)
    return package
