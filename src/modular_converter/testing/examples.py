"""A smallest modular file for each finding of a conversion, and its correction.

The documentation shows them; `examples_test.py` converts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modular_converter.conventions import profiles
from modular_converter.convert.batch import run_batch
from modular_converter.convert.model import convert
from modular_converter.diagnostics.record import ConversionError, Diagnostic
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import location_of
from modular_converter.library.sources import Sources
from modular_converter.names.table import NameTable

MODULAR = "models/newt/modular_newt.py"
PARENT = "models/llama/modeling_llama.py"
CONFIGURATION = "models/llama/configuration_llama.py"
PARENT_TEXT = """\
from torch import nn

LIMIT = 1


def scaled(x):
    return x * LIMIT


class Cached:
    pass


class LlamaNorm(nn.Module):
    def __init__(self, size, eps=1e-6):
        super().__init__()
        self.size = size
        self.eps = eps


class LlamaMLP(nn.Module):
    kind: str = "gated"

    def __init__(self, config):
        super().__init__()
        self.gate = nn.Linear(config.size, config.size)
        self.up = nn.Linear(config.size, config.size)

    def forward(self, x):
        return scaled(self.gate(x))

    def reset(self, x):
        return x

    @staticmethod
    def plain(x):
        return x


class LlamaBase(nn.Module):
    pass


class LlamaModel(LlamaBase, Cached):
    pass
"""
CONFIGURATION_TEXT = """\
class LlamaConfig:
    size = 1
