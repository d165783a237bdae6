"""Targets, goals and options, from what `./pants help-all` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docs.generator.markdown import code, page, prose, table

_BACKENDS = "rules_transformers."
# In this repository a backend of its own, which comes first, uses the converter's options too.
_SHARED_SCOPE = "modular-converter"

# Pants describes these, the same for all targets; its texts are known by how they begin.
_USUAL_FIELDS = {
    "dependencies": "Addresses to other targets",
    "description": "A human-readable description",
    "output_path": "Where the built asset",
    "resolve": "The resolve from `[python].resolves`",
    "tags": "Arbitrary strings to describe a target",
}
_USUAL_OPTIONS = {
    "install_from_resolve": "Install the tool from this resolve of the repository.",
    "requirements": "With `install_from_resolve`: only these requirements of it.",
    "interpreter_constraints": "Interpreters that the tool may run on.",
}


def targets_page(help_all: dict[str, Any]) -> str:
    """The target types of the backends with their fields."""
    targets = [
        info
        for _, info in sorted(help_all["name_to_target_type_info"].items())
        if info["provider"].startswith(_BACKENDS)
    ]
    assert targets, "no target of the backends"
    return page(
        "Targets",
        "What `pants help TARGET` prints. A field without a default may be left out, unless it is "
        "*required*.",
        *(block for target in targets for block in _target(target)),
    )


def _target(target: dict[str, Any]) -> Iterator[str]:
    yield f"## `{target['alias']}`"
    yield f"Backend `{target['provider']}`"
    yield prose(target["description"])
    fields = [field for field in target["fields"] if not _is_usual(field)]
    usual = sorted(field["alias"] for field in target["fields"] if _is_usual(field))
    yield table(
        ("field", "type", "default", ""),
        (
            (
                code(field["alias"]),
                _type(field["type_hint"]),
                "*required*" if field["required"] else _default(field["default"]),
                prose(field["description"]),
            )
            for field in fields
        ),
    )
    yield f"And, as for other targets of Pants: {', '.join(map(code, usual))}."


def _is_usual(field: dict[str, Any]) -> bool:
    beginning = _USUAL_FIELDS.get(field["alias"])
    return beginning is not None and field["description"].startswith(beginning)


def _type(hint: str) -> str:
    """Empty for a field that takes what no type says; its description does."""
    return "" if hint == "Any" else code(hint.removesuffix(" | None"))


def _default(text: str | None) -> str:
    return "" if text is None else code(text)


def options_page(help_all: dict[str, Any]) -> str:
    """The goals and the options of the backends."""
    scopes = [
        info
        for name, info in sorted(help_all["scope_to_help_info"].items())
        if info["provider"].startswith(_BACKENDS) or name == _SHARED_SCOPE
    ]
    assert scopes, "no option of the backends"
    return page(
        "Goals and options",
        "What `pants help GOAL` and `pants help-advanced SCOPE` print. An option is a flag, an "
        "environment variable, or a line of `pants.toml` in the section of its scope: "
        "`--gpu-bench-strict`, `PANTS_GPU_BENCH_STRICT=true` and `strict = true` in `[gpu-bench]` "
        "say the same. Values follow an equals sign.",
        "## Goals",
        "These goals are the backends' own. The work of others (`test`, `lint`, `tailor`, "
        "`package`, `publish`, `run`, `repl`, `export-codegen`) is described in the guides. "
        "[Exit codes](exit-codes.md) are on a page of their own.",
        *(block for scope in scopes if scope["is_goal"] for block in _scope(scope)),
        "## Options of the backends",
        *(block for scope in scopes if not scope["is_goal"] for block in _scope(scope)),
    )


def _scope(scope: dict[str, Any]) -> Iterator[str]:
    name = scope["scope"]
    yield f"### `{name}`" if scope["is_goal"] else f"### `[{name}]`"
    yield prose(scope["description"])
    options = [*scope["basic"], *scope["advanced"]]
    if options:
        yield table(("option", "default", ""), (_option(option) for option in options))


def _option(option: dict[str, Any]) -> tuple[str, str, str]:
    help_text = _USUAL_OPTIONS.get(option["config_key"]) or prose(option["help"])
    if option["choices"]:
        help_text += f" One of {', '.join(map(code, option['choices']))}."
    flags = "<br>".join(code(flag) for flag in option["display_args"])
    return flags, _value(option["default"]), help_text


def _value(default: Any) -> str:
    if default is None or default == []:
        return ""
    return code(str(default).lower() if isinstance(default, bool) else default)
