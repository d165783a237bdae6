"""What ./pants hands to Pants, on the first start and on later ones."""

import ast
import re
import shutil

import pytest
import scratch


def _environment(result):
    assert result.returncode == 0, result.stderr
    return dict(
        line.split("=", 1)
        for line in result.stdout.splitlines()
        if re.match(r"(_?PANTS_|NO_SCIE|PIP_)", line)
    )


def _tree(root):
    return sorted(path for path in root.rglob("*") if path.name != ".pids")


def test_second_start_says_and_records_nothing(warm):
    before = warm.state.stat()
    files = _tree(warm.root)
    second = warm.run("list", "::")
    assert (second.returncode, second.stderr) == (0, "")
    assert (warm.state.stat().st_ino, warm.state.stat().st_mtime) == (
        before.st_ino,
        before.st_mtime,
    )
    assert _tree(warm.root) == files


def test_arguments_arrive_unchanged(warm):
    arguments = ["test", "a b", "", "*", "--flag=$HOME 'x' \"y\"", "back\\slash"]
    result = warm.run(*arguments)
    lines = [line for line in result.stdout.splitlines() if line.startswith("argument=")]
    assert lines == [f"argument={argument}" for argument in arguments]


@pytest.mark.parametrize(
    ("typed", "passed"),
    [
        ("test --tag=gpu-bench ::", "--tag=gpu-bench test ::"),
        ("test :: --tag=gpu-bench", "--tag=gpu-bench test ::"),
        ("--tag=a test --tag=b --tag=c ::", "--tag=a --tag=b --tag=c test ::"),
        ("test -ldebug :: --no-pantsd", "-ldebug --no-pantsd test ::"),
        ("--level=info test --level=debug", "--level=info --level=debug test"),
        (":: test --loop", "--loop :: test"),
        # No global options, or not Pants' to read.
        ("test --force ::", "test --force ::"),
        ("test --tags=x --no-tagged ::", "test --tags=x --no-tagged ::"),
        ("test :: -- --tag=x -ldebug", "test :: -- --tag=x -ldebug"),
        ("run a:b --loop -- --loop", "--loop run a:b -- --loop"),
        ("-- test --tag=x", "-- test --tag=x"),
    ],
)
def test_global_options_may_follow_the_goal(warm, typed, passed):
    result = warm.run(*typed.split(), "--", "a b", "*", "--tag=$HOME 'x'")
    lines = [line for line in result.stdout.splitlines() if line.startswith("argument=")]
    expected = [*passed.split(), "--", "a b", "*", "--tag=$HOME 'x'"]
    assert lines == [f"argument={argument}" for argument in expected]


def test_exit_code_is_that_of_pants(built):
    scratch.write_script(scratch.Path(built.field("program")), "exit 42\n")
    assert built.run("list").returncode == 42


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_current_directory_is_kept_inside_the_workspace(warm, shell, tmp_path):
    inside = warm.root / "src" / "a b"
    inside.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "link"
    link.symlink_to(warm.root / "pants")
    through = tmp_path / "through"
    through.symlink_to(warm.root)

    def cwd(directory, script):
        options = warm.command("list", cwd=directory)
        options["args"] = [shutil.which(shell), str(script), "list"]
        result = scratch.subprocess.run(**options, timeout=60, check=False)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout.splitlines()[0]

    assert cwd(warm.root, "pants") == f"cwd={warm.root}"
    assert cwd(inside, "../../pants") == f"cwd={inside}"
    assert cwd(inside, warm.root / "pants") == f"cwd={inside}"
    assert cwd(elsewhere, warm.root / "pants") == f"cwd={warm.root}"
    assert cwd(elsewhere, "../link") == f"cwd={warm.root}"
    assert cwd(elsewhere, link) == f"cwd={warm.root}"
    assert cwd(through, "./pants") == f"cwd={warm.root}"


