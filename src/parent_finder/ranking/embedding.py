"""Classes compared by a sentence-embedding model as well: only when a checkpoint is named.

The default score finds the candidates, and the model is asked about these alone. It needs torch and
transformers, which nothing else of this tool does; no network is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from parent_finder.core import array_store, model_names
from parent_finder.corpus.feature_matrix import Scores
from parent_finder.corpus.source_file import SourceFile
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from toolkit.checkpoint import check_directory, no_unpickling
from toolkit.errors import EnvironmentLack, InputError, ToolError

Vectors = npt.NDArray[np.float32]

# Groups of equal classes that the model is asked about, for each class of the file.
_CANDIDATES = 40
# The share of the model's cosine in the combined one.
_SHARE = 0.5
_LONGEST = 4096
_BATCH = 16


@dataclass(frozen=True, eq=False)
class Encoder:
    """A sentence-embedding model; ``key`` changes with its files."""

    key: str
    pooling: str
    longest: int
    tokenizer: Any
    model: Any

    @staticmethod
    def load(directory: str) -> Encoder:
        """The model in a local directory.

        Raises EnvironmentLack without torch or transformers, and InputError when the directory
        holds no such model, or leads out of itself.
        """
        if not os.path.isfile(os.path.join(directory, "config.json")):
            raise InputError(
                "there is no model in this directory: config.json is missing",
                place=directory,
                hint="name the directory of a downloaded sentence-embedding checkpoint",
            )
        check_directory(directory)
        try:
            import torch  # pants: no-infer-dep
            import transformers  # pants: no-infer-dep
        except ModuleNotFoundError as problem:
            raise EnvironmentLack(
                f"--embedding-checkpoint needs {problem.name}, which is not installed",
                hint=f"pip install {problem.name}, or leave the option out",
            ) from None
        torch.manual_seed(0)
        transformers.utils.logging.disable_progress_bar()
        try:
            with no_unpickling():
                tokenizer = transformers.AutoTokenizer.from_pretrained(
                    directory, local_files_only=True, trust_remote_code=False
                )
                model = transformers.AutoModel.from_pretrained(
                    directory,
                    local_files_only=True,
                    trust_remote_code=False,
                    use_safetensors=True,
                )
        except (OSError, ValueError, KeyError, ImportError) as problem:
            reason = str(problem).strip().partition("\n")[0]
            raise InputError(f"the model cannot be loaded: {reason}", place=directory) from None
        limits = [_LONGEST, tokenizer.model_max_length, _settings(directory).get("max_seq_length")]
        longest = min(int(limit) for limit in limits if limit)
        return Encoder(_key(directory), _pooling(directory), longest, tokenizer, model.eval())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length 1: shape (texts, size of the model)."""
        import torch  # pants: no-infer-dep

        batches = []
        for start in range(0, len(texts), _BATCH):
            batch = self.tokenizer(
                list(texts[start : start + _BATCH]),
                padding=True,
                truncation=True,
                max_length=self.longest,
                return_tensors="pt",
            )
            with torch.inference_mode():
                states = self.model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"].unsqueeze(-1).float()
            if self.pooling == "cls":
                pooled = states[:, 0]
            elif self.pooling == "last":
                places = torch.arange(states.shape[1]) * batch["attention_mask"]
                pooled = states[torch.arange(len(states)), places.argmax(dim=1)]
            else:
                pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
            batches.append(torch.nn.functional.normalize(pooled, dim=1).numpy())
        return np.concatenate(batches).astype(np.float32)


def _key(directory: str) -> str:
    """Names the model: by its configuration, and by the sizes of its weights."""
    parts = []
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if name.endswith((".json", ".txt")) and os.path.isfile(path):
            with open(path, "rb") as file:
                parts.append(hashlib.blake2b(file.read(), digest_size=16).hexdigest())
        elif os.path.isfile(path):
            parts.append(f"{name} {os.path.getsize(path)} {os.stat(path).st_mtime_ns}")
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _settings(directory: str, *names: str) -> dict[str, Any]:
    path = os.path.join(directory, *(names or ("sentence_bert_config.json",)))
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _pooling(directory: str) -> str:
    settings = _settings(directory, "1_Pooling", "config.json")
    if settings.get("pooling_mode_cls_token"):
        return "cls"
    return "last" if settings.get("pooling_mode_lasttoken") else "mean"


