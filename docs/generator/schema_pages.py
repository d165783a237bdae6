"""The JSON files that tools read and write, from their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from docs.generator.markdown import code, page, table
from docs.generator.tools import NAMES, SOURCES

Schema = dict[str, Any]


def schemas_page() -> str:
    """Every schema of the tools."""
    schemas = [
        (path.relative_to(SOURCES).as_posix(), json.loads(path.read_text()))
        for tool in NAMES
        for path in sorted(SOURCES.glob(f"{tool}/schemas/*.json"))
    ]
    assert schemas, f"no schema below {SOURCES}"
    return page(
        "JSON files",
        "What the tools read and write as JSON. The schemas (JSON Schema 2020-12) lie in the "
        "tools' source, by the paths given here. `a.b` is a field of an object, `a[]` an entry of "
        "a list, and `a.*` the value for any key. Fields in bold are required.",
        *(block for path, schema in schemas for block in _schema(path, schema)),
    )


def _schema(path: str, schema: Schema) -> Iterator[str]:
    yield f"## {schema['title']}"
    yield code(path)
    if "description" in schema:
        yield schema["description"]
    yield table(("field", "type", "default", ""), _rows(schema, schema, "", ()))


def _rows(
    node: Schema, whole: Schema, prefix: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str, str, str]]:
    """A row for each field below a node; a definition within itself is not entered again."""
    required = node.get("required", ())
    fields = {f"{prefix}{name}": (name, field) for name, field in _fields(node).items()}
    for path, (name, field) in fields.items():
        resolved, entered = _resolved(field, whole, above)
        shown = f"**{code(path)}**" if name in required else code(path)
        default = code(json.dumps(field["default"])) if "default" in field else ""
        description = str(field.get("description") or resolved.get("description") or "")
        yield shown, _type(resolved, whole), default, description
        if entered is not None:
            yield from _below(resolved, whole, path, entered)


def _below(node: Schema, whole: Schema, path: str, above: tuple[str, ...]) -> Iterator[Any]:
    for branch in _branches(node):
        resolved, entered = _resolved(branch, whole, above)
        if entered is None:
            continue
        if _fields(resolved):
            yield from _rows(resolved, whole, f"{path}.", entered)
        elif isinstance(resolved.get("items"), dict):
            yield from _below(resolved["items"], whole, f"{path}[]", entered)


def _fields(node: Schema) -> dict[str, Schema]:
    fields = dict(node.get("properties", {}))
    if isinstance(node.get("additionalProperties"), dict):
        fields["*"] = node["additionalProperties"]
    return fields


def _branches(node: Schema) -> list[Schema]:
    choices = [c for key in ("oneOf", "anyOf", "allOf") for c in node.get(key, ())]
    return [node, *(choice for choice in choices if set(choice) != {"required"})]


def _resolved(
    node: Schema, whole: Schema, above: tuple[str, ...]
) -> tuple[Schema, tuple[str, ...] | None]:
    """What a reference stands for, and the references entered; None for one within itself."""
    name = node.get("$ref")
    if name is None:
        return node, above
    target: Any = whole
    for part in name.removeprefix("#/").split("/"):
        target = target[part]
    return target, None if name in above else (*above, name)


def _type(node: Schema, whole: Schema) -> str:
    if "const" in node:
        return code(json.dumps(node["const"]))
    if "enum" in node:
        return ", ".join(code(json.dumps(value)) for value in node["enum"])
    if "type" in node:
        types = node["type"] if isinstance(node["type"], list) else [node["type"]]
        return " or ".join(types)
    choices = [_type(_resolved(choice, whole, ())[0], whole) for choice in _branches(node)[1:]]
    return " or ".join(dict.fromkeys(filter(None, choices)))
