"""The parts of the bootstrap by themselves: pip's options, damage, the state, the pins."""

import ast
import json
import os
import re

import bootstrap
import check_environment
import launch_state
import pex_binary
import pip_settings
import pytest
import scratch
from hypothesis import given
from hypothesis import strategies as st

_URLS = st.from_regex(r"\Ahttps://[a-z]{1,8}(:[!-~]{1,8}@[a-z]{1,5})?/[!-~]{0,12}\Z").filter(
    lambda url: len(url.split()) == 1
)


def _translate(options, environ=None, root="/work space"):
    return pip_settings.translate(options, environ or {}, root)


def _list(value):
    """What Pants makes of a list option in its environment: (adds to the default, entries)."""
    return value.startswith("+"), ast.literal_eval(value.lstrip("+"))


def test_nothing_configured_leaves_pants_alone():
    assert _translate({}) == pip_settings.PantsSettings("", "", "", "")


@given(st.none() | _URLS, st.lists(_URLS, max_size=3))
def test_indexes_arrive_whole(index, extra):
    options = {"extra-index-url": "\n".join(extra)} if extra else {}
    if index is not None:
        options["index-url"] = index
    value = _translate(options).indexes
    if index is not None:
        assert _list(value) == (False, [index, *extra])
    elif extra:
        assert _list(value) == (True, extra)
    else:
        assert value == ""


def test_no_index_leaves_none():
    assert _translate({"no-index": "1", "index-url": "https://one"}).indexes == "[]"
    assert _translate({"no-index": "false", "index-url": "https://one"}).indexes == (
        "['https://one']"
    )


def test_find_links_are_absolute_or_urls():
    options = {"find-links": "wheels ../up /abs file:///x https://y/z ~/home"}
    assert _list(_translate(options).find_links) == (
        True,
        [
            "/work space/wheels",
            "/up",
            "/abs",
            "file:///x",
            "https://y/z",
            os.path.expanduser("~/home"),
        ],
    )


def test_a_password_in_an_address_is_warned_of_and_not_shown(capsys):
    _translate({"index-url": "https://host/simple", "find-links": "https://host/wheels"})
    assert capsys.readouterr().err == ""
    for name in ("index-url", "extra-index-url", "find-links", "proxy"):
        _translate({name: "https://someone:secret@host/simple"})
        said = capsys.readouterr().err
        assert said.startswith(f"warning: pip's option {name} has a password")
        assert "\nhint: " in said
        assert "secret" not in said


def test_certificate_must_exist(tmp_path, capsys):
    certificate = tmp_path / "ca.pem"
    certificate.touch()
    assert _translate({"cert": str(certificate)}).ca_certs == str(certificate)
    assert capsys.readouterr().err == ""
    assert _translate({"cert": "missing.pem"}).ca_certs == ""
    said = capsys.readouterr().err
    assert said.startswith(
        "warning: pip's option cert names /work space/missing.pem, which is not a file"
    )
    assert "\nhint: " in said


def test_proxies_pass_by_name_and_pips_own_by_value():
    environ = {"HTTPS_PROXY": "http://a", "no_proxy": "localhost", "HTTP_PROXY": ""}
    assert _list(_translate({}, environ).process_environment) == (True, ["HTTPS_PROXY", "no_proxy"])
    value = _translate({"proxy": "http://p:1"}, environ).process_environment
    assert _list(value) == (
        True,
        [
            "no_proxy",
            "HTTP_PROXY=http://p:1",
            "http_proxy=http://p:1",
            "HTTPS_PROXY=http://p:1",
            "https_proxy=http://p:1",
        ],
    )


@pytest.mark.parametrize("name", ["trusted-host", "client-cert", "keyring-provider"])
def test_option_without_counterpart_is_said(name, capsys):
    _translate({name: "x"})
    assert f"warning: pip's option {name} has no counterpart" in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_of_the_environment_serve_where_pip_names_none(tmp_path, variable, capsys):
    mine, pips = tmp_path / "mine.pem", tmp_path / "pips.pem"
    for path in (mine, pips):
        path.touch()
    environ = {variable: str(mine)}
    assert _translate({}, environ).ca_certs == str(mine)
    assert _translate({"cert": str(pips)}, environ).ca_certs == str(pips)
    assert capsys.readouterr().err == ""
    assert _translate({}, {variable: "/missing"}).ca_certs == ""
    assert f"warning: {variable} names /missing, which is not a file" in capsys.readouterr().err


