from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from modular_converter.library.sources import Sources
from parent_finder.modularize import modularizer
from parent_finder.modularize.candidates import attempts_by_name
from parent_finder.modularize.lookalikes import Lookalikes
from parent_finder.modularize.original import Original, original
from parent_finder.modularize.relatives import Relatives
from parent_finder.ranking.reference_library import ReferenceLibrary

MODELS = "transformers/models"


def config(model: str, *attributes: str) -> str:
    lines = "".join(f"    {name}: int = {number}\n" for number, name in enumerate(attributes))
    return f'class {model.title()}Config:\n    model_type = "{model}"\n{lines}'


def write(root: str, path: str, text: str) -> None:
    Path(root, MODELS, path).write_text(text)


def lookalikes(library: ReferenceLibrary, root: str, hidden: str = "") -> Lookalikes:
    situation = library.situation_of("breeze")
    allowed = situation.allowed & np.array([name != hidden for name in library.models])
    relatives = Relatives(library, None, replace(situation, allowed=allowed), (), (root,))
    return Lookalikes(relatives, modularizer.context_for([root]))


def standalone(text: str, kind: str = "configuration", model: str = "breeze") -> Original:
    return original(f"lib/{model}/{kind}_{model}.py", kind, text, Sources())


def test_the_class_with_the_same_lines_in_any_model(library: ReferenceLibrary, root: str) -> None:
    write(root, "llama/configuration_llama.py", config("llama", "width", "depth", "heads", "size"))
    write(root, "vista/configuration_vista.py", config("vista", "width", "depth", "patch", "size"))
    own = standalone(config("breeze", "width", "depth", "patch", "size"))
    vista = (f"{MODELS}/vista/configuration_vista.py", {"BreezeConfig": "VistaConfig"})
    llama = (f"{MODELS}/llama/configuration_llama.py", {"BreezeConfig": "LlamaConfig"})
    assert lookalikes(library, root).classes(own, "breeze") == [vista, llama]
    assert lookalikes(library, root, hidden="vista").classes(own, "breeze") == [llama]


def test_handwritten_models_without_a_modeling_file(library: ReferenceLibrary, root: str) -> None:
    names = ("width", "depth", "patch", "size")
    for model in ("squall", "gust"):
        Path(root, MODELS, model).mkdir()
        write(root, f"{model}/configuration_{model}.py", config(model, *names))
    write(root, "squall/modular_squall.py", "class SquallConfig(BreezeConfig):\n    pass\n")
    own = standalone(config("breeze", *names))
    found = lookalikes(library, root)
    assert [path for path, _ in found.classes(own, "breeze")] == [
        f"{MODELS}/gust/configuration_gust.py"
    ]
    assert replace(found, beyond_index=False).classes(own, "breeze") == []


def test_few_equal_lines_make_no_parent(library: ReferenceLibrary, root: str) -> None:
    write(
        root, "llama/configuration_llama.py", config("llama", "width", *map("a{}".format, range(9)))
    )
    own = standalone(config("breeze", "width", "depth"))
    assert lookalikes(library, root).classes(own, "breeze") == []


def test_a_helper_with_the_same_comments(library: ReferenceLibrary, root: str) -> None:
    helper = (
        "def in_groups(rows):\n    first = rows[0]\n    last = rows[-1]\n    return first, last\n"
    )
    write(root, "vista/image_processing_pil_vista.py", f"import os\n\n\n# Of old.\n{helper}")
    own = standalone(f"import os\n\n\n{helper}", "processing")
    pieces = {piece.name: piece for piece in own.pieces if piece.kind == "function"}
    assert lookalikes(library, root).helper_files(pieces) == {}
    write(root, "vista/video_processing_vista.py", f"import os\n\n\n{helper}")
    path = f"{MODELS}/vista/video_processing_vista.py"
    assert lookalikes(library, root).helper_files(pieces) == {"in_groups": path}


def test_a_class_named_like_its_parent_but_for_the_models(root: str) -> None:
    """Also where the whole name of the parent is the end of ours."""
    text = "class LlamaVisionConfig:\n    pass\n\n\nclass LlamaConfig:\n    pass\n"
    write(root, "llama/configuration_llama.py", text)
    model = "deep_llama"
    own = standalone("class DeepLlamaConfig:\n    pass\n", model=model)
    path = os.path.join(root, MODELS, model, f"modeling_{model}.py")
    location = modularizer.location_for(path, model, "", [root])
    paths = [(f"{MODELS}/llama/configuration_llama.py", "llama")]
    attempts = attempts_by_name(own, paths, location, modularizer.context_for([root]), [root])
    assert attempts[0].bases == {"DeepLlamaConfig": "LlamaConfig"}
