from __future__ import annotations

from pathlib import Path

import numpy as np

from parent_finder.core.releases import Releases
from parent_finder.corpus import index, source_file
from parent_finder.ranking import comparison, likelihood, model_evidence, reference_library
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library

# A method of at least 60 tokens.
MIXED = """
    def mixed(self, states, mask=None):
        first = self.q_proj(states).softmax(dim=-1)
        second = self.k_proj(states).softmax(dim=-1)
        if mask is not None:
            first = first.masked_fill(mask == 0, float("-inf"))
        return self.o_proj(first @ second) * self.scaling + states
"""
MARK = "    def prune_heads"


def library_of(root: Path, texts: dict[str, str]) -> ReferenceLibrary:
    for model, text in texts.items():
        directory = root / "transformers" / "models" / model
        directory.mkdir(parents=True)
        (directory / f"modeling_{model}.py").write_text(text, encoding="utf-8")
    opened = index.open_library(str(root), None)
    return ReferenceLibrary(opened.index, Releases(("5.0.0",), dict.fromkeys(texts, "5.0.0")))


def sole(library: ReferenceLibrary, text: str, asked: str = "breeze") -> dict[str, float]:
    source = source_file.read(text.encode(), f"modeling_{asked}.py")
    compared = comparison.compare(library.index, source)
    values = model_evidence.sole(library, compared, library.situation_of(asked))
    return dict(zip(library.models, values.tolist(), strict=True))


def named(model: str, mixed: str = "") -> str:
    text = sample_library.LLAMA.replace(MARK, f"{mixed.lstrip(chr(10))}\n{MARK}")
    return sample_library.renamed(text, "llama", model)


def test_the_only_model_with_a_method_is_alone(tmp_path: Path) -> None:
    library = library_of(tmp_path, {"llama": named("llama"), "gale": named("gale", MIXED)})
    values = sole(library, named("breeze", MIXED))
    assert values["gale"] == 1
    # The other methods are in both.
    assert values["llama"] == 0.5
    source = source_file.read(named("breeze", MIXED).encode(), "modeling_breeze.py")
    situation = library.situation_of("breeze")
    compared = comparison.compare(library.index, source)
    scores = likelihood.scores(library, compared, situation)
    assert library.models[reference_library.order(library, scores)[0]] == "gale"


def test_models_that_are_not_allowed_do_not_count(tmp_path: Path) -> None:
    texts = {"llama": named("llama"), "gale": named("gale"), "storm": sample_library.VISION}
    library = library_of(tmp_path, texts)
    assert sole(library, named("breeze"))["llama"] == 0.5
    assert sole(library, named("gale"), "gale") == {"gale": 0, "llama": 1, "storm": 0}


def test_short_methods_say_nothing(tmp_path: Path) -> None:
    text = "class LlamaA:\n    def f(self):\n        return self.weight\n"
    library = library_of(tmp_path, {"llama": text})
    assert not np.any(list(sole(library, text.replace("Llama", "Breeze")).values()))
