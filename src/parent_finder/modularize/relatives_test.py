from __future__ import annotations

from pathlib import Path

from parent_finder.core.releases import Releases
from parent_finder.corpus import index, source_file
from parent_finder.modularize.relatives import Relatives
from parent_finder.ranking import comparison
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library

PATH = "transformers/models/{0}/modeling_{0}.py"


def relatives(root: Path, text: str, ranked: str) -> Relatives:
    library = ReferenceLibrary(index.open_library(str(root), None).index, Releases(("5.0.0",), {}))
    compared = comparison.compare(
        library.index, source_file.read_query(text.encode(), "modeling_breeze.py")
    )
    tried = tuple(number for number, name in enumerate(library.models) if name == ranked)
    return Relatives(library, compared, library.situation_of("breeze"), tried, (str(root),))


def test_a_class_of_another_model_spares_methods(tmp_path: Path) -> None:
    sample_library.write(tmp_path)
    text = sample_library.renamed(sample_library.LLAMA, "llama", "breeze")
    unlike = relatives(tmp_path, text, "vista").further_classes()
    assert unlike[0][1]["BreezeAttention"].endswith("Attention")
    assert relatives(tmp_path, text, "llama").further_classes() == []


def test_a_helper_comes_from_the_model_that_inherits_from_none(tmp_path: Path) -> None:
    sample_library.write(tmp_path)
    text = sample_library.renamed(sample_library.LLAMA, "llama", "breeze")
    start = text.index("def rotate_half")
    helper = text[start : text.index("\n\n\n", start) + 1]
    known = relatives(tmp_path, text, "vista")
    assert known.helper_files({"rotate_half": helper}) == {"rotate_half": PATH.format("llama")}
    # Equal code under another comment is not the text that is wanted.
    assert known.helper_files({"rotate_half": helper.replace("x):", "x):  # here")}) == {}


def test_a_class_of_a_ranked_model_spares_a_method_of_a_class_unlike_it(tmp_path: Path) -> None:
    """It isn't tried for its likeness; of equal classes, that of the root ancestor comes first."""
    sample_library.write(tmp_path)
    start = sample_library.LLAMA.index("    def forward(self, hidden_states, position_embeddings):")
    method = sample_library.LLAMA[start : sample_library.LLAMA.index("\n\n", start)]
    own = "".join(
        f"    def {n}s(self, {n}):\n        while {n}:\n            yield {n}.{n}()\n\n"
        for n in (
            f"{first}{last}" for first in "bcdfghkl" for last in ("ane", "ing", "ower", "ust")
        )
    )
    text = f"\n\nclass BreezeTower:\n{own}{method}\n"
    further = relatives(tmp_path, text, "llama").further_classes()
    assert further[0] == (PATH.format("llama"), {"BreezeTower": "LlamaAttention"})
