"""Model classes of a repository, made known to the Auto classes of any program.

A program that loads a fixture by its name need not import the package that registers its classes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from tiny_models.runtime import startup

VARIABLE = "RULES_TRANSFORMERS_MODEL_CLASSES"
_AUTO = "transformers.models.auto"
# Every module with an Auto class imports it.
_NEEDED = f"{_AUTO}.configuration_auto"
_SEPARATOR = ":"


def environment_for(classes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Variables with which Python programs register model classes, given by module and name.

    None if there are no classes.
    """
    names = " ".join(f"{module}{_SEPARATOR}{name}" for module, name in classes)
    if not names:
        return {}
    paths = [*startup.__path__, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {VARIABLE: names, "PYTHONPATH": os.pathsep.join(paths)}


def register_when_needed() -> None:
    """Registers what the environment names, as soon as an Auto class has been imported.

    Importing a model takes seconds, for which a program that needs none should not wait.
    """
    classes = [
        (module, name)
        for module, _, name in (
            entry.partition(_SEPARATOR) for entry in os.environ.get(VARIABLE, "").split()
        )
    ]
    if classes:
        sys.meta_path.insert(0, _AutoClassesWatch(classes))


class _AutoClassesWatch(MetaPathFinder):
    """Registers classes when the outermost import of an Auto class, or of their module, ends.

    Earlier, the modules that have to know each other would be half imported.
    """

    def __init__(self, classes: Sequence[tuple[str, str]]) -> None:
        self._classes = classes
        self._modules = {module for module, _ in classes}
        self._depth = 0

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec as it is without this finder, with another end of the import."""
        if not (fullname.startswith(f"{_AUTO}.") or fullname in self._modules):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            loader.exec_module = self._counted(loader.exec_module)
        return spec

    def _counted(self, execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
        def execute_and_register(module: ModuleType) -> None:
            self._depth += 1
            try:
                execute(module)
            finally:
                self._depth -= 1
            if self._depth == 0 and self in sys.meta_path and _NEEDED in sys.modules:
                sys.meta_path.remove(self)
                for name, class_name in self._classes:
                    _register_or_warn(name, class_name)

        return execute_and_register


def _register_or_warn(module: str, name: str) -> None:
    try:
        register(getattr(import_module(module), name))
    except Exception as problem:  # noqa: BLE001 - a module may raise anything
        # Whatever a module of the repository raises; the program may not need it.
        text = f"{type(problem).__name__}: {problem}"
        print(f"{module}: warning: {name} is not registered: {text}", file=sys.stderr)


def register(model_class: Any) -> None:
    """Registers a model class, its config and what lies beside them; what is known stays."""
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    from tiny_models.repository.auto_registration import register_model

    config_class = model_class.config_class
    if config_class.model_type not in CONFIG_MAPPING:
        transformers.AutoConfig.register(config_class.model_type, config_class)
    for auto_class in _auto_classes(model_class):
        if config_class not in auto_class._model_mapping:
            auto_class.register(config_class, model_class)
    register_model(model_class.__module__, config_class())


def _auto_classes(model_class: Any) -> list[Any]:
    """The Auto classes that are named for a head, as those of the library are.

    A class for conditional generation is that of its inputs.
    """
    import transformers

    config = model_class.config_class()
    name = model_class.__name__
    if name.endswith("ForConditionalGeneration"):
        heads = ["ForImageTextToText"] if "vision_config" in vars(config) else []
        heads += ["ForSeq2SeqLM"] if getattr(config, "is_encoder_decoder", False) else []
    else:
        heads = [name[name.index("For") :]] if "For" in name else [""]
    candidates = (getattr(transformers, f"AutoModel{head}", None) for head in heads)
    return [auto_class for auto_class in candidates if auto_class is not None]
