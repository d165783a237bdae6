from __future__ import annotations

from parent_finder.modularize.import_section import import_section


def test_imports_of_several_files_become_one_section() -> None:
    configuration = ["from ...utils import auto_docstring\n", "import math\n"]
    modeling = [
        "\n\nfrom ...utils import (\n    ModelOutput,\n    auto_docstring,\n)\n",
        "import torch\n",
        "from ..a.modeling_a import A\n",
    ]
    assert import_section([*configuration, *modeling]) == (
        "import math\n"
        "\n"
        "import torch\n"
        "\n"
        "from ...utils import ModelOutput, auto_docstring\n"
        "from ..a.modeling_a import A\n"
    )


def test_blocks_with_one_condition_become_one_below_all_else() -> None:
    first = "if is_torch_available():\n    import torch\n"
    second = "\n\nif is_torch_available():\n    import torch\n    from torch import nn\n"
    last = "from .utils import is_torch_available\n"
    assert import_section([first, second, last]) == (
        f"{last}\n\nif is_torch_available():\n    import torch\n    from torch import nn\n"
    )


def test_what_has_a_comment_or_another_part_stays_as_it_is() -> None:
    commented = "from ..a import b  # noqa: F401\n"
    either = "if at_hand():\n    import a\nelse:\n    a = None\n"
    text = import_section([either, commented, "from ..a import c\n"])
    assert commented in text
    assert "from ..a import c\n" in text
    assert text.endswith(either)
