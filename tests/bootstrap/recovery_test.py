"""What ./pants does with a damaged environment, and with a cache that it cannot write.

Most of these end before anything is built or build one small part; cold_start_slow_test.py has
the rest.
"""

import os
import re
import shutil

import pytest
import scratch


def test_missing_file_is_mended_before_pants_starts(built):
    assert "server serve x\n" in built.run_well("serve", "x").stdout
    python = built.field("python")
    (scratch.Path(built.field("program")).parents[1] / "lazy.py").unlink()
    # A daemon that answers needs no file, so the look is taken when the server starts.
    result = built.run_well("serve", "y")
    assert "lazy.py: No such file or directory" in result.stderr
    assert "building the environment" in result.stderr
    # Pants' caches know the interpreter by its path.
    assert result.stdout == f"server serve y\nexecutable {python}\n"
    assert built.run_well("serve", "y").stderr == ""
    assert len(built.builds) == 1


def test_deleted_base_interpreter_is_mended(built):
    python = scratch.Path(built.field("python"))
    for name in os.listdir(python.parent):
        link = python.parent / name
        if link.is_symlink() and os.readlink(link).startswith("/"):
            link.unlink()
            link.symlink_to("/gone/bin/python3.9")
    assert not python.exists()
    result = built.run_well("list")
    assert "is damaged" in result.stderr
    assert python.exists()
    assert built.run_well("serve").stderr == ""


def test_environment_that_stays_damaged_is_an_error(built):
    manifest = scratch.Path(built.field("python")).parents[2] / "manifest.json"
    manifest.write_text("{")
    result = built.run("serve", RULES_TRANSFORMERS_REBUILT="1")
    assert (result.returncode, result.stdout) == (3, "")
    assert "error: " in result.stderr
    assert "is damaged again right after it was rebuilt\nhint: " in result.stderr


@pytest.mark.parametrize("damage", ["delete", "empty", "change"])
def test_damaged_pex_binary_alone_is_built_again(built, damage):
    pex = scratch.Path(built.field("pex"))
    if damage == "delete":
        pex.unlink()
    elif damage == "empty":
        pex.write_text("")
    else:
        # Found on a slow start only; until then Pants itself checks the digest.
        pex.write_text("PEX BINARY")
        built.state.unlink()
    result = built.run_well("list")
    assert "building the pex binary" in result.stderr
    assert "building the environment" not in result.stderr
    assert scratch.is_pex(pex)


@pytest.mark.parametrize("cache", ["/dev/null/cache", "/proc/cache"])
def test_cache_that_cannot_be_written_is_named(offline, make_small, tmp_path, cache):
    workspace = make_small(tmp_path / "repository", {**offline, "XDG_CACHE_HOME": cache})
    result = workspace.run("list")
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.startswith(f"error: cannot prepare Pants: {cache}")
    assert "\nhint: make " in result.stderr
    assert "Traceback" not in result.stderr


def test_neither_home_nor_cache_is_an_error(cold):
    result = cold.run("list", HOME=None, XDG_CACHE_HOME=None)
    assert result.returncode == 3
    assert "neither HOME nor XDG_CACHE_HOME" in result.stderr


def test_relative_cache_variable_is_passed_over(built, tmp_path):
    home = tmp_path / "home"
    (home / ".cache").mkdir(parents=True)
    (home / ".cache" / "rules_transformers").symlink_to(built.cache)
    # The interpreter is found without HOME, too.
    python = os.path.realpath(built.field("python"))
    variables = {"HOME": home, "XDG_CACHE_HOME": "relative", "PANTS_BOOTSTRAP_PYTHON": python}
    assert built.run_well("list", **variables).stderr == ""


def test_state_that_cannot_be_written_is_done_without(built):
    shutil.rmtree(built.cache / "launch")
    (built.cache / "launch").write_text("in the way")
    result = built.run_well("list")
    assert "argument=list\n" in result.stdout
    assert result.stderr == ""


def test_package_with_another_hash_is_refused(cold):
    requirements = cold.root / "build-support" / "bootstrap" / "requirements.txt"
    requirements.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", requirements.read_text()))
    result = cold.run("list")
    assert (result.returncode, result.stdout) == (3, "")
    assert "error: pip could not get the pinned packages\n" in result.stderr
    assert "HASHES" in result.stderr
    assert "\nhint: " in result.stderr
    assert cold.builds == []


def test_index_without_the_packages_is_an_error(cold):
    result = cold.run("list", PIP_FIND_LINKS=None)
    assert (result.returncode, result.stdout) == (3, "")
    assert "No matching distribution found for" in result.stderr
    assert "hint: `pip config list` shows" in result.stderr
    assert cold.builds == []
