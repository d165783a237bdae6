"""From a request to the single fixtures that it asks for, every mistake found before a build."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tiny_models.core.errors import MissingPackage
from tiny_models.request.request import FixtureRequest, Source
from tiny_models.request.source_import import import_source
from tiny_models.transformers_api import catalogue
from tiny_models.transformers_api.packages import named_packages
from toolkit.errors import InputError
from toolkit.input_file import LARGEST_TEXT, read_bytes

# Raised when the same request gives other bytes than before.
FORMAT = 6
_WRITERS = {"gguf": ("gguf",), "gguf-q8": ("gguf",), "onnx": ("torch", "onnx", "onnxscript")}


@dataclass(frozen=True)
class Plan:
    """One fixture: a model class, its config class, and where it goes below the output."""

    request: FixtureRequest
    architecture: str
    model_type: str
    path: str
    repo_id: str | None
    model_class: Any
    config_class: Any
    digest: str

    @property
    def title(self) -> str:
        """How messages call the fixture."""
        return f"{self.request.address} ({self.architecture})"


def plan(request: FixtureRequest) -> tuple[Plan, ...]:
    """The fixtures of one entry. Raises InputError or MissingPackage, naming its address."""
    try:
        if request.source is not None:
            return tuple(_from_source(request, request.source))
        return tuple(_installed(request))
    except (InputError, MissingPackage) as problem:
        raise problem.at(request.address) from None


def _installed(request: FixtureRequest) -> Iterable[Plan]:
    model_type = request.model_type or ""
    names = request.architectures or catalogue.classes_of(model_type)
    if not names:
        raise InputError(
            f"`{model_type}` has a config but no model class in the auto mappings",
            hint="name a model type that has one",
        )
    for name in names:
        catalogue.require_architecture(name, model_type)
    for name in names:
        with named_packages(name):
            model_class = catalogue.model_class(name, model_type)
        yield _plan(request, name, model_class, catalogue.config_of(name, model_type), "")


def _from_source(request: FixtureRequest, source: Source) -> Iterable[Plan]:
    module = import_source(source)
    model_classes = _model_classes(module)
    if not model_classes:
        raise InputError(
            f"{source.module} exports no model class",
            hint="a model class extends PreTrainedModel and is named in `__all__`",
        )
    for name in request.architectures:
        if name not in model_classes:
            raise InputError(
                f"{source.module} has no model class `{name}`",
                hint=catalogue.near(name, model_classes),
            )
    digest = _source_digest(module)
    for name in request.architectures or sorted(model_classes):
        model_class = model_classes[name]
        config_class = model_class.config_class
        if config_class is None:
            raise InputError(
                f"`{name}` has no config class",
                hint="annotate `config` in its base class, or set `config_class`",
            )
        yield _plan(request, name, model_class, config_class, digest)


def _model_classes(module: Any) -> dict[str, Any]:
    from transformers import PreTrainedModel

    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
    ]
    return {
        name: value
        for name in names
        if isinstance(value := getattr(module, name, None), type)
        and issubclass(value, PreTrainedModel)
        and "forward" in vars(value)
    }


def _source_digest(module: Any) -> str:
    """Of every Python file beside the module: what the classes may be made of."""
    folder = os.path.dirname(module.__file__)
    hasher = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            content = read_bytes(os.path.join(folder, name), most=LARGEST_TEXT)
            hasher.update(name.encode() + b"\0" + content + b"\0")
    return hasher.hexdigest()


def _plan(
    request: FixtureRequest, name: str, model_class: Any, config_class: Any, source_digest: str
) -> Plan:
    alone = len(request.architectures) == 1
    repo_id = request.repo_id
    if repo_id is not None and not alone:
        repo_id = f"{repo_id}-{name}"
    return Plan(
        request=request,
        architecture=name,
        model_type=config_class.model_type,
        path=request.path if alone else f"{request.path}/{name}",
        repo_id=repo_id,
        model_class=model_class,
        config_class=config_class,
        digest=_digest(request, name, source_digest),
    )


def _digest(request: FixtureRequest, architecture: str, source_digest: str) -> str:
    values = asdict(request)
    # Neither changes what is written.
    del values["path"], values["checks"]
    values["source"] = source_digest
    values["from_checkpoint"] = _directory_digest(request.from_checkpoint)
    values["formats"] = {name: _versions(name) for name in sorted(request.formats)}
    values["chat_template_version"] = _version_of_template(request.chat_template)
    values.update(architecture=architecture, format=FORMAT, transformers=catalogue.version())
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _version_of_template(chat_template: str | None) -> str | None:
    """The version of the package that a template is taken from, if it is."""
    if chat_template is None or not chat_template.startswith("from:"):
        return None
    return _version(chat_template.removeprefix("from:").partition("/")[0])


def _versions(format_name: str) -> list[str | None]:
    """The versions of the packages that write a format."""
    return [_version(package) for package in _WRITERS.get(format_name, ())]


def _version(package: str) -> str | None:
    """Of an installed package; None if it is not, of which the build speaks."""
    try:
        return version(package)
    except (PackageNotFoundError, ValueError):
        return None


def _directory_digest(directory: str | None) -> str | None:
    if directory is None:
        return None
    if not os.path.isdir(directory):
        raise InputError(f"there is no directory {directory}", hint="`from_checkpoint` names it")
    from tiny_models.request.manifest import digest_file, files_below

    hasher = hashlib.sha256()
    for name in files_below(directory):
        hasher.update(f"{name}\0{digest_file(os.path.join(directory, name)).sha256}\0".encode())
    return hasher.hexdigest()
