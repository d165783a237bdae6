"""Tiny, deterministic models of every architecture that transformers knows, made offline."""
