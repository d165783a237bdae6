"""Libraries of models that the tests' machines have in common."""

from __future__ import annotations

MODULARS = {
    "lib/base/BUILD": "python_sources()\n",
    "lib/base/configuration_base.py": """\
        class BaseConfig:
            model_type = "base"

            def __init__(self, width=4):
                self.width = width
        """,
    "lib/base/modeling_base.py": """\
        from .configuration_base import BaseConfig


        class BaseScale:
            def __init__(self, config: BaseConfig):
                self.width = config.width

            def forward(self, x):
                return self.width * x
        """,
    "lib/twig/BUILD": 'modular_model(source="modular_twig.py")\n',
    "lib/twig/modular_twig.py": """\
        from ..base.configuration_base import BaseConfig
        from ..base.modeling_base import BaseScale


        class TwigConfig(BaseConfig):
            pass


        class TwigScale(BaseScale):
            pass


        __all__ = ["TwigConfig", "TwigScale"]
        """,
}

# Inherits from what is generated for `twig`.
LEAF = {
    "lib/leaf/BUILD": 'modular_model(source="modular_leaf.py")\n',
    "lib/leaf/modular_leaf.py": """\
        from ..twig.configuration_twig import TwigConfig
        from ..twig.modeling_twig import TwigScale


        class LeafConfig(TwigConfig):
            pass


        class LeafScale(TwigScale):
            pass


        __all__ = ["LeafConfig", "LeafScale"]
        """,
}

GENERATED = tuple(
    f"lib/{model}/{kind}_{model}.py"
    for model in ("leaf", "twig")
    for kind in ("configuration", "modeling")
)

OUTLINE = "Outline 2 modular models"
CONVERSIONS = ("Convert lib/twig/modular_twig.py", "Convert lib/leaf/modular_leaf.py")