def test_options_that_lockfiles_decide_are_named_once_and_ignored(capsys):
    nothing = _translate({})
    options = {"constraint": "/c", "no-binary": ":all:", "require-hashes": "true", "pre": "false"}
    assert _translate(options) == nothing
    (line,) = capsys.readouterr().err.splitlines()
    assert "sets constraint, require-hashes, no-binary, which is ignored" in line


@pytest.mark.parametrize("name", ["user", "target", "prefix", "dry-run", "timeout", "quiet", "log"])
def test_options_of_installing_by_hand_are_nobodys_business(name, capsys):
    assert _translate({name: "1"}) == _translate({})
    assert capsys.readouterr().err == ""


def test_the_bootstraps_own_pip_gets_only_the_way_to_packages():
    options = {"index-url": "https://a", "find-links": "/w", "default-timeout": "9", "target": "/t"}
    environ = {"HOME": "/h", "PIP_TARGET": "/t", "PIP_USER": "1", "PIP_CONFIG_FILE": "/my.conf"}
    assert pip_settings.install_environment(options, environ) == {
        "HOME": "/h",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "https://a",
        "PIP_FIND_LINKS": "/w",
        "PIP_DEFAULT_TIMEOUT": "9",
    }


def test_pips_order_of_precedence(tmp_path):
    (tmp_path / "answer").write_text(
        "install.index-url='https://install'\n"
        "global.index-url='https://global'\n"
        "global.find-links='/global'\n"
        ":env:.find-links='/env'\n"
        "global.proxy=''\n"
        "download.cert='/other-command'\n"
        r"global.extra-index-url='\nhttps://a=b\nhttps://c'"
    )
    pip = scratch.write_script(tmp_path / "python", f"cat {tmp_path}/answer\n")
    assert pip_settings.read_pip_options(str(pip)) == {
        "index-url": "https://install",
        "find-links": "/env",
        "extra-index-url": "\nhttps://a=b\nhttps://c",
    }


def test_unreadable_pip_configuration_is_an_error(tmp_path):
    pip = scratch.write_script(tmp_path / "python", "echo 'no section headers' >&2; exit 1\n")
    with pytest.raises(pip_settings.BootstrapError) as raised:
        pip_settings.read_pip_options(str(pip))
    assert "no section headers" in str(raised.value)
    assert "\nhint: run `pip config list`" in str(raised.value)


@pytest.fixture
def installed(tmp_path):
    """A directory with a manifest."""
    for name, text in {"bin/x": "x", "lib/a.py": "aa", "lib/__pycache__/a.pyc": "c"}.items():
        path = tmp_path / "venv" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "base").touch()
    (tmp_path / "venv" / "bin" / "python").symlink_to(tmp_path / "base")
    check_environment.write_manifest(str(tmp_path))
    return tmp_path


def test_intact_environment_has_no_difference(installed):
    (installed / "venv/lib/__pycache__/a.pyc").unlink()
    (installed / "venv/lib/new.py").touch()
    (installed / "base").write_text("updated in place")
    assert check_environment.first_difference(str(installed)) is None
    assert len(json.loads((installed / "manifest.json").read_text())) == 3


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("venv/lib/a.py", None, "venv/lib/a.py: No such file or directory"),
        ("venv/lib/a.py", "", "venv/lib/a.py: 0 bytes instead of 2"),
        ("base", None, "venv/bin/python: No such file or directory"),
        ("manifest.json", None, "manifest.json: "),
        ("manifest.json", "{", "manifest.json: "),
    ],
)
def test_difference_is_named(installed, name, text, expected):
    (installed / name).unlink()
    if text is not None:
        (installed / name).write_text(text)
    assert check_environment.first_difference(str(installed)).startswith(expected)