def combined(
    library: ReferenceLibrary,
    comparison: Comparison,
    situation: Situation,
    source: SourceFile,
    text: str,
    root: str,
    encoder: Encoder,
    cache: str | None,
) -> Comparison:
    """The comparison with the classes' cosines averaged with the model's.

    ``text`` is the file's, ``root`` the source root that the library was read from.
    """
    table, owner = library.index.tables["class"], library.by_model["class"].owner
    queries = comparison.queries["class"].units
    possible = np.flatnonzero(situation.allowed[owner])
    rows = np.unique(table.rows[possible])
    if not len(rows) or not queries:
        return comparison
    cosine = comparison.cosine["class"].copy()
    nearest = [rows[np.argsort(-line[rows], kind="stable")[:_CANDIDATES]] for line in cosine]
    wanted = sorted({int(row) for some in nearest for row in some})
    standing = {int(table.rows[number]): number for number in possible[::-1].tolist()}
    theirs = [_class_text(library, standing[row], root) for row in wanted]
    pattern = model_names.name_pattern(source.model, source.prefix)
    lines = model_names.without_model_name(text, pattern).split("\n")
    mine = ["\n".join(lines[unit.first_line - 1 : unit.last_line]) for unit in queries]
    vectors = _vectors(encoder, [*mine, *theirs], cache)
    similarity: Scores = vectors[: len(mine)] @ vectors[len(mine) :].T
    place = {row: n for n, row in enumerate(wanted)}
    for position, some in enumerate(nearest):
        asked = similarity[position, [place[int(row)] for row in some]]
        blend = (1 - _SHARE) * cosine[position, some] + _SHARE * np.clip(asked, 0, 1)
        # Who was not asked about stays behind those who were.
        cosine[position] = np.minimum(cosine[position], blend.min())
        cosine[position, some] = blend
    return replace(comparison, cosine={**comparison.cosine, "class": cosine})


def _class_text(library: ReferenceLibrary, number: int, root: str) -> str:
    """The source of a library class without its model's name."""
    table = library.index.tables["class"]
    unit, path = table.units[number], library.index.paths[table.files[number]]
    with open(os.path.join(root, path), encoding="utf-8") as file:
        lines = file.read().split("\n")[unit.first_line - 1 : unit.last_line]
    prefix = unit.name.removesuffix(unit.role) if unit.role else ""
    pattern = model_names.name_pattern(library.index.models[table.files[number]], prefix)
    return model_names.without_model_name("\n".join(lines), pattern)


def _vectors(encoder: Encoder, texts: list[str], cache: str | None) -> Vectors:
    """The vectors of texts, as far as possible from the cache; those in it stay in it."""
    path = os.path.join(cache, f"embeddings-{encoder.key}.npz") if cache else ""
    loaded = array_store.load(path) if path else None
    known: dict[str, npt.NDArray[Any]] = {}
    if loaded is not None:
        known = dict(zip(loaded[0], loaded[1]["vectors"], strict=True))
    keys = [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        # Texts of one length in a batch: padding is work for nothing.
        ordered = sorted(missing, key=lambda key: (len(missing[key]), key))
        encoded = encoder.encode([missing[key] for key in ordered])
        known.update(zip(ordered, encoded, strict=True))
        if path:
            vectors = np.stack([known[key] for key in sorted(known)])
            # A cache that cannot be written costs time, and changes no answer.
            with contextlib.suppress(ToolError):
                array_store.save(path, sorted(known), {"vectors": vectors})
    return np.stack([known[key] for key in keys])
