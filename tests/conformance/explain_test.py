"""Every line of generated files is explained, and the explanation can be checked.

A sample of the files is tried: the whole takes minutes. Of older releases it is smaller.
"""

from __future__ import annotations

import gc
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from modular_converter.conformance.comparison import compare, context_of
from modular_converter.conformance.release import Release
from modular_converter.conformance.search import SwitchSearch
from modular_converter.conventions.profiles import Profile, for_version, named
from modular_converter.explain.explainer import Explainer
from modular_converter.explain.explanation import Explanation, SourceLine
from modular_converter.library.modular_file import is_modular_name, location_of
from modular_converter.library.sources import Sources
from tests.conformance.corpus import LEFT_OVER, NEWEST, corpus
from tests.sampling.sampling import sample, source_digest

# A fresh explainer now and then bounds the memory: it keeps everything that it has explained.
_FILES_PER_EXPLAINER = 60
_PARTS = 6
_OLDER = {"4.51.3": 9, "4.53.3": 16, "4.57.6": 26, "5.4.0": 45, "5.12.1": 60, "5.18.0": 70}
_WORD = re.compile(r"\w+")
_LAYOUT = re.compile(r"[\s()\",'\\]+")


def _explainers(
    release: Release, paths: list[str], profile: Profile
) -> Iterator[tuple[Explainer, str]]:
    for position, path in enumerate(paths):
        if position % _FILES_PER_EXPLAINER == 0:
            gc.collect()
            context = context_of(release, profile, Sources())
            explainer = Explainer(context, lambda modular: location_of(modular, release.root))
        yield explainer, path


def _renamed(source: SourceLine) -> str:
    """The source line after the renames that the answer lists for it, and after no others."""
    words = dict(source.words)
    return _WORD.sub(lambda match: words.get(match.group(), match.group()), source.text)


def _relation(explained: Explanation) -> str:
    """How a copied line relates to its source lines."""
    line = "".join(explained.text.split())
    sources = [_renamed(source) for source in explained.sources]
    if len(sources) == 1 and "".join(sources[0].split()) == line:
        return "one line"
    bare = _LAYOUT.sub("", explained.text)
    if not bare.strip(":"):
        return "punctuation in another layout"
    joined = "".join(_LAYOUT.sub("", source) for source in sources)
    if bare == joined:
        return "one line in another layout" if len(sources) == 1 else "several lines joined"
    if bare and bare in joined:
        return "part of a line" if len(sources) == 1 else "part of several lines"
    return "else"


def _ends_by_hand(explained: Explanation, explainer: Explainer) -> bool:
    """Whether the way back of the main source stops only where no conversion is behind it."""
    while explained.sources:
        source = explained.sources[0]
        if source.generated_from is None:
            path = os.path.abspath(source.path)
            return is_modular_name(os.path.basename(path)) or explainer.file(path) is None
        explained = source.generated_from
    return explained.kind in ("banner", "blank", "converter")


@pytest.fixture
def _no_searches_for_garbage() -> Iterator[None]:
    """As on the command line: half of the time would go into them."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_searches_for_garbage")
def test_every_line_is_explained() -> None:
    kinds, relations, unlike = _explained(corpus(NEWEST), for_version(NEWEST), _PARTS)
    copied = kinds["copied"]
    assert relations["one line"] / copied > 0.995
    assert len(unlike) / copied < 0.0002
    # Headers with pieces of two files, calls of bases written as `super()`, guards of torch.
    assert kinds["adapted"] + kinds["converter"] < 0.015 * kinds.total()


@pytest.mark.usefixtures("_no_searches_for_garbage")
@pytest.mark.parametrize(("version", "parts"), _OLDER.items())
def test_every_line_of_older_releases_is_explained(version: str, parts: int) -> None:
    kinds, _, unlike = _explained(corpus(version), for_version(version), parts)
    assert len(unlike) / kinds["copied"] < 0.001


@pytest.mark.usefixtures("_no_searches_for_garbage")
def test_every_line_is_explained_with_a_profile_that_was_found() -> None:
    release = corpus("5.8.1")
    comparison = compare(release, named("5.5"))
    profile, _ = SwitchSearch(release, named("5.5"), comparison.misses).run()
    changed = [release.label(miss.path) for miss in comparison.misses]
    kinds, _, unlike = _explained(release, profile, 120, changed)
    assert len(unlike) / kinds["copied"] < 0.001


def _explained(
    release: Release, profile: Profile, parts: int, also: Iterable[str] = ()
) -> tuple[Counter[str], Counter[str], list[str]]:
    """Explains each line of a part of the generated files, and of those that are named.

    Returns how many lines are of each kind, how many copied ones have each relation to their
    sources, and those that are unlike these.
    """
    expected = release.generated_files
    kinds: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    generations: Counter[int] = Counter()
    unlike: list[str] = []
    labels = sorted(set(map(release.label, expected)) - LEFT_OVER)
    seed = f"{release.version} {source_digest()}"
    # A part may be empty.
    sampled = sorted({labels[0], *sample(labels, parts, seed=seed), *also})
    for explainer, path in _explainers(
        release, [os.path.join(release.root, name) for name in sampled], profile
    ):
        file = explainer.file(path)
        assert file is not None, path
        assert not file.is_stale, path
        assert len(file.lines) == expected[path].count("\n")
        for number in range(1, len(file.lines) + 1):
            explained = explainer.line(file, number)
            kinds[explained.kind] += 1
            assert explained.sources or explained.kind in ("banner", "blank", "converter")
            assert explained.note or explained.sources
            for source in explained.sources:
                assert source.text.strip() or explained.kind in ("blank", "copied", "header")
                assert not source.note, f"{path}:{number}: {source.note}"
            assert _ends_by_hand(explained, explainer), f"{path}:{number}"
            if explained.kind == "copied":
                relation = _relation(explained)
                relations[relation] += 1
                generations[explained.generations] += 1
                if relation == "else":
                    unlike.append(f"{path}:{number}: {explained.text.strip()}")
    copied = kinds["copied"]
    print(f"{kinds.total()} lines: {dict(kinds.most_common())}")
    for relation, count in relations.most_common():
        print(f"{relation:30} {count:7} {count / copied:8.3%} of the copied lines")
    print("generations:", dict(sorted(generations.items())))
    print("\n".join(unlike[:40]))
    return kinds, relations, unlike
