"""From a standalone file to a modular that the converter, run by itself, turns back into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from parent_finder.modularize.original import without_banner
from parent_finder.testing import sample_library

HEADER = "# Copyright of Breeze.\n"
# Relative imports make a file a model of the library, wherever it lies.
IMPORTS = "from ...utils import logging\n\n\nlogger = logging.get_logger(__name__)\n"
PLAIN = sample_library.renamed(sample_library.LLAMA, "llama", "breeze").lstrip("\n")


def standalone(text: str = PLAIN) -> str:
    text = text.replace("from torch import nn\n", f"from torch import nn\n\n{IMPORTS}", 1)
    norm = "        self.norm = BreezeRMSNorm(config.hidden_size)\n"
    return HEADER + text.replace(norm, f'{norm}        logger.info("made")\n')


def run(root: str, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "XDG_CACHE_HOME": os.path.join(root, "cache"),
        },
        capture_output=True,
        text=True,
    )


def modularize(root: str, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run(root, "parent_finder", "modularize", str(path), *more, f"--source-root={root}")


def converted(root: str, modular: Path) -> str:
    """What the converter, as a person runs it, makes of a modular in the library."""
    directory = Path(root) / "transformers" / "models" / "breeze"
    directory.mkdir(exist_ok=True)
    target = directory / "modular_breeze.py"
    target.write_text(modular.read_text())
    done = run(root, "modular_converter", "convert", str(target), f"--root={root}")
    assert done.returncode == 0, done.stderr
    return without_banner((directory / "modeling_breeze.py").read_text())


def exact_modular(root: str, new: Path, text: str) -> str:
    """The modular that is written for a standalone file, and gives it back."""
    new.write_text(text)
    done = modularize(root, new)
    assert done.returncode == 0, done.stderr
    modular = new.with_name("modular_breeze.py")
    assert converted(root, modular) == text
    return modular.read_text()


def with_code(code: str) -> str:
    """The standalone file of a model with more code in it."""
    return standalone(PLAIN.replace("\n\nclass BreezeRMSNorm", f"{code}\n\nclass BreezeRMSNorm"))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "modeling_breeze.py"


CHANGES = {
    "nothing": ("", ""),
    "a value": ("is_causal = True", "is_causal = False"),
    "an attribute less": ("    window = None\n", ""),
    "an assignment in init": ("bias=False)\n        self.k", "bias=True)\n        self.k"),
    "a statement more": (
        "self.norm = Breeze",
        "self.gate = nn.Identity()\n        self.norm = Breeze",
    ),
    "a method less": (
        '    def prune_heads(self, heads):\n        raise NotImplementedError("heads of '
        'BreezeAttention cannot be pruned")\n\n\n',
        "\n",
    ),
    "another body": ("variance = hidden_states.pow(2)", "variance = hidden_states.abs()"),
    "another base": ("BreezeRMSNorm(nn.Module)", "BreezeRMSNorm(nn.LayerNorm)"),
    "another helper": ("torch.cat((-x2, x1), dim=-1)", "torch.cat((x2, -x1), dim=-1)"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_modular_converts_back(root: str, new: Path, change: str) -> None:
    text = standalone(PLAIN.replace(*CHANGES[change]))
    written = exact_modular(root, new, text)
    assert "from ..llama.modeling_llama import" in written
    assert written.count("\n") < text.count("\n")


def test_a_parent_in_the_repository(root: str, tmp_path: Path) -> None:
    gust = tmp_path / "lib/gust/modeling_gust.py"
    gust.parent.mkdir(parents=True)
    router = "\n\nclass GustRouter(nn.Module):\n" + "".join(
        f"    def route{n}(self, tokens):\n        return tokens[{n}:]\n\n" for n in range(9)
    )
    gust.write_text(f"from torch import nn\n{router}")
    new = tmp_path / "lib/breeze/modeling_breeze.py"
    new.parent.mkdir()
    text = (HEADER + PLAIN + router.replace("Gust", "Breeze")).rstrip("\n") + "\n"
    new.write_text(text)
    done = modularize(root, new, f"--models={tmp_path}")
    assert done.returncode == 0, done.stderr
    written = new.with_name("modular_breeze.py").read_text()
    assert "from ..gust.modeling_gust import GustRouter\n" in written
    assert "from transformers.models.llama.modeling_llama import" in written


HELPER = '''

def in_groups(rows, size):
    """Cuts rows into groups, see vista/issues/1."""
    starts = range(0, len(rows), size)
    groups = [rows[start : start + size] for start in starts]
    return groups
'''
ROUTER = """

