"""Before and after of whole classes, through a conversion."""

from __future__ import annotations

import textwrap

import pytest

from modular_converter.conftest import Workspace
from modular_converter.diagnostics.record import ConversionError

IMPORT = "from ..llama.modeling_llama import {}\n\n\n"


def merged(workspace: Workspace, parent: str, modular: str, profile: str = "5.23") -> str:
    workspace.parent(textwrap.dedent(parent))
    text = IMPORT.format("LlamaMLP") + textwrap.dedent(modular).lstrip("\n")
    return workspace.outputs(text, profile=profile)["modeling"]


def expected(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


PARENT = '''
from torch import nn


# Above the class.
class LlamaMLP(nn.Module):
    """A Llama MLP."""

    size = 1
    # About the width.
    width: int = 2

    def __init__(self, config):
        super().__init__()
        self.a = 1  # first
        self.b: int = 2
        self.post_init()

    def forward(self, x, scale=1.0, **kwargs) -> int:
        """Goes forward."""
        return self.a + x

    @property
    def kept(self):
        return 1
'''


def test_pass_class_is_the_renamed_parent(workspace: Workspace) -> None:
    text = merged(workspace, PARENT, "class NewOneMLP(LlamaMLP):\n    pass\n")
    assert text == expected(PARENT).replace("Llama", "NewOne")


def test_init_is_unravelled(workspace: Workspace) -> None:
    text = merged(
        workspace,
        PARENT,
        """
        class NewOneMLP(LlamaMLP):
            def __init__(self, config):
                before = 1
                super().__init__(config)
                del self.b
                self.a = 3  # third
                self.c = before
        """,
    )
    assert expected(
        """
            def __init__(self, config):
                super().__init__()
                before = 1
                self.a = 3  # third
                self.c = before
                self.post_init()
            """
    ) in textwrap.dedent(text.partition("width: int = 2\n")[2])


def test_del_keeps_annotated_assignments_before_5_16(workspace: Workspace) -> None:
    modular = """
    class NewOneMLP(LlamaMLP):
        def __init__(self, config):
            super().__init__(config)
            del self.b
    """
    assert "self.b" in merged(workspace, PARENT, modular, "5.8")
    assert "self.b" not in merged(workspace, PARENT, modular, "5.23")


def test_attributes_are_replaced_in_place_and_removed(workspace: Workspace) -> None:
    text = merged(
        workspace,
        PARENT,
        """
        class NewOneMLP(LlamaMLP):
            extra = 5
            size = 7
            width = AttributeError()
        """,
    )
    assert "    size = 7\n    extra = 5\n" in text
    assert "width" not in text


@pytest.mark.parametrize(
    ("definition", "deleted"),
    [
        ("\n    def forward(self):\n        raise AttributeError()\n", True),
        ("\n    def forward(self) -> int:  # why\n        raise NotImplementedError('x')\n", True),
        ("\n\n    def forward(self):\n        raise AttributeError()\n", False),
        ("\n    @torch.no_grad()\n    def forward(self):\n        raise AttributeError()\n", False),
        ("\n    # why\n    def forward(self):\n        raise AttributeError()\n", False),
        ('\n    def forward(self):\n        """No."""\n        raise AttributeError()\n', False),
    ],
)
def test_deletion_is_a_matter_of_layout(
    workspace: Workspace, definition: str, deleted: bool
) -> None:
    modular = f"class NewOneMLP(LlamaMLP):\n    size = 1\n{definition}"
    assert ("def forward" not in merged(workspace, PARENT, modular)) is deleted


def test_override_keeps_docstring_and_returns_of_the_parent(workspace: Workspace) -> None:
    text = merged(
        workspace,
        PARENT,
        """
        class NewOneMLP(LlamaMLP):
            def forward(self, y):
                return y
        """,
    )
    assert (
        '    def forward(self, y) -> int:\n        """Goes forward."""\n        return y\n' in text
    )


def test_super_kwargs_takes_the_parents_parameters(workspace: Workspace) -> None:
    text = merged(
        workspace,
        PARENT,
        """
        class NewOneMLP(LlamaMLP):
            def forward(self, x: int, extra=None, **super_kwargs):
                return super().forward(x, **super_kwargs)
        """,
    )
    assert "def forward(self, x: int, scale=1.0, extra=None, **kwargs) -> int:" in text
    assert "return self.a + x" in text


def test_decorators(workspace: Workspace) -> None:
    parent = "@mark\nclass LlamaMLP:\n    @old\n    def go(self):\n        return 1\n"
    inherit = "class NewOneMLP(LlamaMLP):\n    def go(self):\n        return 2\n"
    assert "@mark\nclass" in merged(workspace, parent, inherit)
    assert "@old\n    def go" in merged(workspace, parent, inherit)
    drop = (
        "@no_inherit_decorator\nclass NewOneMLP(LlamaMLP):\n"
        "    @no_inherit_decorator\n    def go(self):\n        return 2\n"
    )
    assert "@" not in merged(workspace, parent, drop)
    assert "@no_inherit_decorator" in merged(workspace, parent, drop, "5.8")


def test_explicit_base_call_becomes_super(workspace: Workspace) -> None:
    text = merged(
        workspace,
        PARENT,
        """
        class NewOneMLP(LlamaMLP):
            def __init__(self, config):
                nn.Module.__init__(self)
                self.z = 1

            def forward(self, x):
                if x:
                    return nn.Module.forward(self, x, k=1)
                return x
        """,
    )
    assert "        super().__init__()\n        self.z = 1\n" in text
    assert "return super().forward(x, k=1)" in text


def test_comments_of_strings_follow_the_class_name(workspace: Workspace) -> None:
    workspace.parent(
        "class LlamaMLP:\n    '''x'''\n\n    a = 'LlamaMLP'\n\n\nclass LlamaHead:\n    pass\n"
    )
    text = workspace.outputs(
        IMPORT.format("LlamaMLP, LlamaHead")
        + "class NewOneHead(LlamaHead):\n    pass\n\n\n"
        + "class NewOneBlock(LlamaHead):\n    pass\n\n\n"
        + "class NewOneTextMLP(LlamaMLP):\n    pass\n"
    )["modeling"]
    assert 'a = "NewOneTextMLP"' in text


def test_base_is_switched_by_suffix(workspace: Workspace) -> None:
    parent = "class LlamaMLP(PreTrainedModel, nn.Module):\n    x = 1\n"
    switched = merged(
        workspace, parent, "class NewOneMLP(LlamaMLP, PreTrainedVisionModel):\n    pass\n"
    )
    assert "class NewOneMLP(PreTrainedVisionModel, nn.Module):" in switched
    added = merged(workspace, parent, "class NewOneMLP(LlamaMLP, Mixin):\n    pass\n")
    assert "class NewOneMLP(PreTrainedModel, nn.Module, Mixin):" in added


def test_base_that_is_the_suffix_of_the_other(workspace: Workspace) -> None:
    parent = "class LlamaMLP(Mixin):\n    x = 1\n"
    modular = "class NewOneMLP(LlamaMLP, OmniMixin):\n    pass\n"
    assert "class NewOneMLP(OmniMixin):" in merged(workspace, parent, modular)
    assert "class NewOneMLP(Mixin, OmniMixin):" in merged(workspace, parent, modular, "5.8")


def test_attribute_hides_method(workspace: Workspace) -> None:
    modular = "class NewOneMLP(LlamaMLP):\n    kept = 3\n"
    assert "def kept" not in merged(workspace, PARENT, modular)
    assert "def kept" in merged(workspace, PARENT, modular, "5.8")


@pytest.mark.parametrize(
    ("modular", "code", "line"),
    [
        ("class NewOneMLP(LlamaMLP):\n    no = AttributeError()\n", "no-such-attribute", 5),
        (
            "class NewOneMLP(LlamaMLP):\n    def no(self):\n        super().no()\n",
            "no-such-method",
            6,
        ),
        (
            "class NewOneMLP(LlamaMLP):\n    def a(self): ...\n    def a(self): ...\n",
            "duplicate-method",
            6,
        ),
        ("class NewOneMLP(LlamaMLP, make()):\n    pass\n", "base-not-a-name", 4),
    ],
)
def test_errors_are_located(workspace: Workspace, modular: str, code: str, line: int) -> None:
    with pytest.raises(ConversionError) as caught:
        merged(workspace, PARENT, modular)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.line) == (code, line)
    assert finding.hint and finding.source_line


