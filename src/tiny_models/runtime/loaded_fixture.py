"""A fixture as tests use it."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import Any

from tiny_models.fixture.locate import LocatedFixture
from tiny_models.runtime.left_out import LeftOutPart, message


class LoadedFixture:
    """A tiny fixture as tests use it. Parts are loaded when they are first asked for."""

    def __init__(self, located: LocatedFixture, module: str | None) -> None:
        self.repo_id = located.repo_id
        self.architecture = located.architecture
        self.path = located.directory
        self._located = located
        self._module = module

    @cached_property
    def model_class(self) -> Any:
        """The class of the model."""
        return getattr(import_module(self._module or "transformers"), self.architecture)

    @cached_property
    def config(self) -> Any:
        """The config of the model."""
        return self.model_class.config_class.from_pretrained(self.path)

    @property
    def model(self) -> Any:
        """The model in evaluation mode, loaded again each time: tests may change it."""
        return self.model_class.from_pretrained(self.path, use_safetensors=True).eval()

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer. Raises LeftOutPart if the fixture was built without."""
        if "tokenizer" in self._located.left_out:
            raise LeftOutPart(message(self._located))
        return self._auto_class("AutoTokenizer").from_pretrained(self.path, trust_remote_code=False)

    @cached_property
    def processor(self) -> Any:
        """The processor, or where the model has no other, its image processor or tokenizer.

        Raises LeftOutPart if the fixture was built without any of its processors.
        """
        if self._located.left_out:
            raise LeftOutPart(message(self._located))
        return self._auto_class("AutoProcessor").from_pretrained(self.path, trust_remote_code=False)

    def _auto_class(self, name: str) -> Any:
        """An Auto class that knows the classes beside the model's module."""
        if self._module is not None:
            from tiny_models.repository.auto_registration import register_model

            register_model(self.model_class.__module__, self.config)
        return getattr(import_module("transformers"), name)
