"""Tiny, deterministic models of every architecture that transformers knows, made offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiny_models.runtime.activation import activate

__all__ = ["activate"]


def __getattr__(name: str) -> Any:
    """``activate``, imported when it is used: no command of the tool needs it."""
    if name in __all__:
        from tiny_models.runtime import activation

        return getattr(activation, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