def test_pex_is_pinned_by_digest_for_every_platform(warm):
    environment = _environment(warm.run("list"))
    path = scratch.Path(environment["PANTS_PEX_CLI_URL_TEMPLATE"][len("file://") :])
    digest = scratch.hashlib.sha256(path.read_bytes()).hexdigest()
    assert environment["PANTS_PEX_CLI_VERSION"] == "v0.0.1"
    assert [
        entry.split("|") for entry in ast.literal_eval(environment["PANTS_PEX_CLI_KNOWN_VERSIONS"])
    ] == [
        ["v0.0.1", platform, digest, str(path.stat().st_size)]
        for platform in ("linux_x86_64", "linux_arm64", "macos_x86_64", "macos_arm64")
    ]
    assert environment["NO_SCIE_WARNING"] == "1"


def test_callers_own_pex_is_kept_whole(warm):
    environment = _environment(warm.run("list", PANTS_PEX_CLI_VERSION="v2.1.140"))
    assert [name for name in environment if name.startswith("PANTS_PEX")] == [
        "PANTS_PEX_CLI_VERSION"
    ]


def test_pip_configuration_reaches_pants_and_is_read_again_when_changed(warm, tmp_path):
    settings = tmp_path / "config" / "pip" / "pip.conf"
    variables = {
        "PIP_CONFIG_FILE": None,
        "PIP_NO_INDEX": None,
        "PIP_FIND_LINKS": None,
        "XDG_CONFIG_HOME": settings.parent.parent,
        "HTTPS_PROXY": "http://proxy:1",
    }
    settings.parent.mkdir(parents=True)
    settings.write_text("[global]\nextra-index-url = https://u:p@one/simple\n")
    environment = _environment(warm.run("list", **variables))
    assert environment["PANTS_PYTHON_REPOS_INDEXES"] == "+['https://u:p@one/simple']"
    assert environment["PANTS_SUBPROCESS_ENVIRONMENT_ENV_VARS"] == "+['HTTPS_PROXY']"
    settings.write_text("[global]\nindex-url = https://two/simple\nfind-links = /some/wheels\n")
    environment = _environment(warm.run("list", **variables))
    assert environment["PANTS_PYTHON_REPOS_INDEXES"] == "['https://two/simple']"
    assert environment["PANTS_PYTHON_REPOS_FIND_LINKS"] == "+['/some/wheels']"
    environment = _environment(
        warm.run("list", **variables, PIP_INDEX_URL="https://three/simple/?x=")
    )
    assert environment["PANTS_PYTHON_REPOS_INDEXES"] == "['https://three/simple/?x=']"
    assert environment["PIP_FIND_LINKS"] == "/some/wheels"
    assert environment["PIP_INDEX_URL"] == "https://three/simple/?x="
    settings.unlink()
    assert "PANTS_PYTHON_REPOS_INDEXES" not in _environment(warm.run("list", **variables))


def test_cold_start_comes_through_whatever_pip_is_reported(cold, tmp_path):
    variables = scratch.write_hostile_configuration(
        tmp_path / "machine", "extra-index-url = https://one/simple"
    )
    hostile = {
        "PIP_CONSTRAINT": str(tmp_path / "missing.txt"),
        "PIP_TARGET": str(tmp_path / "elsewhere"),
        "PIP_REQUIRE_HASHES": "1",
    }
    result = cold.run("list", **variables, **hostile)
    environment = _environment(result)
    assert (
        environment["PANTS_PYTHON_REPOS_FIND_LINKS"] == f"+['{cold.environment['PIP_FIND_LINKS']}']"
    )
    (line,) = [line for line in result.stderr.splitlines() if "ignored" in line]
    assert "constraint" in line
    assert cold.run("list", **variables, **hostile).stderr == ""


