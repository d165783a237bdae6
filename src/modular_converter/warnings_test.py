"""Each warning where it must appear, and beside it where it must not."""

from __future__ import annotations

import pytest

from modular_converter.conftest import Workspace

PARENT = '''
    from torch import nn

    limit = 1


    class LlamaMLP(nn.Module):
        """A llama, not just llamas. See https://x.org/llama and `meta-llama/Llama-2`."""

        plan = {"llama": 1}

        def forward(self, x):
            # llamable
            return f"llama {x}"

        def reset(self, x):
            return x

        @property
        def size(self):
            return 1
    '''
IMPORT = "from ..llama.modeling_llama import LlamaMLP\n\n\n"
CLASS = f"{IMPORT}class NewOneMLP(LlamaMLP):\n"
QUIET = '    """Quiet."""\n\n    def forward(self, x):\n        return x\n'


def found(workspace: Workspace, text: str, parent: str = PARENT) -> list[tuple[str, int]]:
    """Codes and lines of the warnings for a modular."""
    workspace.parent(parent)
    return [(warning.code, warning.line) for warning in workspace.convert(text).warnings]


def test_a_plain_class_gives_no_warning(workspace: Workspace) -> None:
    assert found(workspace, CLASS + QUIET) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Objects.
        ("def helper():\n    pass\n\n\nclass A:\n    x = 1\n", ("unreached-object", 1)),
        ("x = 1\n\n\nclass A:\n    y = 1\n", ("unreached-object", 1)),
        ("x: int = 1\n\n\nclass A:\n    y = x\n", ("dropped-statement", 1)),
        ("a = b = 1\n\n\nclass A:\n    y = a\n", ("dropped-statement", 1)),
        ("class A:\n    y = 1\n\n\nfor x in []:\n    pass\n", ("dropped-statement", 5)),
        ("try:\n    import x\nexcept E:\n    pass\n\n\nclass A:\n    y = x\n",
         ("dropped-statement", 1)),
        ("class A:\n    y = 1\n\n\n__all__ = (\"A\",)\n", ("dropped-statement", 5)),
        # Members.
        (f"{CLASS}{QUIET}\n    if True:\n        y = 1\n", ("dropped-member", 10)),
        (f"{CLASS}{QUIET}\n    class Inner:\n        y = 1\n", ("dropped-member", 10)),
        (f"{CLASS}{QUIET}\n    a = b = 1\n", ("dropped-member", 10)),
        # Overrides.
        (f"{CLASS}{QUIET}    def reset(self):\n        raise AttributeError()\n",
         ("not-a-deletion", 9)),
        (f"{CLASS}{QUIET}\n    @property\n    def size(self):\n        raise AttributeError()\n",
         ("not-a-deletion", 11)),
        (f"{CLASS}{QUIET}\n    def clear(self):\n        raise AttributeError()\n",
         ("deletes-nothing", 10)),
        (f"{CLASS}{QUIET}\n    def reset(self, x):\n        return x\n",
         ("redundant-override", 10)),
        (f"{CLASS}{QUIET}\n    def reset(self, **super_kwargs):\n"
         "        return super().reset(**super_kwargs)\n", ("redundant-override", 10)),
        (f"{CLASS}{QUIET}\n    plan = {{\n        \"new_one\": 1,\n    }}\n",
         ("redundant-override", 10)),
        (f"{CLASS}{QUIET}\n    def reset(self, x):\n        return super().reset(x) + 1\n",
         ("lost-super", 11)),
        (f"{CLASS}{QUIET}\n    def reset(self, x):\n        if x:\n            super().reset(x)\n",
         ("lost-super", 12)),
        (f"{CLASS}{QUIET}\n    def other(self, x):\n        return super().reset(x)\n",
         ("lost-super", 11)),
    ],
)  # fmt: skip
def test_what_would_be_lost_or_changed(
    workspace: Workspace, text: str, expected: tuple[str, int]
) -> None:
    # What is dropped is missing where it is used.
    findings = [finding for finding in found(workspace, text) if finding[0] != "undefined-name"]
    assert findings == [expected]