def test_every_extra_base_is_kept(workspace: Workspace) -> None:
    parent = "from torch import nn\n\n\nclass LlamaMLP(nn.Module):\n    x = 1\n"
    modular = """
        class AMixin:
            pass


        class BMixin:
            pass


        class NewOneMLP(LlamaMLP, AMixin, BMixin):
            pass
        """
    assert "class NewOneMLP(nn.Module, AMixin, BMixin):" in merged(workspace, parent, modular)


def test_a_base_named_first_keeps_its_comma(workspace: Workspace) -> None:
    parent = "from torch import nn\n\n\nclass LlamaMLP(nn.Module):\n    x = 1\n"
    modular = "class NewOneMLP(AMixin, LlamaMLP):\n    pass\n"
    assert "class NewOneMLP(\n    nn.Module,\n    AMixin,\n):" in merged(
        workspace, parent, "class AMixin:\n    pass\n\n\n" + modular
    )


def test_deprecations_alone_keep_the_parents_other_decorators(workspace: Workspace) -> None:
    parent = """
        class LlamaMLP(nn.Module):
            @auto_docstring(
                checkpoint="llama"
            )
            @deprecate_kwarg("old", "5.30.0")
            # Why
            @can_return_tuple
            def forward(self, x):
                return x
        """
    override = (
        "class NewOneMLP(LlamaMLP):\n    {}\n    def forward(self, x):\n        return x + 1\n"
    )
    deprecation = '@deprecate_kwarg("past", "5.40.0", new_name="cache")'

    def decorators(profile: str, above: str) -> list[str]:
        text = merged(workspace, parent, override.format(above), profile)
        return [line.strip() for line in text.split("\n") if line.strip().startswith(("@", "# "))]

    kept = ['@auto_docstring(checkpoint="new_one")', "# Why", "@can_return_tuple", deprecation]
    assert decorators("5.24", deprecation) == kept
    assert decorators("5.23", deprecation) == [deprecation]
    assert decorators("5.24", f"{deprecation}\n    @torch.no_grad()") == [
        deprecation, "@torch.no_grad()"
    ]  # fmt: skip
    assert decorators("5.24", "@no_inherit_decorator") == []


