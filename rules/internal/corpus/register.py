"""Releases of transformers as test data: their model sources, and nothing that they depend on."""

from internal.corpus import rules as corpus_rules
from internal.corpus.target_types import TransformersCorpusTarget


def rules():
    return corpus_rules.rules()


def target_types():
    return (TransformersCorpusTarget,)