def test_what_pip_is_told_is_read_from_the_machines_file(warm, tmp_path):
    """Also where the file asks pip to be quiet."""
    variables = scratch.write_hostile_configuration(
        tmp_path / "machine", "extra-index-url = https://one/simple"
    )
    environment = _environment(warm.run("list", **variables, PIP_NO_INDEX=None))
    assert environment["PANTS_PYTHON_REPOS_INDEXES"] == "+['https://one/simple']"
    # For tests that run pip.
    assert environment["PIP_EXTRA_INDEX_URL"] == "https://one/simple"
    assert {"PIP_CONSTRAINT", "PIP_TARGET", "PIP_NO_BINARY"}.isdisjoint(environment)


def test_callers_own_options_are_kept(warm):
    own = {
        "PANTS_PYTHON_REPOS_INDEXES": "['https://mine']",
        "PANTS_PYTHON_REPOS_FIND_LINKS": "",
        "PANTS_PYTHON_RESOLVES": "+{}",
    }
    environment = _environment(warm.run("list", RULES_TRANSFORMERS_TORCH="cuda", **own))
    assert {name: environment[name] for name in own} == own


def test_switch_keeps_pips_configuration_from_pants(warm):
    assert "PANTS_PYTHON_REPOS_FIND_LINKS" in _environment(warm.run("list"))
    environment = _environment(warm.run("list", RULES_TRANSFORMERS_PIP_CONFIG="off"))
    assert [name for name in environment if "REPOS" in name or "CA_CERTS" in name] == []


_CUDA = "+{'ml': '3rdparty/python/ml-cuda.lock'}"


@pytest.fixture
def gpu(warm, tmp_path):
    """Returns a function that gives the machine an nvidia-smi, and the file of its calls."""
    lock = warm.root / "3rdparty" / "python" / "ml-cuda.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    calls = tmp_path / "smi-calls"
    environment = {**warm.environment, "PATH": f"{tmp_path / 'smi'}:{warm.environment['PATH']}"}

    def make(text):
        scratch.write_script(tmp_path / "smi" / "nvidia-smi", f"echo called >> {calls}\n{text}\n")
        return scratch.Workspace(warm.root, environment), calls

    return make


def test_torch_build_follows_the_accelerator(gpu):
    workspace, calls = gpu("exit 0")
    assert _environment(workspace.run("list"))["PANTS_PYTHON_RESOLVES"] == _CUDA
    assert _environment(workspace.run("list"))["PANTS_PYTHON_RESOLVES"] == _CUDA
    assert calls.read_text() == "called\n"
    environment = _environment(workspace.run("list", RULES_TRANSFORMERS_TORCH="cpu"))
    assert "PANTS_PYTHON_RESOLVES" not in environment
    (workspace.root / "3rdparty" / "python" / "ml-cuda.lock").unlink()
    assert "PANTS_PYTHON_RESOLVES" not in _environment(workspace.run("list"))


def test_accelerator_that_does_not_work_means_cpu(gpu):
    workspace, calls = gpu("echo 'driver mismatch' >&2; exit 9")
    for _ in range(2):
        assert "PANTS_PYTHON_RESOLVES" not in _environment(workspace.run("list"))
    assert calls.read_text() == "called\n"
    environment = _environment(workspace.run("list", RULES_TRANSFORMERS_TORCH="cuda"))
    assert environment["PANTS_PYTHON_RESOLVES"] == _CUDA


def test_no_accelerator_means_cpu(warm):
    path = f"{scratch.tools_directory(warm.root.parent / 'tools')}"
    assert "PANTS_PYTHON_RESOLVES" not in _environment(warm.run("list", PATH=path))


@pytest.fixture
def pinned(cold, distributions):
    """A workspace whose ml resolve pins CPU builds of torch that pip does or does not find."""
    directory, _ = distributions
    locks = cold.root / "3rdparty" / "python"
    locks.mkdir(parents=True)
    (locks / "ml-cuda.lock").touch()
    scratch.write_wheel(directory, "torch", "1.0+cpu", {"torch.py": ""})

    def make(version):
        (locks / "ml-cpu.lock").write_text(f"numpy==2\ntorch=={version} ; sys_platform == 'x'\n")
        return cold

    return make