@pytest.mark.parametrize(
    "member",
    [
        "    def reset(self):\n        raise AttributeError()\n",
        "    def reset(self, x):\n        return x + 1\n",
        "    def reset(self, x, y):\n        return x\n",
        "    @staticmethod\n    def reset(self, x):\n        return x\n",
        "    def reset(self, x) -> int:\n        return x\n",
        "    def reset(self, x):\n        y = 1\n        return super().reset(x)\n",
        "    def fresh(self, x):\n        return super().unknown(x)\n",
        '    plan = {"new_one": 2}\n',
        "    @property\n    def size(self):\n        return 2\n",
    ],
)
def test_overrides_without_a_finding(workspace: Workspace, member: str) -> None:
    assert found(workspace, f"{CLASS}{QUIET}\n{member}") == []


def test_objects_without_a_finding(workspace: Workspace) -> None:
    text = (
        '"""About."""\n\nimport logging\n\nlogger = logging.get_logger(__name__)\nsize = 1\n\n\n'
        'def helper():\n    return size\n\n\nclass A:\n    y = helper()\n\n\n__all__ = ["A"]\n'
    )
    assert found(workspace, text) == []


def test_the_parent_s_value_wins(workspace: Workspace) -> None:
    parent = "limit = 1\n\n\nclass LlamaMLP:\n    x = limit\n"
    same = IMPORT.rstrip() + "\n\nlimit = {}\n\n\nclass NewOneMLP(LlamaMLP):\n    pass\n"
    assert found(workspace, same.format(2), parent) == [("parent-wins", 3)]
    assert found(workspace, same.format(1), parent) == []


def test_renaming_is_reported_at_the_import(workspace: Workspace) -> None:
    workspace.parent(PARENT)
    warnings = workspace.convert(f"{CLASS}    pass\n").warnings
    messages = {warning.code: warning.message for warning in warnings}
    assert list(messages) == ["rename-in-word", "rename-in-url", "parent-still-named"]
    assert "`llamable` becomes `new_oneble`" in messages["rename-in-word"]
    assert "modeling_llama.py:12" in messages["rename-in-word"]
    assert "llamas" not in messages["rename-in-word"]
    assert "`https://x.org/llama` becomes `https://x.org/new_one`" in messages["rename-in-url"]
    assert "`meta-llama/Llama-2` becomes `meta-new_one/NewOne-2`" in messages["rename-in-url"]
    assert "`llama` (" in messages["parent-still-named"]
    assert [warning.line for warning in warnings] == [1, 1, 4]


def test_words_that_are_overridden_are_not_reported(workspace: Workspace) -> None:
    assert found(workspace, f"{CLASS}{QUIET}") == []


def test_another_spelling_of_the_parent_s_name(workspace: Workspace) -> None:
    parent = 'class QwenTwoMLP:\n    """Qwen-Two, QWEN TWO."""\n'
    workspace.parent(parent, "qwen_two")
    text = "from ..qwen_two.modeling_qwen_two import QwenTwoMLP\n\n\nclass NewOneMLP(QwenTwoMLP):\n"
    warnings = workspace.convert(f"{text}    pass\n").warnings
    assert [warning.code for warning in warnings] == ["parent-still-named"] * 2
    assert "`Qwen-Two`" in warnings[0].message and "`QWEN TWO`" in warnings[1].message


def test_a_new_name_that_contains_the_old_one_is_not_the_parent(workspace: Workspace) -> None:
    workspace.parent('class LlamaMLP:\n    """A llama."""\n')
    text = (
        "from ..llama.modeling_llama import LlamaMLP\n\n\nclass TinyLlamaMLP(LlamaMLP):\n    pass\n"
    )
    assert workspace.convert(text, "tiny_llama").warnings == ()


def test_a_name_that_the_parent_lacks_without_harm(workspace: Workspace) -> None:
    unused = IMPORT.replace("import LlamaMLP", "import LlamaMLP, nothing")
    assert found(workspace, f"{unused}class NewOneMLP(LlamaMLP):\n{QUIET}") == [("stray-import", 1)]
    respelled = IMPORT.replace("LlamaMLP", "LLaMAMLP")
    text = f"{respelled}class NewOneMLP(LLaMAMLP):\n{QUIET}"
    assert found(workspace, text) == [("stray-import", 1)]