def test_state_is_replaced_whole_and_private(tmp_path):
    path = tmp_path / "launch" / "repo" / "launch.state"
    launch_state.write(str(path), launch_state.render([("a", "1"), ("b", "x=y\nz\n"), ("c", "")]))
    assert path.read_text() == "a=1\nb=x=y\nb=z\nc=\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["launch.state"]


def test_states_of_deleted_workspaces_are_dropped(tmp_path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "pants").touch()
    top = f"{tmp_path}/cache/launch"
    launch_state.write(
        f"{top}{workspace}/launch.state", "python=/c/environments/k1/venv/bin/python\n"
    )
    launch_state.write(f"{top}/gone/launch.state", "python=/c/environments/k2/venv/bin/python\n")
    assert launch_state.used_environments(f"{tmp_path}/cache") == {"/c/environments/k1"}
    assert not os.path.exists(f"{top}/gone/launch.state")


@pytest.mark.parametrize(
    "cache", ["/home/a b/.cache", "/home/josé/.cache", "/x/{version}", "/x%20"]
)
def test_pex_lies_where_pants_can_open_it(cache):
    assert pex_binary.pex_directory("/home/a.b-c/.cache") == "/home/a.b-c/.cache/pex"
    assert pex_binary.pex_directory(cache) == f"/var/tmp/rules_transformers-{os.getuid()}/pex"


_SUPPORT = scratch.REPOSITORY / "build-support" / "bootstrap"


@pytest.mark.parametrize("name", sorted(path.name for path in _SUPPORT.glob("requirements*.txt")))
def test_requirements_are_pinned_hashed_and_name_no_host(name):
    text = (_SUPPORT / name).read_text()
    assert "://" not in text
    logical = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE))
    lines = [line for line in logical.splitlines() if line.strip()]
    assert len(lines) > 15
    for line in lines:
        assert re.match(r"[a-z0-9-]+==[\w.]+( ; [^\\]*?)? +--hash=sha256:\w{64}", line), line
    pinned, _ = pex_binary.pin_of(text, "pantsbuild-pants")
    if name == "requirements.txt":
        wanted = (_SUPPORT / "requirements.in").read_text().split()
        assert wanted == [f"pantsbuild.pants=={pinned}"]
    else:
        assert name == f"requirements-{pinned}.txt"


@pytest.mark.parametrize(
    ("settings", "variable", "name"),
    [
        ('[GLOBAL]\npants_version = "2.18.0a0"\n', None, "requirements-2.18.0a0.txt"),
        ("[GLOBAL]\npants_version='2.18.0a0'  # new\n", None, "requirements-2.18.0a0.txt"),
        ('[GLOBAL]\npants_version = "2.17.1"\n', None, "requirements.txt"),
        ('[GLOBAL]\npants_version = "2.17.1"\n', "2.18.0a0", "requirements-2.18.0a0.txt"),
        ('[GLOBAL]\npants_version = "2.99.0"\n', None, "requirements.txt"),
        ('[GLOBAL]\n# pants_version = "2.18.0a0"\n', None, "requirements.txt"),
        (None, None, "requirements.txt"),
    ],
)
def test_the_workspace_says_which_pants(tmp_path, monkeypatch, settings, variable, name):
    monkeypatch.delenv("PANTS_VERSION", raising=False)
    if variable:
        monkeypatch.setenv("PANTS_VERSION", variable)
    if settings is not None:
        (tmp_path / "pants.toml").write_text(settings)
    path = bootstrap._requirements_path(str(tmp_path / "pants.toml"))
    assert path == str(_SUPPORT / name)


def test_pinned_wheels_serve_linux_and_macos():
    """Pants has wheels only: for three Pythons on Linux and macOS, x86_64 and arm64."""
    text = (scratch.REPOSITORY / "build-support/bootstrap/requirements.txt").read_text()
    _, pin = pex_binary.pin_of(text, "pantsbuild-pants")
    assert pin.count("--hash=sha256:") >= 9