def test_cpu_build_of_torch_in_reach_is_used(pinned):
    result = pinned("1.0+cpu").run("list")
    assert "PANTS_PYTHON_RESOLVES" not in _environment(result)
    assert "warning" not in result.stderr


def test_default_build_of_torch_where_the_cpu_build_is_out_of_reach(pinned):
    workspace = pinned("1.1+cpu")
    result = workspace.run("list")
    assert _environment(result)["PANTS_PYTHON_RESOLVES"] == _CUDA
    assert "warning: pip finds no torch 1.1+cpu; " in result.stderr
    again = workspace.run("list")
    assert _environment(again)["PANTS_PYTHON_RESOLVES"] == _CUDA
    assert again.stderr == ""
    # The lock is watched: one that pins what can be had is used at once.
    environment = _environment(pinned("1.0+cpu").run("list"))
    assert "PANTS_PYTHON_RESOLVES" not in environment
    environment = _environment(pinned("1.1+cpu").run("list", RULES_TRANSFORMERS_TORCH="cpu"))
    assert "PANTS_PYTHON_RESOLVES" not in environment
    assert _environment(workspace.run("list"))["PANTS_PYTHON_RESOLVES"] == _CUDA


_VISION = "+{'ml': '3rdparty/python/ml-cpu-vision.lock'}"


def test_torchvision_comes_with_the_cpu_build_where_both_are_in_reach(pinned, distributions):
    workspace = pinned("1.0+cpu")
    lock = workspace.root / "3rdparty" / "python" / "ml-cpu-vision.lock"
    lock.write_text("torch==1.0+cpu\ntorchvision==0.1+cpu ; sys_platform == 'x'\n")
    result = workspace.run("list")
    assert "PANTS_PYTHON_RESOLVES" not in _environment(result)
    assert "warning: pip finds no torchvision 0.1+cpu; fixtures are built without" in result.stderr
    assert workspace.run("list").stderr == ""
    scratch.write_wheel(distributions[0], "torchvision", "0.1+cpu", {"torchvision.py": ""})
    # The lock is watched, the folder of wheels is not.
    lock.write_text(lock.read_text() + "av==1\n")
    result = workspace.run("list")
    assert _environment(result)["PANTS_PYTHON_RESOLVES"] == _VISION
    assert "warning" not in result.stderr
    environment = _environment(workspace.run("list", RULES_TRANSFORMERS_TORCH="cpu"))
    assert "PANTS_PYTHON_RESOLVES" not in environment
    lock.unlink()
    assert "PANTS_PYTHON_RESOLVES" not in _environment(workspace.run("list"))


def test_the_lock_with_torchvision_can_be_chosen(warm):
    environment = _environment(warm.run("list", RULES_TRANSFORMERS_TORCH="cpu-vision"))
    assert environment["PANTS_PYTHON_RESOLVES"] == _VISION


def test_pip_that_finds_no_torch_at_all_keeps_the_cpu_lock(pinned):
    workspace = pinned("1.0+cpu")
    workspace.run_well("list")
    result = workspace.run("list", PIP_FIND_LINKS="/dev/null")
    assert "PANTS_PYTHON_RESOLVES" not in _environment(result)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RULES_TRANSFORMERS_TORCH", "auto, cpu, cpu-vision or cuda"),
        ("RULES_TRANSFORMERS_PIP_CONFIG", "on or off"),
    ],
)
def test_value_that_cannot_be_is_an_error(warm, name, expected):
    result = warm.run("list", **{name: "rocm"})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {name} is 'rocm', expected {expected}\nhint: ")


def test_missing_support_directory_is_named(warm):
    shutil.rmtree(warm.root / "build-support")
    result = warm.run("list")
    assert result.returncode == 3
    assert "build-support/bootstrap/slow_start.sh is missing\nhint: " in result.stderr