class BreezeRouter(nn.Module):
    def route(self, rows):
        return in_groups(rows, 8)
"""


def test_a_helper_comes_from_a_model_that_is_no_parent(root: str, new: Path) -> None:
    with Path(root, "transformers/models/vista/modeling_vista.py").open("a") as file:
        file.write(HELPER)
    helper = HELPER.replace("vista", "breeze")
    modular = exact_modular(root, new, with_code(helper + ROUTER))
    assert "from ..vista.modeling_vista import in_groups\n" in modular


FIRST, SECOND = (
    f"\n\ndef {name}(rows, size):\n"
    + "".join(f"    rows = rows[{number}:] * size\n" for number in numbers)
    + "    return rows\n"
    for name, numbers in (("shortened", range(9)), ("thinned", range(9, 18)))
)
THINNING = """

class BreezeThinning(nn.Module):
    size = 8
    depth = 2

    def route(self, rows):
        rows = rows.flatten(1).transpose(0, 1)
        return thinned(shortened(rows, self.size), self.depth)
"""


def test_the_parent_whose_helpers_come_along_in_order(root: str, new: Path) -> None:
    """A model with the same class has its helpers in another order, so they would move."""
    models = Path(root, "transformers/models")
    with (models / "vista/modeling_vista.py").open("a") as file:
        file.write(SECOND + FIRST + THINNING.replace("Breeze", "Vista"))
    with (models / "zephyr/modeling_zephyr.py").open("a") as file:
        changed = THINNING.replace("Breeze", "Zephyr").replace("depth = 2", "depth = 3")
        file.write(f"\n\nfrom torch import nn\n{FIRST}{SECOND}{changed}")
    modular = exact_modular(root, new, with_code(FIRST + SECOND + THINNING))
    assert "class BreezeThinning(ZephyrThinning):\n    depth = 2\n" in modular
    assert "def thinned" not in modular


INNER = """

def halved(rows):
    rows = list(rows)
    half = len(rows) // 2
    left = rows[:half]
    right = rows[half:]
    return left, right
"""
OUTER = """

def quartered(rows):
    left, right = halved(rows)
    left, right = halved(left), halved(right)
    return [*left, *right]
"""
QUARTERS = """

class BreezeQuarters(nn.Module):
    size = 8
    depth = 2
    width = 4
    heads = 6

    def first(self, rows):
        rows = rows.flatten(1)
        return rows.transpose(0, 1)

    def route(self, rows):
        return quartered(rows)
"""


def test_helpers_in_order_if_the_class_does_not_inherit(root: str, new: Path) -> None:
    """A class with much of ours has none of its helpers, and below it they would change places."""
    models = Path(root, "transformers/models")
    with (models / "vista/modeling_vista.py").open("a") as file:
        file.write(QUARTERS.replace("Breeze", "Vista").replace("quartered(rows)", "rows"))
    with (models / "zephyr/modeling_zephyr.py").open("a") as file:
        file.write(INNER + OUTER)
    modular = exact_modular(root, new, with_code(INNER + OUTER + QUARTERS))
    assert "from ..zephyr.modeling_zephyr import quartered\n" in modular
    assert "def halved" not in modular


PROCESSOR = """from ...processing_utils import ProcessorMixin
from ...utils import is_vision_available


if is_vision_available():
    import PIL


class BreezeProcessor(ProcessorMixin):
    size = 8
    depth = 2
    width = 4
    heads = 6
