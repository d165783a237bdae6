"""Whether every name in the outputs resolves: undefined names, wrong order, imports of siblings."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import replace

from modular_converter.conventions.file_types import type_of_module
from modular_converter.diagnostics.record import Diagnostic
from modular_converter.library.imports import ImportNode, ImportStatement
from modular_converter.lint.facts import ConversionFacts, Output
from modular_converter.lint.import_time import names_at_import
from modular_converter.lint.unbound_locals import unbound_locals
from modular_converter.merge.nodes import Node, Origin
from modular_converter.syntax.annotations import names_in_quoted_annotations
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.statements import FUNCTIONS, parsed_statements
from modular_converter.syntax.tokens import (
    code_only,
    quoted_names,
    references,
    references_in,
    refers_to,
)
from toolkit.suggestions import did_you_mean

# What every module and class body has beside the builtins.
_KNOWN = frozenset(dir(builtins)) | {
    "__file__",
    "__path__",
    "__class__",
    "__module__",
    "__qualname__",
    "__annotations__",
}


# Ruff does not report undefined names on lines with such a comment.
_HIDING = re.compile(r"#[^\n]*\bnoqa\b(?:(?!\s*:\s*[a-z]+[0-9])|[^\n]*\bf8)", re.IGNORECASE)


def resolution_warnings(
    facts: ConversionFacts, *, looks_up_names: bool = True
) -> Iterator[Diagnostic]:
    """Findings about names in the outputs that resolve nowhere, or too early.

    :param looks_up_names: whether names are looked up in every output, and not only in those whose
        undefined names ruff does not report. It reads the whole output again, which is only worth
        its time where ruff has found some.
    """
    for output in facts.outputs:
        if looks_up_names or _HIDING.search(output.text):
            yield from _undefined(facts, output)
            yield from _too_early(facts, output)
        yield from _sibling_imports(facts, output)
        yield from _library_imports(facts, output)
        yield from _inner_imports(facts, output)
        yield from _exports(facts, output)
    yield from _circles(facts)
    yield from _shadowed_imports(facts)


def bound_names(imports: Sequence[ImportNode]) -> set[str]:
    """The names that imports bind."""
    statements: list[ImportStatement] = []
    for node in imports:
        statements += [node] if isinstance(node, ImportStatement) else node.statements
    return {
        alias.bound if statement.is_from or alias.alias else alias.bound.partition(".")[0]
        for statement in statements
        for alias in statement.names
    }


def _undefined(facts: ConversionFacts, output: Output) -> Iterator[Diagnostic]:
    text = output.text
    try:
        module = symtable.symtable(text, output.name, "exec")
    except (SyntaxError, ValueError, RecursionError):
        return  # The formatter reports it.
    defined = {
        symbol.get_name()
        for symbol in module.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }
    # An `else` part or a condition of imports may bind and use what only it knows.
    missing: dict[str, symtable.SymbolTable] = {}
    for table in _tables(module):
        for symbol in table.get_symbols():
            name = symbol.get_name()
            is_looked_up = symbol.is_referenced() and (symbol.is_global() or table is module)
            if is_looked_up and name not in defined and name not in _KNOWN:
                missing.setdefault(name, table)
    for name, table in missing.items():
        yield _undefined_name(facts, output, name, table, defined)
    yield from _unbound(facts, output)
    for node, name in _quoted(output, defined):
        yield _finding(
            facts,
            "undefined-name",
            f"`{name}`, in a quoted annotation of `{node.name}`, is not defined in {output.name}",
            node,
            None,
            "define or import it in the modular file, or correct the annotation",
        )
    for node, name in _unbound_in_classes(output, module, defined):
        yield _finding(
            facts,
            "used-before-definition",
            f"the body of `{node.name}` uses `{name}` before it defines it: attributes are written "
            "above methods",
            node,
            None,
            f"define `{name}` outside the class",
        )


def _unbound(facts: ConversionFacts, output: Output) -> Iterator[Diagnostic]:
    """Variables that functions read before they assign them."""
    for function, read in unbound_locals(ast.Module(parsed_statements(output.text), [])):
        node, origin = output.at(read.lineno)
        yield _finding(
            facts,
            "undefined-name",
            f"`{read.id}` in `{function.name}` is read before it is assigned in {output.name}",
            node,
            origin,
            f"give the override a parameter or variable `{read.id}`, or write the inherited body "
            "out",
        )


def _quoted(output: Output, defined: set[str]) -> Iterator[tuple[Node, str]]:
    """The names in quoted annotations that are not defined."""
    known = defined | _KNOWN
    for node in output.nodes:
        if node.kind == "export" or known.issuperset(map(_head, quoted_names(node.text))):
            continue
        for name in sorted(set(map(_head, names_in_quoted_annotations(node.text))) - known):
            yield node, name


def _head(dotted: str) -> str:
    return dotted.partition(".")[0]


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _undefined_name(
    facts: ConversionFacts,
    output: Output,
    name: str,
    table: symtable.SymbolTable,
    defined: set[str],
) -> Diagnostic:
    line = _line_of(output.text, name, table.get_lineno() if table.get_type() != "module" else 1)
    node, origin = output.at(line)
    where = f" in `{table.get_name()}`" if table.get_type() != "module" else ""
    hint = did_you_mean(name, defined) if node is None else ""
    if not hint.startswith("did you mean"):
        hint = (
            f"give the override a parameter or variable `{name}`, or write the inherited body out"
            if origin is not None and origin.renames and table.get_type() == "function"
            else "define or import it in the modular file"
        )
    return _finding(
        facts,
        "undefined-name",
        f"`{name}`{where} is not defined in {output.name}",
        node,
        origin,
        hint,
    )


def _line_of(text: str, name: str, first: int) -> int:
    """The first line from ``first`` on that uses a name."""
    for number, line in enumerate(text.split("\n")[first - 1 :], first):
        if name in line and any(word.partition(".")[0] == name for word in references(line)):
            return number
    return first


def _finding(
    facts: ConversionFacts,
    code: str,
    message: str,
    node: Node | None,
    origin: Origin | None,
    hint: str,
) -> Diagnostic:
    """A finding at the modular's line that an output's line stems from, or at its class."""
    source = facts.index.source
    if origin is not None and origin.path == source.label:
        line = max(1, origin.line - source.first_line)
        return Diagnostic(
            code, "warning", source.label, origin.line, 0, message, hint, source.line_text(line)
        )
    if origin is not None:
        message += f" ({origin.path}:{origin.line})"
    item = facts.index.classes.get(node.name) if node is not None else None
    place = item.statement.node if item is not None else None
    return source.diagnostic(code, message, place, hint=hint, severity="warning")


def _too_early(facts: ConversionFacts, output: Output) -> Iterator[Diagnostic]:
    """Names that a definition needs when the module is imported, and that come below it."""
    for node, name in early_uses(output.nodes, annotations=not _defers_annotations(output)):
        item = facts.index.classes.get(node.name)
        if name == node.name:
            message = f"`{name}` needs itself when {output.name} is imported"
            hint = "refer to it in a method, or after its definition"
        else:
            message = (
                f"`{node.name}` needs `{name}` when {output.name} is imported, but comes before it"
            )
            hint = f"define `{name}` above `{node.name}` in the modular file"
        yield facts.index.source.diagnostic(
            "used-before-definition",
            message,
            item.statement.node if item is not None else None,
            hint=hint,
            severity="warning",
        )


def _defers_annotations(output: Output) -> bool:
    return any(
        statement.module == "__future__" and any(a.name == "annotations" for a in statement.names)
        for statement in _statements(output.imports)
    )


def early_uses(nodes: Sequence[Node], *, annotations: bool = True) -> list[tuple[Node, str]]:
    """The nodes that need a name at import which they or a later one define, with that name.

    :param annotations: whether annotations are evaluated.
    """
    later = {node.name: position for position, node in enumerate(nodes) if node.kind != "export"}
    uses = []
    for position, node in enumerate(nodes):
        if node.kind == "export":
            continue
        names = {word.partition(".")[0] for word in references_in(node.code)}
        # Few nodes name later ones or, but for their headers, themselves: only those are parsed.
        suspects = [
            name
            for name in sorted(names)
            if later.get(name, -1) > position or (name == node.name and node.text.count(name) > 1)
        ]
        if suspects:
            needed = names_at_import(node.text, annotations=annotations)
            uses += [(node, name) for name in suspects if name in needed]
    return uses


def _unbound_in_classes(
    output: Output, module: symtable.SymbolTable, defined: set[str]
) -> Iterator[tuple[Node, str]]:
    """Names that a class body looks up before it binds them, and that nothing else binds."""
    suspects: dict[str, set[str]] = {}
    for table in _tables(module):
        if table.get_type() == "class":
            suspects.setdefault(table.get_name(), set()).update(
                symbol.get_name()
                for symbol in table.get_symbols()
                if symbol.is_local() and symbol.is_referenced()
            )
    for node in output.nodes:
        if names := suspects.get(node.name, set()) - defined - _KNOWN:
            for name in sorted(names & names_at_import(node.text)):
                yield node, name


def _sibling_imports(facts: ConversionFacts, output: Output) -> Iterator[Diagnostic]:
    """Imports from the model's own files that these do not define."""
    for statement in _statements(output.imports):
        module = statement.module or ""
        if statement.level != 1 or "." in module:
            continue
        if type_of_module(module) is None:
            continue
        names = facts.own_module(module)
        for alias in statement.names:
            if names is not None and (alias.name in names or "*" in names):
                continue
            problem = "does not exist" if names is None else f"does not define `{alias.name}`"
            near = did_you_mean(alias.name, names) if names else ""
            item = next(
                (facts.index.classes[node.name] for node in output.nodes
                 if node.name in facts.index.classes and alias.bound in references(node.text)),
                None,
            )  # fmt: skip
            yield facts.index.source.diagnostic(
                "missing-import",
                f"{output.name} imports `{alias.name}` from `.{module}`, which {problem}",
                item.statement.node if item is not None else None,
                hint=near
                if near.startswith("did you mean")
                else f"define `{alias.name}` in the modular file, or override what uses it",
                severity="warning",
            )


