"""From standalone files to a proven modular file."""

from __future__ import annotations

import ast
import os
from collections.abc import Sequence
from dataclasses import dataclass

from modular_converter.conventions import profiles
from modular_converter.conventions.file_types import FILE_TYPES
from modular_converter.emit.formatter import format_all
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation, location_of
from modular_converter.library.sources import Sources, distribution_facts
from parent_finder.corpus.source_file import SourceFile
from parent_finder.modularize import candidates, selection
from parent_finder.modularize.children import Attempt, Offer, offers
from parent_finder.modularize.differences import Difference, differences
from parent_finder.modularize.draft import Draft, imported_names, joined_imports
from parent_finder.modularize.import_section import names_in_conditions
from parent_finder.modularize.lookalikes import Lookalikes
from parent_finder.modularize.original import (
    Original,
    Piece,
    original,
    type_and_model,
    without_banner,
)
from parent_finder.modularize.progress import Progress
from parent_finder.modularize.relatives import Relatives
from parent_finder.modularize.search import search
from parent_finder.modularize.workbench import Verdict, Workbench
from parent_finder.ranking import comparison, likelihood, reference_library
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from toolkit.errors import InputError

# Models that are tried when no parent is named, and parents at most of the classes of one file.
_TRIED = 12
_MOST_PARENTS = 12

# Begins a statement that uses all imports, so that the formatter keeps them.
_USES = "\n\n_uses_of_imports = "

_ELSEWHERE = "the name of a class says that it belongs to a file of this type"

# Files come in this order in a modular file.
_ORDER = ("configuration", *(one for one in FILE_TYPES if one not in ("configuration", "modeling")))


@dataclass(frozen=True)
class Modular:
    """A modular file with its proof.

    ``lines`` are those of the modular, ``original_lines`` those of the files it stands for.
    ``parents`` are the models that it inherits from. ``exact`` says whether the conversion gives
    the (formatted) originals back; ``wanted`` and ``outputs`` are both by file name.
    """

    text: str
    lines: int
    original_lines: int
    parents: tuple[str, ...]
    exact: bool
    wanted: dict[str, str]
    outputs: dict[str, str]
    differences: tuple[Difference, ...]


def context_for(roots: Sequence[str]) -> ConversionContext:
    """What conversions depend on; the first of the source roots is that of transformers."""
    sources = Sources()
    facts = distribution_facts(roots, sources)
    profile = profiles.for_version(facts.version)
    return ConversionContext(sources, tuple(roots), facts.table, profile)


def location_for(path: str, model: str, content: str, roots: Sequence[str]) -> ModularLocation:
    """Where the modular of a standalone file stands.

    A file with relative imports that lead out of its directory, to files that are not there, is
    treated as a model of transformers, wherever it is.
    """
    root = os.path.abspath(roots[0])
    name = f"modular_{model}.py"
    directory = os.path.dirname(os.path.abspath(path))
    deep = [
        node
        for node in ast.walk(ast.parse(content))
        if isinstance(node, ast.ImportFrom) and node.level > 1
    ]
    if deep and not any(_is_there(node, directory) for node in deep):
        return location_of(os.path.join(root, "transformers", "models", model, name), root, [root])
    for own_root in [os.path.abspath(root) for root in roots[1:]]:
        if directory.startswith(own_root):
            return location_of(os.path.join(directory, name), own_root, [own_root])
    return location_of(os.path.join(directory, name), directory)


def _is_there(node: ast.ImportFrom, directory: str) -> bool:
    """Whether the module of a relative import is a file, seen from a directory."""
    above = [".."] * (node.level - 1)
    return os.path.isfile(os.path.join(directory, *above, *(node.module or "").split(".")) + ".py")


