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


def test_blocks_in_blocks_and_other_statements_stay_whole() -> None:
    inner = "if at_hand():\n    if elsewhere():\n        import a\n        import b\n"
    either = "try:\n    import c\nexcept ImportError:\n    c = None\n"
    assert import_section([either, inner, "import d\n"]) == f"import d\n\n\n{either}\n{inner}"


def test_blocks_keep_the_blank_lines_between_them() -> None:
    one, other = ("if one():\n    import a\n", "if other():\n    import b\n")
    text = import_section([f"\n\n{one}", f"\n{other}", "import d\n"])
    assert text == f"import d\n\n\n{one}\n{other}"


def test_a_name_that_two_modules_have_stays_twice() -> None:
    text = import_section(
        ["from b import x\n", "from a import x\n", "from __future__ import annotations\n"]
    )
    assert text == "from __future__ import annotations\n\nfrom a import x\nfrom b import x\n"
