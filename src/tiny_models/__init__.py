"""Tiny, deterministic models of every architecture that transformers knows, made offline."""

from tiny_models.activation import activate

__all__ = ["activate"]
