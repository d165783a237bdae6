"""How a process runs that builds models."""

from __future__ import annotations


def prepare() -> None:
    """Sets transformers' logging for a process that builds many models."""
    import torch
    import transformers

    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