def test_extra_bases_are_dropped_before_5_1(workspace: Workspace) -> None:
    parent = "from torch import nn\n\n\nclass LlamaMLP(nn.Module):\n    x = 1\n"
    modular = "class AMixin:\n    pass\n\n\nclass NewOneMLP(LlamaMLP, AMixin):\n    pass\n"
    assert "class NewOneMLP(nn.Module):" in merged(workspace, parent, modular, "5.0")
    assert "class NewOneMLP(nn.Module, AMixin):" in merged(workspace, parent, modular, "5.4")


def test_the_call_of_init_comes_first_in_4_57(workspace: Workspace) -> None:
    parent = """
        class LlamaMLP(nn.Module):
            def __init__(self, size):
                self.size = size
                super().__init__()
        """
    modular = """
        class NewOneMLP(LlamaMLP):
            def __init__(self, size):
                super().__init__(size)
                self.extra = 1
        """
    older, newer = (merged(workspace, parent, modular, name) for name in ("4.57", "5.0"))
    assert older.index("super().__init__()") < older.index("self.size")
    assert newer.index("super().__init__()") > newer.index("self.size")


def test_calls_of_a_base_are_rewritten_where_super_works(workspace: Workspace) -> None:
    text = merged(
        workspace,
        PARENT,
        """
        class NewOneMLP(LlamaMLP):
            def reset(self):
                nn.Module.reset(
                    self,
                )
                nn.Module.reset(self, )
                self.late = lambda: nn.Module.reset(self)
                return [nn.Module.reset(self) for _ in range(2)]
        """,
    )
    body = text[text.index("    def reset") :]
    assert body.count("super().reset()") == 2
    assert body.count("nn.Module.reset(self)") == 2


@pytest.mark.parametrize(
    ("profile", "own", "inherited"),
    [("4.55", "super()", "nn.Module"), ("4.57", "Tools()", "super()")],
)
def test_up_to_4_55_own_bases_become_super(
    workspace: Workspace, profile: str, own: str, inherited: str
) -> None:
    text = merged(
        workspace,
        PARENT,
        """
        class NewOneMLP(LlamaMLP, Tools):
            def reset(self, x):
                nn.Module.reset(x)
                return Tools().reset(x)
        """,
        profile,
    )
    assert f"        {inherited}.reset(x)\n" in text
    assert f"return {own}.reset(x)" in text


def test_up_to_4_55_deletions_are_dropped(workspace: Workspace) -> None:
    modular = """
        class NewOneMLP(LlamaMLP):
            def forward(self, x):
                y = x
                del x
                return y
        """
    assert "del x" not in merged(workspace, PARENT, modular, "4.55")
    assert "del x" in merged(workspace, PARENT, modular, "4.56")


def test_up_to_4_49_an_override_returns_what_the_parent_says(workspace: Workspace) -> None:
    modular = """
        class NewOneMLP(LlamaMLP):
            def forward(self, x) -> float:
                return x
        """
    assert "def forward(self, x) -> int:" in merged(workspace, PARENT, modular, "4.49")
    assert "def forward(self, x) -> float:" in merged(workspace, PARENT, modular, "4.51")


def test_up_to_4_53_docstrings_are_joined(workspace: Workspace) -> None:
    modular = '''
        class NewOneMLP(LlamaMLP):
            """Of another kind."""
        '''
    joined = '    """A NewOne MLP.\n    Of another kind."""\n'
    assert joined not in merged(workspace, PARENT, modular, "4.55")
    assert joined in merged(workspace, PARENT, modular, "4.53").replace("\nOf", "\n    Of")


def test_a_base_named_through_its_module_stays_up_to_4_53(workspace: Workspace) -> None:
    modular = """
        import transformers.models.llama.modeling_llama as modeling_llama


        class NewOneCache(modeling_llama.LlamaMLP):
            pass
        """
    text = merged(workspace, PARENT, modular, "4.53")
    assert "class NewOneCache(modeling_llama.LlamaMLP):" in text
    with pytest.raises(ConversionError, match="through its module"):
        merged(workspace, PARENT, modular, "4.55")
