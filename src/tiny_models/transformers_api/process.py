"""How a process runs that builds models."""

from __future__ import annotations

import importlib
import importlib.util

from tiny_models.core.errors import TorchPairBroken


def prepare() -> None:
    """Sets torch and transformers up for a process that builds many models.

    Raises TorchPairBroken if they cannot be imported beside the installed torchvision.
    """
    import torch

    _require_pair("torchvision")
    import transformers

    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def _require_pair(package: str) -> None:
    """Imports a package as transformers does with its first model, whose error does not name it."""
    if importlib.util.find_spec(package) is None:
        return
    try:
        importlib.import_module(package)
    except Exception as problem:
        # Of whatever kind: an operator that is missing, a library that cannot be loaded.
        raise TorchPairBroken(package) from problem
