"""Two users convert the same modular files of transformers."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conformance.corpus import corpus
from tests.reproducibility.circumstances import STRANGER, Circumstances, is_root, two
from tests.reproducibility.comparison import differences

_RELEASE = "5.24.0"
# With letters outside ASCII, many parents, and outputs of every kind.
_MODELS = ("altclip", "aya_vision", "colqwen2", "exaone4", "qwen3", "siglip2")


def _converted(user: Circumstances, workspace: str) -> Path:
    root = user.directory / workspace
    library = Path(corpus(_RELEASE).root, "transformers")
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(library, root / "transformers", ignore=left_out)
    models = [f"transformers/models/{name}/modular_{name}.py" for name in _MODELS]
    for model in models:
        assert (root / model).is_file(), model
    user.settle()
    options = ("--root=.", "--search-path=.", f"--output-dir={user.home / 'out'}")
    user.run_tool(("modular_converter", "convert", *models, *options), root)
    return user.home / "out"


def test_generated_files(tmp_path: Path) -> None:
    one, stranger = two(tmp_path)
    outputs = _converted(one, "a"), _converted(stranger, "b ö")
    files = [path for path in outputs[0].rglob("*.py") if path.is_file()]
    assert len(files) > len(_MODELS)
    assert any(not path.read_bytes().isascii() for path in files)
    assert differences(*outputs) == ""
    if is_root():
        assert {path.stat().st_uid for path in outputs[1].rglob("*.py")} == {STRANGER}
