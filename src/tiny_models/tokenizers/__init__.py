"""Tokenizers made from scratch, or by shrinking existing ones.

Importing this package imports none of the heavy libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiny_models.tokenizers.options import FAMILIES, TokenizerOptions
from tiny_models.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tiny_models.tokenizers.own import OwnText

__all__ = ["FAMILIES", "TokenizerOptions", "build"]


def build(
    model_type: str,
    options: TokenizerOptions | Mapping[str, Any],
    directory: Path,
    config_class: type | None = None,
    own: OwnText | None = None,
) -> Vocabulary | None:
    """Writes the tokenizer of a model type into a directory; None if the type has no texts.

    ``config_class`` is needed for a type that the library does not know, and ``own`` describes a
    model of a repository that has texts. Raises ToolError.
    """
    from tiny_models.tokenizers.recipes import has_tokenizer, recipe_for
    from tiny_models.tokenizers.write import write

    if not isinstance(options, TokenizerOptions):
        options = TokenizerOptions.parse(options)
    if own is None and not has_tokenizer(model_type, config_class):
        return None
    recipe = recipe_for(model_type, options, config_class, own)
    if options.from_checkpoint is None:
        return write(recipe, directory)
    from tiny_models.tokenizers.from_checkpoint import write_shrunk

    template = None if options.chat_template is None else recipe.chat_template or False
    return write_shrunk(recipe, options.from_checkpoint, directory, template)
