"""Before and after of whole files: extras, order, imports, exports."""

from __future__ import annotations

import textwrap

import pytest

from modular_converter.conftest import Workspace, formatted
from modular_converter.convert.model import convert
from modular_converter.diagnostics.record import ConversionError
from modular_converter.library.modular_file import location_of


def text_of(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


PARENT = """
    from torch import nn

    from ...utils import logging
    from .configuration_llama import LlamaConfig


    logger = logging.get_logger(__name__)


    def helper(x):
        return inner(x)


    def inner(x):
        return x


    class LlamaMLP(nn.Module):
        def forward(self, x):
            return helper(x)


    class LlamaModel(nn.Module):
        def __init__(self, config: LlamaConfig):
            self.mlp = LlamaMLP(config)
            logger.info("made")
    """


def test_extras_are_pulled_in_before_the_class(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    outputs = workspace.outputs(
        """
        # Licence
        from ..llama.modeling_llama import LlamaModel


        class NewOneModel(LlamaModel):
            pass


        __all__ = ["NewOneModel", "NewOneConfig"]  # kept
        """
    )
    assert outputs["modeling"] == text_of(
        """
        # Licence
        from torch import nn

        from ...utils import logging
        from .configuration_new_one import NewOneConfig


        logger = logging.get_logger(__name__)


        def helper(x):
            return inner(x)


        def inner(x):
            return x


        class NewOneMLP(nn.Module):
            def forward(self, x):
                return helper(x)


        class NewOneModel(nn.Module):
            def __init__(self, config: NewOneConfig):
                self.mlp = NewOneMLP(config)
                logger.info("made")


        __all__ = ["NewOneModel"]  # kept
        """
    )
    assert outputs["configuration"] == '# Licence\n\n\n__all__ = ["NewOneConfig"]  # kept\n'


def test_functions_of_the_modular_lie_over_the_parent(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    modeling = workspace.outputs(
        """
        from ..llama.modeling_llama import LlamaMLP


        def helper(x):
            return x + 1


        class NewOneMLP(LlamaMLP):
            pass
        """
    )["modeling"]
    assert "return x + 1" in modeling
    assert "def inner" not in modeling


def test_imported_function_replaces_that_of_another_parent(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    workspace.parent("def helper(x):\n    return -x\n", name="clip")
    modeling = workspace.outputs(
        """
        from ..clip.modeling_clip import helper
        from ..llama.modeling_llama import LlamaMLP


        class NewOneMLP(LlamaMLP):
            pass
        """
    )["modeling"]
    assert "return -x" in modeling
    assert "def inner" not in modeling


def test_class_of_another_type_is_imported_from_its_file(workspace: Workspace) -> None:
    workspace.parent("class LlamaMLP:\n    x = 1\n")
    modeling = workspace.outputs(
        """
        from ..llama.modeling_llama import LlamaMLP


        class NewOneConfig:
            pass


        class NewOneMLP(LlamaMLP):
            config: NewOneConfig
        """
    )["modeling"]
    assert modeling.startswith("from .configuration_new_one import NewOneConfig\n")
    assert "class NewOneConfig" not in modeling


def test_first_import_of_a_name_wins_and_unused_ones_go(workspace: Workspace) -> None:
    workspace.parent("from ...b import used, other\n\n\nclass LlamaMLP:\n    x = used, other\n")
    modeling = workspace.outputs(
        """
        from ...a import unused, used
        from ..llama.modeling_llama import LlamaMLP


        class NewOneMLP(LlamaMLP):
            pass
        """
    )["modeling"]
    assert modeling.startswith("from ...a import used\nfrom ...b import other\n")


def test_getattr_goes_to_the_file_of_its_keys(workspace: Workspace) -> None:
    modular = """
        from ...utils.deprecation import deprecate_attr


        class NewOneProcessor:
            pass


        __getattr__ = deprecate_attr(
            __name__,
            rename={"NewOneProcessorKwargs": (NewOneProcessor, "5.29.0")},
        )

        __all__ = ["NewOneProcessor"]
        """
    outputs = workspace.outputs(modular)
    assert outputs["processing"].endswith(
        '__getattr__ = deprecate_attr(__name__, rename={"NewOneProcessorKwargs": '
        '(NewOneProcessor, "5.29.0")})\n\n__all__ = ["NewOneProcessor"]\n'
    )
    assert "__getattr__" not in workspace.outputs(modular, profile="5.8")["processing"]


def test_torch_is_guarded_in_pil_files(workspace: Workspace) -> None:
    outputs = workspace.outputs(
        """
        import torch

        from ...utils import TensorType


        class NewOneImageProcessorPil:
            def go(self, x: TensorType):
                return torch.zeros(x)
        """
    )
    assert outputs["image_processing_pil"].startswith(
        "\nfrom ...utils import TensorType, is_torch_available\n\n\n"
        "if is_torch_available():\n    import torch\n"
    )


def test_nodes_of_the_torch_file_are_copied_into_the_pil_file(workspace: Workspace) -> None:
    outputs = workspace.outputs(
        """
        class NewOneImageProcessorKwargs:
            a: int


        class NewOneImageProcessor:
            kwargs = NewOneImageProcessorKwargs


        class NewOneImageProcessorPil:
            kwargs = NewOneImageProcessorKwargs
        """
    )
    pil = outputs["image_processing_pil"]
    assert "import" not in pil
    assert pil.index("class NewOneImageProcessorKwargs") < pil.index(
        "class NewOneImageProcessorPil"
    )


def test_external_library(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    path = workspace.write(
        "lib/models/tiny_llama/modular_tiny_llama.py",
        """
        from transformers.models.llama.modeling_llama import LlamaModel


        class TinyLLaMAConfig:
            model_type = "tiny_llama"


        class TinyLLaMAModel(LlamaModel):
            pass
        """,
    )
    conversion = convert(workspace.location(path), workspace.context())
    assert conversion.location.banner_path == "lib/models/tiny_llama/modular_tiny_llama.py"
    modeling = formatted(conversion)["modeling"]
    assert modeling.startswith(
        text_of(
            """
            from torch import nn

            from transformers.utils import logging

            from .configuration_tiny_llama import TinyLLaMAConfig
            """
        )
    )
    assert "class TinyLLaMAMLP(nn.Module)" in modeling


def test_a_checkout_below_a_directory_called_transformers(workspace: Workspace) -> None:
    path = workspace.write("transformers/models/repo/lib/x/modular_x.py", "class A: pass\n")
    repository = workspace.root / "transformers/models/repo"
    (workspace.root / "transformers/models/auto/auto_mappings.py").unlink()
    (workspace.root / "transformers/models/auto").rmdir()
    location = location_of(path, str(repository))
    assert not location.in_library
    assert location.banner_path == "lib/x/modular_x.py"


def test_parent_outside_the_library(workspace: Workspace) -> None:
    workspace.write("lib/models/base/configuration_base.py", "class BASEConfig:\n    pass\n")
    workspace.write(
        "lib/models/base/modeling_base.py",
        "from ..common import tool\n\n\nclass BASEModel:\n    made = tool\n",
    )
    path = workspace.write(
        "lib/models/child/modular_child.py",
        "from lib.models.base.modeling_base import BASEModel\n\n\n"
        "class ChildModel(BASEModel):\n    pass\n",
    )
    modeling = formatted(convert(workspace.location(path), workspace.context()))["modeling"]
    assert modeling == ("from ..common import tool\n\n\nclass ChildModel:\n    made = tool\n")


def test_imports_of_the_own_library_are_relative(workspace: Workspace) -> None:
    workspace.write(
        "lib/models/base/modeling_base.py",
        "from lib.common import tool\nfrom lib.models import register\n\n\n"
        "@register\nclass BASEModel:\n    made = tool\n",
    )
    path = workspace.write(
        "lib/models/child/modular_child.py",
        """
        import lib.common.plain

        from lib import top
        from lib.models.base.modeling_base import BASEModel
        from lib.models.child.extra import more
        from library import other

        if top:
            from lib.models.base.other_base import last


        class ChildModel(BASEModel):
            used = (top, more, other, last, lib.common.plain)
        """,
    )
    modeling = formatted(convert(workspace.location(path), workspace.context()))["modeling"]
    assert modeling.partition("\n\n\n@register")[0] == text_of(
        """
        import lib.common.plain
        from library import other

        from ... import top
        from ...common import tool
        from .. import register
        from .extra import more


        if top:
            from ..base.other_base import last
        """
    ).rstrip("\n")


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("class A(:\n", "syntax-error", 1, 9),
        ("from transformers import X\n\n\nclass A:\n    x = 1\n", "global-import", 1, 1),
        ("from ..lama.modeling_lama import X\n", "parent-not-found", 1, 1),
        ("from ..llama.modeling_llama import LlamaConfig\n", "config-from-modeling", 1, 1),
        ("from ..old.llama.modeling_llama import X\n", "nested-parent", 1, 1),
        ("from ...utils import *\n\n\nclass A:\n    x = 1\n", "star-import", 1, 1),
        (
            "from ..llama.modeling_llama import LlamaMLP as M\n\n\nclass A(M):\n    x = 1\n",
            "aliased-parent", 4, 9,
        ),
        (
            "from ..llama.modeling_llama import LlamaModel, LlamaMLP\n\n\n"
            "class A(LlamaMLP, LlamaModel):\n    x = 1\n",
            "several-parents", 4, 1,
        ),
        (
            "from ..llama.modeling_llama import LlamaNo\n\n\nclass NewOneNo(LlamaNo):\n    x = 1\n",
            "no-such-class", 4, 1,
        ),
        (
            "if is_x():\n    import x\n    y = 2\n\n\nclass A:\n    z = x\n",
            "not-an-import", 3, 5,
        ),
    ],
)  # fmt: skip
def test_errors_are_located(
    workspace: Workspace, text: str, code: str, line: int, column: int
) -> None:
    workspace.parent(PARENT)
    with pytest.raises(ConversionError) as caught:
        workspace.convert(text)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.line, finding.column) == (code, line, column)
    assert finding.hint
    assert finding.path.endswith("modular_new_one.py")


def test_several_prefixes_are_a_warning(workspace: Workspace) -> None:
    workspace.parent("class LlamaMLP:\n    x = 1\n\n\nclass LlamaHead:\n    x = 1\n")
    conversion = workspace.convert(
        "from ..llama.modeling_llama import LlamaHead, LlamaMLP\n\n\n"
        "class NewOneMLP(LlamaMLP):\n    pass\n\n\nclass NewOneTextHead(LlamaHead):\n    pass\n"
    )
    assert [warning.code for warning in conversion.warnings] == ["several-prefixes"]


def test_every_line_knows_its_file(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    conversion = workspace.convert(
        "from ..llama.modeling_llama import LlamaMLP\n\n\nclass NewOneMLP(LlamaMLP):\n    y = 1\n"
    )
    nodes = conversion.outputs["modeling"].nodes
    fragments = [fragment for node in nodes for fragment in node.fragments]
    (helper,) = [each for each in fragments if each.text.startswith("def inner")]
    assert helper.origin.path.endswith("modeling_llama.py")
    assert helper.origin.line == 14
    assert [rename.description for rename in helper.origin.renames] == [("Llama", "NewOne")]
    (added,) = [each for each in fragments if "y = 1" in each.text]
    assert added.origin.path.endswith("modular_new_one.py")
    assert added.origin.line == 5


def test_up_to_4_55_the_own_classes_bring_in_what_they_need(workspace: Workspace) -> None:
    workspace.parent(
        """
        class LlamaBase:
            def reset(self):
                return LlamaModel


        class LlamaPart:
            pass


        class LlamaModel(LlamaBase):
            part = LlamaPart
        """
    )
    modular = """
        from ..llama.modeling_llama import LlamaBase, LlamaModel


        class NewOneBase(LlamaBase):
            pass


        class NewOneModel(LlamaModel):
            pass
        """
    older, newer = (
        workspace.outputs(modular, profile=name)["modeling"] for name in ("4.55", "4.57")
    )
    assert older.index("class NewOnePart") < older.index("class NewOneBase")
    assert newer.index("class NewOnePart") > newer.index("class NewOneBase")


def test_a_parent_below_models_is_known_since_4_56(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    modular = """
        from ...models.llama.modeling_llama import LlamaMLP


        class NewOneMLP(LlamaMLP):
            pass
        """
    assert "class NewOneMLP(LlamaMLP):" in workspace.outputs(modular, profile="4.55")["modeling"]
    assert "class NewOneMLP(nn.Module):" in workspace.outputs(modular, profile="4.56")["modeling"]


def test_a_block_of_imports_in_another_stands_alone(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    text = workspace.outputs(
        """
        from ..llama.modeling_llama import LlamaMLP
        from ...utils import is_torch_available, is_vision_available


        if is_torch_available():
            if is_vision_available():
                from vision import transform
            else:
                from other import transform


        class NewOneMLP(LlamaMLP):
            def forward(self, x):
                return transform(x)
        """
    )["modeling"]
    assert "\nif is_vision_available():\n    from vision import transform\nelse:" in text
    assert "if is_torch_available" not in text


@pytest.mark.parametrize(
    ("profile", "annotation"), [("4.52", "List[x]"), ("4.53", "list[x]"), ("5.0", "list[x]")]
)
def test_what_the_formatter_modernizes(workspace: Workspace, profile: str, annotation: str) -> None:
    workspace.parent(PARENT)
    modular = """
        from typing import List
        from ..llama.modeling_llama import LlamaMLP


        class NewOneMLP(LlamaMLP):
            def forward(self, x, **kwargs) -> List[x]:
                return ["{}".format(x), kwargs.get("size", None)]
        """
    text = workspace.outputs(modular, profile=profile)["modeling"]
    assert f"-> {annotation}:" in text
    assert ('kwargs.get("size")' in text) == (profile == "5.0")
    assert ('f"' in text) == (profile == "5.0")