"""


def test_a_parent_whose_conditions_spread_an_import_is_done_without(root: str, new: Path) -> None:
    """What a condition asks counts in all files, and is removed when the long line is spread."""
    models = Path(root, "transformers/models")
    start, stop = PROCESSOR.index("from ...utils"), PROCESSOR.index("\n\nclass")
    plain = PROCESSOR[:start] + PROCESSOR[stop:]
    (models / "llama/processing_llama.py").write_text(PROCESSOR.replace("Breeze", "Llama"))
    (models / "vista/processing_vista.py").write_text(
        plain.replace("Breeze", "Vista").replace("depth = 2", "depth = 3")
    )
    names = [letter * 27 for letter in "abc"]
    long = f"from ...utils import {', '.join(names)}, logging\n"
    assert len(long) < 119
    code = f"\n\nclass BreezeNames(nn.Module):\n    names = [{', '.join(names)}]\n"
    new.write_text(with_code(code).replace("from ...utils import logging\n", long))
    processing = new.with_name("processing_breeze.py")
    processing.write_text(plain)
    new.write_text(new.read_text().removeprefix(HEADER))
    done = modularize(root, new, str(processing))
    assert done.returncode == 0, done.stderr
    modular = new.with_name("modular_breeze.py").read_text()
    assert "class BreezeProcessor(VistaProcessor):\n    depth = 2\n" in modular


def test_a_parent_that_spares_only_an_import(root: str, new: Path) -> None:
    head, base = "from ...utils import logging\n", "from ...layers import Sorting\n"
    sorting = "\n\nclass LlamaForSorting(Sorting, LlamaModel):\n    pass\n"
    llama = Path(root, "transformers/models/llama/modeling_llama.py")
    llama.write_text(llama.read_text().replace("nn\n", f"nn\n\n{base}", 1) + sorting)
    text = standalone().replace(head, base + head, 1)
    modular = exact_modular(root, new, text + sorting.replace("Llama", "Breeze"))
    assert "class BreezeForSorting(LlamaForSorting):\n    pass\n" in modular
    assert "layers" not in modular


def test_a_logger_is_written_and_not_imported_from_a_parent(root: str, new: Path) -> None:
    llama = Path(root, "transformers/models/llama/modeling_llama.py")
    llama.write_text(llama.read_text().replace("nn\n", f"nn\n\n{IMPORTS}", 1))
    modular = exact_modular(root, new, standalone())
    assert "import LlamaModel\n" in modular
    assert "\n\n\nlogger = logging.get_logger(__name__)\n" in modular


def test_an_import_that_only_the_parents_code_uses_stays(root: str, new: Path) -> None:
    """Two modules have the name, and the first import of it counts. The file is formatted."""
    llama = Path(root, "transformers/models/llama/modeling_llama.py")
    used = llama.read_text().replace("torch.softmax(", "softmax(")
    llama.write_text(used.replace("nn\n", "nn\n\nfrom ...layers import softmax\n", 1))
    head = "from ...utils import logging\n"
    text = standalone(PLAIN.replace("torch.softmax(", "softmax("))
    text = text.replace(head, f"{head}from .kernels import softmax\n")
    imports = exact_modular(root, new, text).removeprefix(HEADER).partition("\n\n\n")[0]
    assert imports == (
        f"{head}from ..llama.modeling_llama import LlamaModel\nfrom .kernels import softmax"
    )


def test_what_is_inherited_is_not_written(root: str, new: Path) -> None:
    new.write_text(standalone())
    assert modularize(root, new).returncode == 0
    written = new.with_name("modular_breeze.py").read_text()
    assert "def forward" not in written
    assert "class BreezeModel(LlamaModel):" in written
    # It comes with the model, which is made of it.
    assert "class BreezeRMSNorm" not in written


def test_what_cannot_come_back_is_shown_with_its_reason(root: str, new: Path) -> None:
    new.write_text(standalone() + "\n\nSIZES: dict = {}\n")
    done = modularize(root, new)
    assert done.returncode == 1
    line = standalone().count("\n") + 3
    assert f"modeling_breeze.py:{line}: SIZES: dict = {{}} is missing: only classes" in done.stderr
    assert "-SIZES: dict = {}" in done.stderr


def test_an_import_that_no_modular_may_have_comes_from_a_parent(root: str, new: Path) -> None:
    line = "from transformers import AutoModel\n"
    llama = Path(root) / "transformers" / "models" / "llama" / "modeling_llama.py"
    body = "        self.norm = LlamaRMSNorm(config.hidden_size)\n"
    made = f"{body}        self.tower = AutoModel.from_config(config)\n"
    text = llama.read_text().replace("from torch import nn\n", f"from torch import nn\n\n{line}")
    llama.write_text(text.replace(body, made))
    new.write_text(
        HEADER
        + llama.read_text().lstrip("\n").replace("Llama", "Breeze").replace("llama", "breeze")
    )
    done = modularize(root, new, "--parent=llama")
    assert done.returncode == 0, done.stderr
    assert line not in new.with_name("modular_breeze.py").read_text()


def test_what_no_conversion_can_read_is_said_and_nothing_is_dropped(root: str, new: Path) -> None:
    new.write_text(
        standalone().replace("import torch\n", "import torch\nfrom ...zoo import *\n", 1)
    )
    done = modularize(root, new)
    assert done.returncode == 1
    assert "modeling_breeze.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_json_writes_nothing(root: str, new: Path) -> None:
    new.write_text(standalone())
    done = modularize(root, new, "--json")
    answer = json.loads(done.stdout)
    assert (answer["exact"], answer["parents"], answer["differences"]) == (True, ["llama"], [])
    text = resources.files("parent_finder").joinpath("schemas/modularize.schema.json").read_text()
    jsonschema.Draft202012Validator(json.loads(text)).validate(answer)
    assert answer["lines"] == answer["modular"].count("\n")
    assert [path.name for path in new.parent.glob("mod*")] == ["modeling_breeze.py"]


def test_a_named_parent_is_the_only_one(root: str, new: Path) -> None:
    new.write_text(standalone())
    done = modularize(root, new, "--parent=mistral", "--output=-")
    assert done.returncode == 0
    assert "modeling_mistral" in done.stdout
    assert "llama" not in done.stdout


def test_nothing_to_inherit_writes_nothing(root: str, new: Path) -> None:
    new.write_text(standalone())
    done = modularize(root, new, "--parent=zephyr")
    assert done.returncode == 1
    assert "there is nothing to inherit" in done.stderr
    assert not new.with_name("modular_breeze.py").exists()


def test_configuration_and_model_give_one_modular(root: str, new: Path) -> None:
    directory = Path(root) / "transformers" / "models" / "llama"
    config = '{0}\nclass {1}Config(PreTrainedConfig):\n    model_type = "{2}"\n    size = {3}\n'
    head = "from ...configuration_utils import PreTrainedConfig\n\n"
    (directory / "configuration_llama.py").write_text(config.format(head, "Llama", "llama", 8))
    new.write_text(standalone())
    configuration = new.with_name("configuration_breeze.py")
    text = HEADER + config.format(head, "Breeze", "breeze", 9)
    configuration.write_text(text)
    done = modularize(root, new, str(configuration))
    assert done.returncode == 0, done.stderr
    assert converted(root, new.with_name("modular_breeze.py")) == new.read_text()
    made = Path(root) / "transformers" / "models" / "breeze" / "configuration_breeze.py"
    assert without_banner(made.read_text()) == text


@pytest.mark.parametrize("blank", ["", "\n"])
def test_files_that_begin_and_end_in_different_ways(root: str, new: Path, blank: str) -> None:
    """One has one more blank line below its comments, the other one a value above its `__all__`."""
    own = "\n\nclass BreezeHead(nn.Module):\n    sizes = torch.ones(8)\n"
    text = standalone().replace(HEADER, f"{HEADER}{blank}\n", 1)
    new.write_text(f'{text}{own}\n\n__all__ = ["BreezeModel", "BreezeHead"]\n')
    processing = new.with_name("processing_breeze.py")
    imports = "import tqdm\n\nfrom ...utils.deprecation import retire\n"
    retired = '__getattr__ = retire(__name__, remove={"BreezeProcessorKwargs": 5})\n'
    processing.write_text(
        f"{HEADER}{blank}{imports}\n\nclass BreezeProcessor(tqdm.tqdm):\n    size = 8\n\n\n"
        f'{retired}\n__all__ = ["BreezeProcessor"]\n'
    )
    done = modularize(root, new, str(processing))
    assert done.returncode == 0, done.stderr
    written = new.with_name("modular_breeze.py").read_text()
    assert written.startswith(f'{HEADER}{blank}"""PyTorch Breeze model."""\n\nimport torch\n')
    exports = '__all__ = ["BreezeProcessor", "BreezeModel", "BreezeHead"]\n'
    assert written.endswith(f"\n\n\n{retired}\n{exports}")


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("modeling_breeze.py", "class (:\n", [], "this is not valid Python"),
        ("modeling_breeze.py", "", [], "the file is empty"),
        ("model.py", "class A:\n    pass\n", [], "does not say which model it is"),
        ("modeling_breeze.py", standalone(), ["--parent=lama"], "did you mean `llama`?"),
        (
            "configuration_breeze.py",
            "class A:\n    pass\n",
            [],
            "parents are found by the modeling",
        ),
    ],
)
def test_wrong_input(
    root: str, tmp_path: Path, name: str, content: str, options: list[str], said: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    done = modularize(root, path, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_two_files_of_one_type(root: str, new: Path, tmp_path: Path) -> None:
    new.write_text(standalone())
    other = tmp_path / "other"
    other.mkdir()
    (other / new.name).write_text(standalone())
    done = modularize(root, new, str(other / new.name))
    assert done.returncode == 2
    assert "a model has one modeling file" in done.stderr


def test_a_file_is_not_replaced_unasked(root: str, new: Path) -> None:
    new.write_text(standalone())
    modular = new.with_name("modular_breeze.py")
    modular.write_text("mine\n")
    done = modularize(root, new)
    assert (done.returncode, modular.read_text()) == (2, "mine\n")
    assert "--output" in done.stderr
    assert modularize(root, new, f"--output={modular}").returncode == 0
    assert "LlamaModel" in modular.read_text()