def modularize(
    library: ReferenceLibrary,
    roots: Sequence[str],
    files: dict[str, str],
    source: SourceFile | None,
    situation: Situation,
    parents: Sequence[str],
    context: ConversionContext,
) -> Modular:
    """The modular file for standalone files of one model, given as texts by path.

    ``roots`` are the source roots of transformers and of further models, in this order;
    ``source`` is the modeling file among them; ``parents`` are the models to inherit from, the
    most similar ones when empty. Raises InputError, and EnvironmentLack without a formatter.
    """
    named = {path: type_and_model(path) for path in files}
    model = next(iter(named.values()))[1]
    for path, (_, other) in named.items():
        if other != model:
            raise InputError(
                f"this is a file of {other}, and the first one is of {model}",
                place=path,
                hint="name the files of one model at a time",
            )
    kinds = [kind for kind, _ in named.values()]
    for path, (kind, _) in named.items():
        if kinds.count(kind) > 1:
            raise InputError(
                f"a model has one {kind} file, and several are given",
                place=path,
                hint=f"name one {kind}_{model}.py",
            )
    first = next(iter(files))
    location = location_for(first, model, files[first], roots)
    bench = _bench(location, context, {named[path][0]: text for path, text in files.items()})
    compared = comparison.compare(library.index, source) if source is not None else None
    ranked = _ranked(library, compared, situation, parents)
    relatives = Relatives(library, compared, situation, tuple(ranked), tuple(roots))
    lookalikes = Lookalikes(relatives, context, beyond_index=not parents)
    made: list[Offer] = []
    chosen: list[Offer] = []
    for one in bench.originals:
        attempts = _attempts(bench, one, relatives, lookalikes)
        own = [offer for offer in offers(bench, one, attempts) if offer.children]
        made += own
        chosen += selection.chosen_offers(own, len(parents) or _MOST_PARENTS)
    headers = _headers(bench)
    nothing_inherited = Draft(bench.originals, {}, _marker_import(location), headers[0])
    draft = selection.first_draft(nothing_inherited, chosen)
    modules = {offer.parent.module: offer.parent.path for offer in chosen}
    held = {
        **lookalikes.helper_files(_functions(bench, modeling=False)),
        **relatives.helper_files(
            {name: piece.text for name, piece in _functions(bench, modeling=True).items()}
        ),
    }
    helpers = {
        name: candidates.parent_file(path, location, roots).module for name, path in held.items()
    }
    alternatives = selection.alternatives(draft, made)
    conditions = {
        offer.parent.module: names_in_conditions(context.sources.index(offer.parent.path))
        for offer in made
    }
    done = search(bench, draft, modules, alternatives, helpers, conditions, headers)
    return _finished(bench, done)


def _bench(
    location: ModularLocation, context: ConversionContext, texts: dict[str, str]
) -> Workbench:
    names = {kind: f"{kind}_{location.model_name}.py" for kind in texts}
    plain = {names[kind]: without_banner(text) for kind, text in texts.items()}
    formatted = format_all(plain, context.profile, jobs=1)
    order: list[str] = [*_ORDER, "modeling"]
    originals = [
        original(
            os.path.join(location.directory, names[kind]),
            kind,
            formatted[names[kind]].text,
            context.sources,
        )
        for kind in sorted(texts, key=order.index)
    ]
    return Workbench(location, context, tuple(originals))


def _ranked(
    library: ReferenceLibrary,
    compared: Comparison | None,
    situation: Situation,
    parents: Sequence[str],
) -> list[int]:
    """The models to try: those named, else the most similar ones."""
    if parents:
        return [library.models.index(name) for name in parents]
    if compared is None:
        return []
    scores = likelihood.scores(library, compared, situation)
    return reference_library.order(library, scores)[:_TRIED]


def _attempts(
    bench: Workbench, original_file: Original, relatives: Relatives, lookalikes: Lookalikes
) -> list[Attempt]:
    location, context, roots = bench.location, bench.context, relatives.roots
    library, models, compared = relatives.library, relatives.ranked, relatives.compared
    if original_file.file_type == "modeling" and compared is not None:
        further = relatives.further_classes()
        return candidates.attempts_on_modeling(
            library, compared, models, further, location, context, roots
        )
    likely = lookalikes.paths(original_file.file_type, only_likely=True)
    others = lookalikes.classes(original_file, location.model_name)
    return [
        *candidates.attempts_by_name(original_file, likely, location, context, roots),
        *candidates.attempts_on_others(original_file, others, location, context, roots),
    ]


