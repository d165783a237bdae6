"""Which torch is installed and what it was built for, found out without importing it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gpu_bench.core.errors import MissingPackage


@dataclass(frozen=True)
class TorchBuild:
    """A torch with the versions of CUDA, HIP and XPU support that it was built for, or None."""

    version: str
    cuda: str | None = None
    hip: str | None = None
    xpu: str | None = None


def torch_build() -> TorchBuild:
    """The torch of this interpreter. Raises MissingPackage if there is none."""
    spec = PathFinder.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackage(
            "torch is not installed where gpu_bench runs",
            hint="install torch and transformers beside gpu_bench",
        )
    values: dict[str, Any] = {}
    for directory in spec.submodule_search_locations:
        file = Path(directory) / "version.py"
        if file.is_file():
            # It holds plain assignments; importing it imports torch.
            values = _assignments(file.read_text(encoding="utf-8"))
            break
    torch_version = values.get("__version__")
    if not isinstance(torch_version, str):
        try:
            torch_version = version("torch")
        except PackageNotFoundError:
            torch_version = "unknown"
    return TorchBuild(torch_version, values.get("cuda"), values.get("hip"), values.get("xpu"))


def _assignments(source: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if isinstance(node.value, ast.Constant):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            values.update(dict.fromkeys(names, node.value.value))
    return values