def _library_imports(facts: ConversionFacts, output: Output) -> Iterator[Diagnostic]:
    """Imports from modules of the library around the model that cannot supply them.

    Imports under a condition are left alone: it may be about just that.
    """
    package, source = facts.package, facts.index.source
    for statement in output.imports:
        if not isinstance(statement, ImportStatement):
            continue
        if not statement.is_from:
            yield from _missing_modules(facts, output, statement)
            continue
        module = statement.module or ""
        if statement.level == 1 or not (statement.level or facts.is_of_library(module)):
            continue
        is_missing = facts.library.is_missing(package, statement.level, module)
        for alias in statement.names:
            if not is_missing and not facts.library.lacks(
                package, statement.level, module, alias.name
            ):
                continue
            problem = "does not exist" if is_missing else f"does not define `{alias.name}`"
            yield source.diagnostic(
                "missing-import",
                f"{output.name} imports `{alias.name}` from `{statement.dotted}`, which {problem}",
                _import_of(facts, alias.bound),
                hint="check the spelling, or import it from the module that defines it",
                severity="warning",
            )


def _missing_modules(
    facts: ConversionFacts, output: Output, statement: ImportStatement
) -> Iterator[Diagnostic]:
    """Modules of the library in an `import` statement that do not exist."""
    for alias in statement.names:
        if facts.is_of_library(alias.name) and facts.library.is_missing("", 0, alias.name):
            yield facts.index.source.diagnostic(
                "missing-import",
                f"{output.name} imports `{alias.name}`, which does not exist",
                _import_of(facts, alias.bound),
                hint="check the spelling",
                severity="warning",
            )


