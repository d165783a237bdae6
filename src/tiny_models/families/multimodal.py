"""Entries of multimodal models."""

from __future__ import annotations

from tiny_models.families.entry import Family

FAMILIES: tuple[Family, ...] = ()