"""
_ROOT = "/examples"
_IMPORT = "from ..llama.modeling_llama import LlamaMLP\n\n\n"
_NORM = "from ..llama.modeling_llama import LlamaNorm\n\n\nclass NewtNorm(LlamaNorm):\n"
_MODEL = "from ..llama.modeling_llama import LlamaModel\n\n\n"
_NORM_MODEL = "from ..llama.modeling_llama import LlamaModel, LlamaNorm\n\n\n"
_MLP = f"{_IMPORT}class NewtMLP(LlamaMLP):\n"
_CONFIG = "from ..llama.configuration_llama import LlamaConfig\n"
_NEWT_CONFIG = "class NewtConfig(LlamaConfig):\n    pass\n\n\n"
_INIT = "    def __init__(self, config):\n        super().__init__(config)\n"
_OLD = f"{_MLP}    pass\n"


@dataclass(frozen=True)
class Example:
    """A modular file with a finding, and without it; ``files`` differ from the common ones."""

    wrong: str
    right: str
    files: Mapping[str, str] = field(default_factory=dict)
    # Reported when the order of a batch is decided.
    is_of_batch: bool = False


def _documented(docstring: str, rest: str = "") -> dict[str, str]:
    """A parent whose docstring is to be renamed."""
    return {PARENT: f'class LlamaMLP:\n    """{docstring}"""\n{rest}'}


_OVERRIDDEN = f'{_MLP}    """The MLP of Newt."""\n'

EXAMPLES: Mapping[str, Example] = {
    # Text.
    "syntax-error": Example("class NewtMLP(:\n    pass\n", "class NewtMLP:\n    pass\n"),
    "misplaced-ignore": Example(
        f"{_IMPORT}# modular: ignore[unreached-object]\nWIDTH = 2\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    pass\n",
        f"{_IMPORT}WIDTH = 2  # modular: ignore[unreached-object]\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    pass\n",
    ),
    "unknown-ignore": Example(
        f"{_IMPORT}class NewtMLP(LlamaMLP):  # modular: ignore[redundant]\n    pass\n",
        f"{_IMPORT}class NewtMLP(LlamaMLP):  # modular: ignore[redundant-override]\n    pass\n",
    ),
    # Imports.
    "global-import": Example(
        "from transformers import LlamaModel\n\n\nclass NewtModel(LlamaModel):\n    pass\n",
        f"{_MODEL}class NewtModel(LlamaModel):\n    pass\n",
    ),
    "star-import": Example(
        "from ..llama.modeling_llama import *\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n", _OLD
    ),
    "import-beyond-root": Example(
        "from .....llama.modeling_llama import LlamaMLP\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n",
        _OLD,
    ),
    "parent-not-found": Example(
        "from ..lama.modeling_lama import LamaMLP\n\n\nclass NewtMLP(LamaMLP):\n    pass\n", _OLD
    ),
    "config-from-modeling": Example(
        "from ..llama.modeling_llama import LlamaConfig\n\n\n" + _NEWT_CONFIG.rstrip() + "\n",
        f"{_CONFIG}\n\n" + _NEWT_CONFIG.rstrip() + "\n",
    ),
    "nested-parent": Example(
        "from ..deprecated.llama.modeling_llama import LlamaMLP\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    pass\n",
        _OLD,
    ),
    "aliased-parent": Example(
        "from ..llama.modeling_llama import LlamaMLP as Base\n\n\nclass NewtMLP(Base):\n    pass\n",
        _OLD,
    ),
    "package-parent": Example(
        "from ..llama import LlamaMLP\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n", _OLD
    ),
    "dotted-parent": Example(
        "from ..llama import modeling_llama\n\n\nclass NewtMLP(modeling_llama.LlamaMLP):\n"
        "    pass\n",
        _OLD,
    ),
    "no-such-name": Example(
        "from ..llama.modeling_llama import LlamaMLP, scale\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    def forward(self, x):\n        return scale(x)\n",
        "from ..llama.modeling_llama import LlamaMLP, scaled\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    def forward(self, x):\n        return scaled(x)\n",
    ),
    "stray-import": Example(
        "from ..llama.modeling_llama import LlamaMLP, scale\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    pass\n",
        _OLD,
    ),
    "not-an-import": Example(
        "import sys\n\nif sys.platform:\n    import torch\n\n    DEVICE = 1\n\n\n"
        "class NewtTools:\n    tensor = torch.Tensor\n",
        "import sys\n\nif sys.platform:\n    import torch\n\n\n"
        "class NewtTools:\n    tensor = torch.Tensor\n",
    ),
    "missing-import": Example(
        f"{_CONFIG}{_IMPORT}class NewtTextConfig(LlamaConfig):\n    pass\n\n\n"
        "class NewtMLP(LlamaMLP):\n    pass\n",
        f"{_CONFIG}{_IMPORT}{_NEWT_CONFIG}class NewtMLP(LlamaMLP):\n    pass\n",
        {
            PARENT: "from .configuration_llama import LlamaConfig\n\n\nclass LlamaMLP:\n"
            "    def __init__(self, config: LlamaConfig):\n        self.config = config\n"
        },
    ),
    "cycle": Example(
        "from ..newt.modeling_newt import NewtMLP\n\n\nclass NewtSmallMLP(NewtMLP):\n    pass\n",
        "class NewtMLP:\n    pass\n\n\nclass NewtSmallMLP(NewtMLP):\n    pass\n",
        is_of_batch=True,
    ),
    # Classes.
    "no-such-class": Example(
        "from ..llama.modeling_llama import LlamaMPL\n\n\nclass NewtMLP(LlamaMPL):\n    pass\n",
        _OLD,
    ),
    "several-parents": Example(
        "from ..llama.modeling_llama import LlamaMLP, LlamaModel\n\n\n"
        "class NewtMLP(LlamaMLP, LlamaModel):\n    pass\n",
        _OLD,
    ),
    "base-not-a-name": Example(
        f'{_IMPORT}class NewtMLP(LlamaMLP, type("Mixin", (), {{}})):\n    pass\n',
        f'{_IMPORT}NewtMixin = type("NewtMixin", (), {{}})\n\n\n'
        "class NewtMLP(LlamaMLP, NewtMixin):\n    pass\n",
    ),
    "no-such-attribute": Example(
        f"{_MLP}    kinds = AttributeError()\n", f"{_MLP}    kind: str = AttributeError()\n"
    ),
    "no-such-method": Example(
        f"{_MLP}    def clear(self):\n        super().clear()\n",
        f"{_MLP}    def clear(self):\n        self.gate = None\n",
    ),
    "duplicate-method": Example(
        f"{_MLP}    def forward(self, x):\n        return x\n\n    def forward(self, x, y):\n"
        "        return x + y\n",
        f"{_MLP}    def forward(self, x, y):\n        return x + y\n",
    ),
    "repeated-class": Example(
        f"{_OLD}\n\nclass NewtMLP(LlamaMLP):\n    kind = 'plain'\n",
        f"{_MLP}    kind = 'plain'\n",
    ),
    "shadowed-import": Example(
        f"{_IMPORT}nn = None\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n",
        f"{_IMPORT}nothing = None\n\n\nclass NewtMLP(LlamaMLP):\n    kind = nothing\n",
    ),
    "lost-base": Example(
        f"{_MODEL}class TextCached:\n    pass\n\n\nclass NewtModel(LlamaModel, TextCached):\n"
        "    pass\n",
        f"{_MODEL}class TextTools:\n    pass\n\n\nclass NewtModel(LlamaModel, TextTools):\n"
        "    pass\n",
        {PARENT: "from ...cache import Cached\n\n\nclass LlamaModel(Cached):\n    pass\n"},
    ),
    "base-order": Example(
        f"{_IMPORT}class Tools:\n    def forward(self, x):\n        return x\n\n\n"
        "class NewtMLP(Tools, LlamaMLP):\n    pass\n",
        f"{_MLP}    def forward(self, x):\n        return x\n",
    ),
    # Statements that are left out.
    "nothing-produced": Example(
        "LIMIT = 2\n", "class NewtTools:\n    limit = 2\n", is_of_batch=True
    ),
    "unreached-object": Example(
        f"{_IMPORT}def halved(x):\n    return x / 2\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n",
        f"{_IMPORT}def halved(x):\n    return x / 2\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    def forward(self, x):\n        return halved(x)\n",
    ),
    "parent-wins": Example(
        f"{_IMPORT}LIMIT = 2\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n",
        f"{_IMPORT}NEWT_LIMIT = 2\n\n\nclass NewtMLP(LlamaMLP):\n    def forward(self, x):\n"
        "        return self.gate(x) * NEWT_LIMIT\n",
    ),
    "dropped-statement": Example(
        "LIMIT: int = 2\n\n\nclass NewtTools:\n    limit = LIMIT\n",
        "LIMIT = 2\n\n\nclass NewtTools:\n    limit = LIMIT\n",
    ),
    "dropped-member": Example(
        f"{_MLP}    class Inner:\n        limit = 2\n",
        f"{_IMPORT}class Inner:\n    limit = 2\n\n\nclass NewtMLP(LlamaMLP):\n    inner = Inner\n",
    ),
    # Overrides.
    "not-a-deletion": Example(
        f"{_MLP}    kind = 'plain'\n    def reset(self, x):\n        raise AttributeError()\n",
        f"{_MLP}    kind = 'plain'\n\n    def reset(self, x):\n        raise AttributeError()\n",
    ),
    "redundant-override": Example(f"{_MLP}    def reset(self, x):\n        return x\n", _OLD),
    "deletes-nothing": Example(
        f"{_MLP}{_INIT}        del self.upp\n", f"{_MLP}{_INIT}        del self.up\n"
    ),
    "redundant-deletion": Example(f"{_MLP}{_INIT}        del self.down_scale\n", f"{_MLP}{_INIT}"),
    "deleted-attribute-used": Example(
        f"{_MLP}{_INIT}        del self.gate\n",
        f"{_MLP}{_INIT}        del self.gate\n\n    def forward(self, x):\n"
        "        return self.up(x)\n",
    ),
    "misfit-call": Example(
        f"{_NORM_MODEL}class NewtNorm(LlamaNorm):\n    def __init__(self, size):\n"
        "        self.size = size\n\n\nclass NewtModel(LlamaModel):\n    pass\n",
        f"{_NORM_MODEL}class NewtNorm(LlamaNorm):\n    def __init__(self, size, eps):\n"
        "        self.size = size\n\n\nclass NewtModel(LlamaModel):\n    pass\n",
        {
            PARENT: "from torch import nn\n\n\nclass LlamaNorm(nn.Module):\n"
            "    def __init__(self, size, eps):\n        self.size = size\n\n\n"
            "class LlamaModel(nn.Module):\n    def __init__(self, config):\n"
            "        self.norm = LlamaNorm(config.size, config.eps)\n"
        },
    ),
    "lost-super": Example(
        f"{_MLP}    def forward(self, x):\n        return super().forward(x) + 1\n",
        f"{_MLP}    def forward(self, x):\n        return self.gate(x) + 1\n",
    ),
    "skipped-super": Example(
        f"{_MODEL}class NewtModel(LlamaModel):\n    def prepare(self, x):\n"
        "        return super().prepare(x) + 1\n",
        f"{_MODEL}class NewtModel(LlamaModel):\n    def prepare(self, x):\n"
        "        return 2 * x + 1\n",
        {
            PARENT: "from other import Base\n\n\nclass LlamaModel(Base):\n"
            "    def prepare(self, x):\n        return 2 * x\n"
        },
    ),
    "changed-argument": Example(
        f"{_MLP}    def forward(self, x):\n        return super().forward(x, 2)\n",
        f"{_MLP}    def forward(self, x):\n        x = 2 * x\n        return super().forward(x)\n",
    ),
    "dropped-argument": Example(
        f"{_NORM}    def __init__(self, size, eps=1):\n        super().__init__(size)\n",
        f"{_NORM}    def __init__(self, size, eps=1):\n        super().__init__(size, eps)\n",
    ),
    "unreachable-code": Example(
        f"{_MLP}    def forward(self, x):\n        super().forward(x)\n        self.last = x\n",
        f"{_MLP}    def forward(self, x):\n        self.last = x\n        return self.gate(x)\n",
    ),
    "moved-assignment": Example(
        f"{_MLP}{_INIT}        self.gate = nn.Sequential(self.up)\n",
        f"{_MLP}{_INIT}        self.gated = nn.Sequential(self.up)\n",
    ),
    "inherited-kind": Example(
        f"{_MLP}    def plain(self, x):\n        return x\n",
        f"{_MLP}    @staticmethod\n    def plain(x):\n        return 2 * x\n",
    ),
    "lost-value": Example(f"{_MLP}    kind: str\n", f'{_MLP}    kind: str = "plain"\n'),
    # Names.
    "undefined-name": Example(
        f"{_MLP}    def forward(self, x):\n        return halved(self.gate(x))\n",
        f"{_IMPORT}def halved(x):\n    return x / 2\n\n\nclass NewtMLP(LlamaMLP):\n"
        "    def forward(self, x):\n        return halved(self.gate(x))\n",
    ),
    "used-before-definition": Example(
        "class NewtLayer:\n    kinds = [NewtLayer]\n",
        "class NewtLayer:\n    pass\n\n\nclass NewtModel:\n    kinds = [NewtLayer]\n",
    ),
    "unknown-export": Example(
        f'{_OLD}\n\n__all__ = ["NewtMLP", "NewtModl"]\n', f'{_OLD}\n\n__all__ = ["NewtMLP"]\n'
    ),
    "several-prefixes": Example(
        "from ..llama.modeling_llama import LlamaBase, LlamaMLP, LlamaNorm\n\n\n"
        "class NewtBase(LlamaBase):\n    pass\n\n\nclass NewtTextMLP(LlamaMLP):\n    pass\n",
        "from ..llama.modeling_llama import LlamaBase, LlamaMLP, LlamaNorm\n\n\n"
        "class NewtBase(LlamaBase):\n    pass\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n",
    ),
    "prefix-collision": Example(
        "from ..llama.modeling_llama import LlamaMLP\n\n\nclass NewtTextMLP(LlamaMLP):\n    pass\n",
        _OLD,
        {PARENT: "class LlamaTextModel:\n    pass\n\n\nclass LlamaMLP:\n    pass\n"},
    ),
    "rename-in-word": Example(_OLD, _OVERRIDDEN, _documented("It has llamable layers.")),
    "rename-in-url": Example(_OLD, _OVERRIDDEN, _documented("See https://example.org/llama.")),
    "parent-still-named": Example(
        _OLD,
        f'{_MLP}    def __repr__(self):\n        return "MLP of Newt"\n',
        {
            PARENT: "class LlamaMLP:\n    def __repr__(self):\n"
            '        return f"MLP of llama, {id(self)}"\n'
        },
    ),
}


def files_of(example: Example) -> dict[str, str]:
    """The files that the example's modular file may import from, by path."""
    return {PARENT: PARENT_TEXT, CONFIGURATION: CONFIGURATION_TEXT, **example.files}


def findings(example: Example, modular: str, *, reads_late: bool = False) -> tuple[Diagnostic, ...]:
    """What a conversion of a text in the example's place reports, pedantic findings included.

    :param reads_late: whether definitions are read when they are asked for, as in large batches.
    """
    sources = Sources()
    if reads_late:
        sources.leave_for_later(f"{_ROOT}/{path}" for path in (*files_of(example), MODULAR))
    for path, text in {**files_of(example), MODULAR: modular}.items():
        sources.put(f"{_ROOT}/{path}", text)
        sources.labels[f"{_ROOT}/{path}"] = path
    table = NameTable({"llama": "LlamaConfig", "newt": "NewtConfig"})
    context = ConversionContext(sources, (_ROOT,), table, profiles.PROFILES[-1])
    location = location_of(f"{_ROOT}/{MODULAR}", _ROOT, [_ROOT])
    if example.is_of_batch:
        return run_batch([location], context).diagnostics
    try:
        return convert(location, context).warnings
    except ConversionError as problem:
        return problem.diagnostics