def _inner_imports(facts: ConversionFacts, output: Output) -> Iterator[Diagnostic]:
    """The same for imports in functions, from the model's own files and from the library."""
    for node in output.nodes:
        if "import" not in node.identifiers:
            continue
        for statement in _imports_in_functions(node):
            level, module = statement.level, statement.module or ""
            own = level == 1 and "." not in module and type_of_module(module) is not None
            if not own and (level == 1 or not (level or facts.is_of_library(module))):
                continue
            names = facts.own_module(module) if own else None
            dotted = f"{'.' * level}{module}"
            is_missing = (
                names is None if own else facts.library.is_missing(facts.package, level, module)
            )
            for alias in statement.names:
                if own:
                    lacks = names is not None and alias.name not in names and "*" not in names
                else:
                    lacks = facts.library.lacks(facts.package, level, module, alias.name)
                if not is_missing and not lacks:
                    continue
                problem = "does not exist" if is_missing else f"does not define `{alias.name}`"
                yield _finding(
                    facts,
                    "missing-import",
                    f"`{node.name}` imports `{alias.name}` from `{dotted}`, which {problem}",
                    node,
                    _origin_in(node, statement.lineno),
                    "check the spelling, or import it from the module that defines it",
                )


def _imports_in_functions(written: Node) -> Iterator[ast.ImportFrom]:
    """The `from` imports in functions that no `if` and no `try` guards."""
    if written.kind == "class":
        pending: list[ast.AST] = [*written.written_class.members_naming(["import"])]
    else:
        pending = [*written.statements]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.ImportFrom):
            yield node
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.With)):
            pending += node.body


