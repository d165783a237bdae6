"""Fixtures of the bootstrap's tests."""

import shutil
import sys

import pytest
import scratch

sys.path.insert(0, str(scratch.REPOSITORY / "build-support" / "bootstrap"))


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    """A folder with stand-ins for Pants and pex, and the requirements that pin them."""
    directory = tmp_path_factory.mktemp("index") / "wheels"
    return directory, scratch.write_distributions(directory)


@pytest.fixture
def offline(tmp_path, distributions):
    """An environment in which pip finds the stand-ins and nothing else."""
    directory, _ = distributions
    return {
        **scratch.base_environment(tmp_path),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(directory),
        "PIP_CONFIG_FILE": "/dev/null",
    }


@pytest.fixture
def make_small(distributions):
    """Makes workspaces whose bootstrap installs the stand-ins."""

    def make(root, environment):
        workspace = scratch.make_workspace(root, environment)
        support = workspace.root / "build-support" / "bootstrap"
        (support / "requirements.txt").write_text(distributions[1])
        return workspace

    return make


@pytest.fixture
def cold(tmp_path, offline, make_small):
    """A workspace whose cache is empty."""
    return make_small(tmp_path / "cold", offline)


@pytest.fixture(scope="session")
def built_cache(tmp_path_factory):
    """A cache directory whose environment the first test that needs it builds."""
    return tmp_path_factory.mktemp("built") / "cache"


@pytest.fixture
def warm(tmp_path, offline, make_small, built_cache):
    """A workspace that has been started before; its environment is shared with other tests."""
    environment = {**offline, "XDG_CACHE_HOME": str(built_cache)}
    workspace = make_small(tmp_path / "repository", environment)
    workspace.run_well("first")
    return workspace


@pytest.fixture
def built(warm, cold):
    """A workspace that has been started before, with an environment that a test may damage."""
    shutil.copytree(warm.cache, cold.cache, symlinks=True)
    shutil.rmtree(cold.cache / "launch")
    assert cold.run_well("first").stderr == ""
    return cold
