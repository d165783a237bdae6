"""A repository in which each goal has something to do, with little to install.

All tools are the real ones except the builder of fixtures, whose real environment has torch: the
stand-in needs none, and writes a fixture that the real pytest plugin finds.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from textwrap import dedent

from rules_transformers.testutil.tiny_models_stand_in import SERVES_FIXTURE_GROUPS
from tests.end_to_end.library import LIBRARY
from tests.end_to_end.workspace import PANTS_VERSIONS, Workspace

_BUILDER = (
    SERVES_FIXTURE_GROUPS
    + """
sys.path.insert(0, str(pathlib.Path(sys.argv[0]).parents[1]))

from tiny_models.request.manifest import Manifest, digest_file

(fixture,) = json.loads(pathlib.Path(sys.argv[2]).read_text())["fixtures"]
directory = pathlib.Path(sys.argv[4]) / fixture["path"]
directory.mkdir(parents=True)
(directory / "weights.txt").write_text("tiny")
files = {"weights.txt": digest_file(str(directory / "weights.txt"))}
manifest = Manifest(
    fixture["address"], fixture["repo_id"], fixture["model_type"], *fixture["architectures"],
    0, "float32", "0", "0" * 64, files, {},
)
(directory / "fixture.json").write_text(manifest.to_json())
"""
)

_FILES = {
    # The root of a sandbox of remote execution has the directories of the system, whose `lib`
    # would hide that of the repository. Pants 2.18.0a0 keeps the imports of a file by its content
    # alone: that of a copy must differ.
    **{
        path.replace("lib/", "acme/"): dedent(text).replace("class ", "# Of acme.\nclass ")
        for path, text in LIBRARY.items()
    },
    "acme/twig/BUILD": 'modular_model(source="modular_twig.py")\n',
    "acme/leaf/BUILD": 'modular_model(source="modular_leaf.py")\n',
    "empty.lock": "",
    "acme/tiny/BUILD": """\
        tiny_fixture(
            name="tiny",
            model_type="llama",
            architectures=["LlamaModel"],
            repo_id="tiny-random/llama",
        )

        python_tests(name="tests", dependencies=[":tiny"])
        """,
    "acme/tiny/tiny_test.py": """\
        from acme.leaf.configuration_leaf import LeafConfig
        from acme.leaf.modeling_leaf import LeafScale


        def test_fixture(tiny_fixture):
            assert (tiny_fixture("tiny-random/llama").path / "weights.txt").read_text() == "tiny"


        def test_generated_code():
            assert LeafScale(LeafConfig(width=3)).forward(2) == 6
        """,
    "acme/oak/modeling_oak.py": """\
        class OakScale:
            def __init__(self, config):
                self.width = config.width

            def forward(self, x):
                return self.width * x
        """,
}
STANDALONE = "acme/oak/modeling_oak.py"
GENERATED = "acme/leaf/modeling_leaf.py"
# Descriptions of the processes that do the work, by the goals that start them.
BY_GOALS = {
    ("generate", "test"): (
        "Convert acme/twig/modular_twig.py",
        "Convert acme/leaf/modular_leaf.py",
        "Build acme/tiny:tiny",
        "Run Pytest for acme/tiny/tiny_test.py:tests",
    ),
    ("parents",): (f"Rank the parents of {STANDALONE}",),
}
_RESOLVES = """
    [python.resolves]
    default = "empty.lock"

    [parent-finder]
    library = "transformers @ file://@WHEEL@"
    """


def write_wheel(directory: Path) -> Path:
    """A wheel in the place of that of transformers, with the one model that `parents` can find."""
    directory.mkdir()
    wheel = directory / "transformers-5.0-py3-none-any.whl"
    info = "transformers-5.0.dist-info"
    model = dedent(_FILES[STANDALONE].replace("Oak", "Pine"))
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("transformers/models/pine/modeling_pine.py", model)
        metadata = "Metadata-Version: 2.1\nName: transformers\nVersion: 5.0\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def specs(goals: tuple[str, ...]) -> tuple[str, ...]:
    """What goals of `BY_GOALS` are given."""
    return (STANDALONE,) if goals == ("parents",) else ("::",)


def write_repository(
    directory: Path, wheel: Path, pants_version: str = PANTS_VERSIONS[0]
) -> Workspace:
    """A repository with the models; `wheel` is the library that `parents` compares with."""
    workspace = Workspace(
        directory,
        _RESOLVES.replace("@WHEEL@", str(wheel)),
        backend='tiny_fixtures", "rules_transformers.parents',
        default_resolve="default",
        pants_version=pants_version,
        tools=("modular_converter", "parent_finder", "tiny_models"),
    )
    workspace.write({**_FILES, ".plugin/src/tiny_models/__main__.py": _BUILDER})
    return workspace