def _origin_in(node: Node, line: int) -> Origin | None:
    """The place that a line (from 1) of a node's text stems from."""
    first = 1
    for fragment in node.fragments:
        after = first + fragment.text.count("\n")
        if first <= line < after:
            return replace(fragment.origin, line=fragment.origin.line + line - first)
        first = after
    return None


def _shadowed_imports(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Definitions of the modular file that take the place of what inherited code imports."""
    index = facts.index
    own = {**index.functions, **index.assignments}
    for parent in facts.parents:
        for name in sorted(own.keys() & bound_names(parent.index.import_nodes)):
            user = next(
                (
                    node
                    for node, fragment in facts.inherited()
                    if fragment.origin.path == parent.index.source.label
                    and name in node.identifiers
                    and refers_to(code_only(fragment.text), name)
                ),
                None,
            )
            if user is not None:
                yield own[name].source.diagnostic(
                    "shadowed-import",
                    f"`{name}` is defined here, but inherited code of `{user.name}` means what "
                    f"{parent.index.source.label} imports under this name",
                    own[name].statement.node,
                    hint="give it another name",
                    severity="warning",
                )


def _circles(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Outputs that import from each other at module level: neither can be imported first."""
    modules = {output.module: output for output in facts.outputs}
    imported = {
        output.module: {
            statement.module: [alias.name for alias in statement.names]
            for statement in output.imports
            if isinstance(statement, ImportStatement)
            and statement.level == 1
            and statement.module in modules
        }
        for output in facts.outputs
    }
    for module, others in imported.items():
        for other, names in others.items():
            # Reported once, for the file that others import first: a model needs its configuration.
            if other is None or module not in imported[other] or module > other:
                continue
            item = facts.index.classes.get(names[0])
            if module == other:
                yield facts.index.source.diagnostic(
                    "missing-import",
                    f"{module}.py imports `{names[0]}` from itself",
                    _import_of(facts, names[0]),
                    hint="define it in the modular file, or import it from a parent",
                    severity="warning",
                )
                continue
            yield facts.index.source.diagnostic(
                "missing-import",
                f"{module}.py imports `{names[0]}` from `.{other}`, which imports "
                f"`{imported[other][module][0]}` from `.{module}`: neither can be imported first",
                item.statement.node if item is not None else None,
                hint=f"name it so that it is written to {module}.py, or do not use it there",
                severity="warning",
            )


def _import_of(facts: ConversionFacts, name: str) -> ast.stmt | None:
    """The modular's own import of a name."""
    for statement in facts.index.imports:
        for alias in getattr(statement.node, "names", ()):
            if (alias.asname or alias.name) == name:
                return statement.node
    return None


def _statements(imports: Sequence[ImportNode]) -> Iterator[ImportStatement]:
    for node in imports:
        yield from [node] if isinstance(node, ImportStatement) else node.statements


def _exports(facts: ConversionFacts, output: Output) -> Iterator[Diagnostic]:
    """Entries of `__all__` that the file does not have."""
    if facts.index.exports is None:
        return
    # The keys of `__getattr__`'s tables are supplied, too.
    getter = facts.index.module_getattr
    supplied = {
        node.value
        for node in (nodes_within(getter.statement.node) if getter is not None else ())
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    value = getattr(facts.index.exports.statement.node, "value", None)
    if not isinstance(value, ast.List):
        return
    export = next((node for node in output.nodes if node.kind == "export"), None)
    if export is None:
        return
    names = {node.name for node in output.nodes} | bound_names(output.imports) | supplied
    for element in value.elts:
        if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
            continue
        name = element.value
        if name not in names and f'"{name}"' in export.text.replace("'", '"'):
            known = {item for item in names if item[:1].isupper()}
            near = did_you_mean(name, known)
            yield facts.index.source.diagnostic(
                "unknown-export",
                f"`__all__` names `{name}`, which {output.name} does not define",
                element,
                hint=near if near.startswith("did you mean") else "delete it, or define the class",
                severity="warning",
            )
