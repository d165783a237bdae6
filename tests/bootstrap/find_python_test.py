"""Which interpreter, launcher or tool ./pants turns to."""

import pytest
import scratch

# Stands for an interpreter: answers the version check, and as bootstrap.py prints a state.
_PYTHON = """
echo "$0 $2" >> "$CALLS"
case $1 in
    -I) {answer} ;;
    *) printf 'mode=environment\\npython=%s\\nprogram=%s\\n' "$0" "$CLIENT" ;;
esac
"""
_SUITABLE = _PYTHON.format(answer='echo "$0"')
_UNSUITABLE = _PYTHON.format(answer="exit 1")


@pytest.fixture
def machine(tmp_path):
    """A machine without any interpreter: HOME and PATH hold what the test puts there."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    client = scratch.write_script(tmp_path / "client", 'echo "client $*"\n')
    tools = scratch.tools_directory(tmp_path / "tools")
    return scratch.make_workspace(
        tmp_path / "repository",
        {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PATH": f"{home / 'bin'}:{tools}",
            "CALLS": str(tmp_path / "calls"),
            "CLIENT": str(client),
        },
    )


def _home(machine):
    return machine.root.parent / "home"


def _used(machine, **variables):
    """Runs ./pants and returns the interpreter that was given bootstrap.py, or None."""
    result = machine.run("list", **variables)
    calls = machine.root.parent / "calls"
    used = [line[:-3] for line in calls.read_text().splitlines() if line.endswith(" -s")]
    assert result.returncode == 0, result.stderr
    assert result.stdout == "client list\n"
    return used[-1]


@pytest.mark.parametrize(
    "place",
    [
        "bin/python3.9",
        "bin/python3",
        "bin/python",
        ".pyenv/versions/3.9.18/bin/python",
        ".local/share/uv/python/cpython-3.9.20-linux-x86_64-gnu/bin/python3",
    ],
)
def test_interpreter_is_found(machine, place):
    python = scratch.write_script(_home(machine) / place, _SUITABLE)
    assert _used(machine) == str(python)


@pytest.mark.parametrize("place", ["bin/python3.8", ".pyenv/versions/3.8.18/bin/python"])
def test_version_that_the_rules_do_not_run_on_is_not_tried(machine, place):
    """Pants itself would start on it, and fail when it loads the rules."""
    scratch.write_script(_home(machine) / place, _SUITABLE)
    assert machine.run("list").returncode == 3
    right = scratch.write_script(_home(machine) / ".pyenv/versions/3.9.1/bin/python", _SUITABLE)
    assert _used(machine) == str(right)


def test_shim_without_a_selected_version_is_passed_over(machine):
    scratch.write_script(_home(machine) / "bin/python3.9", _UNSUITABLE)
    second = scratch.write_script(_home(machine) / "more/python3.9", _SUITABLE)
    path = machine.environment["PATH"] + f":{second.parent}"
    assert _used(machine, PATH=path) == str(second)


def test_pyenv_root_and_uv_directory_are_followed(machine):
    pyenv = scratch.write_script(_home(machine) / "py env/versions/3.9.1/bin/python", _SUITABLE)
    assert _used(machine, PYENV_ROOT=_home(machine) / "py env") == str(pyenv)
    uv = scratch.write_script(_home(machine) / "uv/cpython-3.9.2-x/bin/python3", _SUITABLE)
    machine.state.unlink(missing_ok=True)
    assert _used(machine, UV_PYTHON_INSTALL_DIR=_home(machine) / "uv") == str(uv)


def test_named_interpreter_decides(machine):
    scratch.write_script(_home(machine) / "bin/python3.9", _SUITABLE)
    named = scratch.write_script(_home(machine) / "some where/python", _SUITABLE)
    assert _used(machine, PANTS_BOOTSTRAP_PYTHON=named) == str(named)
    by_name = scratch.write_script(_home(machine) / "bin/mine", _SUITABLE)
    assert _used(machine, PANTS_BOOTSTRAP_PYTHON="mine") == str(by_name)


@pytest.mark.parametrize("value", ["/does/not/exist", "unsuitable"])
def test_unsuitable_named_interpreter_is_an_error(machine, value):
    scratch.write_script(_home(machine) / "bin/python3.9", _SUITABLE)
    scratch.write_script(_home(machine) / "bin/unsuitable", _UNSUITABLE)
    result = machine.run("list", PANTS_BOOTSTRAP_PYTHON=value)
    assert result.returncode == 3
    assert f"error: PANTS_BOOTSTRAP_PYTHON={value} is no CPython 3.9 " in result.stderr
    assert "\nhint: " in result.stderr


def test_nothing_found_says_what_to_install(machine):
    scratch.write_script(_home(machine) / "bin/python3", _UNSUITABLE)
    result = machine.run("list")
    assert result.returncode == 3
    assert result.stdout == ""
    assert result.stderr.startswith("error: no CPython 3.9 was found")
    assert "\nhint: install one of them" in result.stderr


def test_launcher_serves_where_there_is_no_interpreter(machine):
    unsuitable = scratch.write_script(_home(machine) / "bin/python3", _UNSUITABLE)
    scratch.write_script(
        _home(machine) / "bin/pants", 'echo "launcher $PANTS_PEX_CLI_VERSION $*"\n'
    )
    first = machine.run("list", "a b")
    assert (first.returncode, first.stdout) == (0, "launcher  list a b\n")
    assert "using the launcher" in first.stderr
    calls = machine.root.parent / "calls"
    assert str(unsuitable) in calls.read_text()
    calls.unlink()
    second = machine.run("list")
    assert (second.stdout, second.stderr) == ("launcher  list\n", "")
    assert not calls.exists()


def test_recorded_launcher_is_dropped_with_its_path(machine):
    scratch.write_script(_home(machine) / "bin/pants", "echo launcher\n")
    assert machine.run("list").stdout == "launcher\n"
    python = scratch.write_script(_home(machine) / "late/python3.9", _SUITABLE)
    path = machine.environment["PATH"] + f":{python.parent}"
    assert _used(machine, PATH=path) == str(python)


def test_script_on_path_is_not_taken_for_the_launcher(machine, tmp_path):
    (_home(machine) / "bin/pants").symlink_to(machine.root / "pants")
    clone = scratch.make_workspace(tmp_path / "clone", machine.environment)
    path = f"{machine.root}:{clone.root}:{machine.environment['PATH']}"
    result = machine.run("list", PATH=path)
    assert result.returncode == 3
    assert "error: no CPython 3.9 was found" in result.stderr


def test_uv_is_asked_last(machine):
    python = _home(machine) / "installed/python"
    scratch.write_script(_home(machine) / "installed.py", _SUITABLE)
    scratch.write_script(
        _home(machine) / "bin/uv",
        f"""
        case "$*" in
            "python install 3.9") mkdir {python.parent} && mv {python.parent}.py {python} ;;
            "python find 3.9") echo {python} ;;
        esac
        """,
    )
    assert _used(machine) == str(python)


def test_uv_that_cannot_download_ends_in_the_message(machine):
    scratch.write_script(_home(machine) / "bin/uv", "echo 'uv: no network' >&2; exit 2\n")
    result = machine.run("list")
    assert result.returncode == 3
    assert "uv: no network" in result.stderr
    assert "error: no CPython 3.9 was found" in result.stderr