def _functions(bench: Workbench, *, modeling: bool) -> dict[str, Piece]:
    """The helper functions of the modeling file, or of the others, by name."""
    return {
        piece.name: piece
        for original_file in bench.originals
        for piece in original_file.pieces
        if piece.kind == "function" and (piece.file_type == "modeling") == modeling
    }


def _headers(bench: Workbench) -> list[str]:
    """What may stand above the imports: the files' own comments, with their blank lines."""
    headers = list(dict.fromkeys(original_file.header for original_file in bench.originals))
    if len(headers) > 1:
        # Below a docstring, only the files that use the first import get a blank line above it.
        least = min(headers, key=len)
        name = bench.context.table.cased(bench.location.model_name)
        headers.append(f'{least}"""PyTorch {name} model."""\n\n')
    return headers


def _marker_import(location: ModularLocation) -> str:
    package = "..." if location.in_library else "transformers."
    return f"from {package}utils.generic import no_inherit_decorator\n"


def _finished(bench: Workbench, done: Progress) -> Modular:
    """The formatted modular, if that still gives the originals; else the unformatted one."""
    text, verdict = done.draft.text, done.verdict
    for keeps_imports in (False, True):
        pretty = _formatted(bench, text, verdict, keeps_imports=keeps_imports)
        if pretty is not None:
            text, verdict = pretty
            joined = joined_imports(text)
            text, verdict = _formatted(bench, joined, verdict, keeps_imports=keeps_imports) or (
                text,
                verdict,
            )
            break
    wanted = {f"{o.file_type}_{bench.location.model_name}.py": o.text for o in bench.originals}
    outputs = {f"{k}_{bench.location.model_name}.py": t for k, t in verdict.outputs.items()}
    modules = [choice.module for choice in done.draft.choices.values() if choice.module]
    parents = dict.fromkeys(module.lstrip(".").split(".")[-2] for module in modules)
    return Modular(
        text=text,
        lines=text.count("\n"),
        original_lines=sum(original_file.text.count("\n") for original_file in bench.originals),
        parents=tuple(parents),
        exact=wanted == outputs,
        wanted=wanted,
        outputs=outputs,
        differences=tuple(_differences(bench, verdict)),
    )


def _formatted(
    bench: Workbench, text: str, verdict: Verdict, *, keeps_imports: bool
) -> tuple[str, Verdict] | None:
    """A formatted modular with its verdict; None if that is worse than the given one.

    :param keeps_imports: whether imports stay that the modular itself does not use.
    """
    name = f"modular_{bench.location.model_name}.py"
    used = f"{_USES}({', '.join(imported_names(text))},)\n" if keeps_imports else ""
    pretty = bench.formatted({name: f"{text}{used}"})[name]
    if pretty.problem:
        return None
    plain = pretty.text.partition(_USES)[0].rstrip("\n") + "\n"
    again = bench.judge(plain)
    return (plain, again) if again.differences <= verdict.differences else None


def _differences(bench: Workbench, verdict: Verdict) -> list[Difference]:
    if verdict.problem is not None:
        return [
            Difference(
                diagnostic.path,
                diagnostic.line,
                diagnostic.code,
                "cannot be converted",
                diagnostic.message,
            )
            for diagnostic in verdict.problem.diagnostics
        ]
    kinds = {original_file.file_type for original_file in bench.originals}
    added = [
        Difference(f"{kind}_{bench.location.model_name}.py", 0, "the file", "is added", _ELSEWHERE)
        for kind in sorted(verdict.outputs.keys() - kinds)
    ]
    return added + [
        difference
        for original_file in bench.originals
        for difference in differences(
            bench, original_file, verdict.outputs.get(original_file.file_type)
        )
    ]
