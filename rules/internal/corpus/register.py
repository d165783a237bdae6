"""Releases of transformers as test data: their model sources, and nothing that they depend on."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from internal.corpus import rules as corpus_rules
from internal.corpus.target_types import TransformersCorpusTarget


def rules() -> Iterable[Rule | UnionRule]:
    return corpus_rules.rules()


def target_types() -> Iterable[type[Target]]:
    return (TransformersCorpusTarget,)
