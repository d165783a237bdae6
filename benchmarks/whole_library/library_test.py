from __future__ import annotations

import ast
from pathlib import Path

import pytest
from benchmarks.whole_library import fixtures
from benchmarks.whole_library.generating import edited, leaf_of
from benchmarks.whole_library.library import Library, requirements, spread
from benchmarks.whole_library.stage import StageFailed


def test_spread_keeps_the_order_and_the_ends_apart() -> None:
    assert spread("abcdef", 6) == list("abcdef")
    assert spread("abcdef", 3) == ["a", "c", "e"]
    assert spread("abcdef", 4) == ["a", "b", "d", "e"]


def test_the_library_is_no_requirement_of_its_own() -> None:
    lock = "torch==2 ; sys_platform == 'linux'\nTransformers==5\ntransformers-stream==1\ntrl==1\n"
    assert requirements(lock) == "torch==2 ; sys_platform == 'linux'\ntransformers-stream==1\n"


def test_workspace(tmp_path: Path, package: Path) -> None:
    made = Library(tmp_path / "made", package, 1)
    assert [str(path) for path in made.modulars] == ["models/leaf/modular_leaf.py"]
    models = made.root / "src/transformers/models"
    # What the other generated stays, as if it were written by hand.
    assert not (models / "twig/modular_twig.py").exists()
    assert (models / "twig/modeling_twig.py").exists()
    assert not (models / "twig/__pycache__").exists()
    assert (models / "__init__.py").read_text() == (
        "if TYPE_CHECKING:\n    from .twig import *  # pants: no-infer-dep\n    import os\n"
    )
    assert "\ntransformers==" not in made.read("3rdparty/python/ml.lock")
    with pytest.raises(ValueError, match="has 2 modular files, and 3 are wanted"):
        Library(tmp_path / "more", package, 3)


def test_an_older_checkout_names_its_backends_as_it_did(tmp_path: Path, package: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in (
        "pants",
        "build-support/bootstrap/start.sh",
        "rules/rules_transformers/fixtures/register.py",
        "3rdparty/python/ml-cpu.lock",
    ):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    older = Library(tmp_path / "older", package, 1, checkout)
    assert '"rules_transformers.fixtures"' in older.read("pants.toml")
    today = Library(tmp_path / "today", package, 1)
    assert '"rules_transformers.tiny_fixtures"' in today.read("pants.toml")


def test_the_leaf_is_what_nobody_inherits_from(tmp_path: Path, package: Path) -> None:
    assert str(leaf_of(Library(tmp_path / "made", package, 2))) == "models/leaf/modular_leaf.py"


def test_an_edited_file_is_put_in_order_again(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("a b a")
    with pytest.raises(KeyError), edited(path, "a", "c"):
        assert path.read_text() == "c b a"
        raise KeyError
    assert path.read_text() == "a b a"
    with pytest.raises(StageFailed, match="has no 'd' to change"), edited(path, "d", "e"):
        pass


def test_there_are_fixtures_of_50_architectures() -> None:
    assert len({fixture.model_class for fixture in fixtures.FIXTURES}) == 50
    assert len({fixture.name for fixture in fixtures.FIXTURES}) == 50


def test_fixtures_are_those_of_models_that_are_generated(
    tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twig = fixtures.Fixture("twig", "TwigModel")
    monkeypatch.setattr(fixtures, "FIXTURES", (fixtures.Fixture("gone", "GoneModel"), twig))
    made = Library(tmp_path / "made", package, 2)
    assert fixtures.choose(made, 5) == [twig]
    fixtures.add_fixtures(made, [twig])
    build = made.read("tests/twig/BUILD")
    calls = [
        statement.value for statement in ast.parse(build).body if isinstance(statement, ast.Expr)
    ]
    (fixture, tests) = [
        {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        for call in calls
        if isinstance(call, ast.Call)
    ]
    assert fixture["model"] == "src/transformers/models/twig:twig"
    assert fixture["architectures"] == ["TwigModel"]
    assert tests["dependencies"] == [":tiny"]
    test = made.read("tests/twig/twig_test.py")
    ast.parse(test)
    assert f'tiny_fixture("{fixture["repo_id"]}")' in test
    assert "@" not in build + test
