"""A small library of modular models, which several tests give to a workspace."""

# `twig` inherits from files written by hand, `leaf` from what is generated for `twig`.
LIBRARY = {
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
    "lib/twig/modular_twig.py": """\
        from ..base.configuration_base import BaseConfig
        from ..base.modeling_base import BaseScale


        class TwigConfig(BaseConfig):
            pass


        class TwigScale(BaseScale):
            pass


        __all__ = ["TwigConfig", "TwigScale"]
        """,
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
