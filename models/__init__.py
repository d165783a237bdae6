"""
Models written as modular files, with the standalone files generated from them.

Importing a model's package registers it with the auto classes of transformers.
"""

from transformers.utils.auto_docstring import HARDCODED_CONFIG_FOR_MODELS

# What `auto_docstring` calls the configuration of a model that transformers itself does not have
HARDCODED_CONFIG_FOR_MODELS.update(
    bazaar="BazaarConfig",
    ember="EmberConfig",
    fresco="FrescoConfig",
    palette="PaletteConfig",
    quill="QuillConfig",
    warble="WarbleConfig",
)
