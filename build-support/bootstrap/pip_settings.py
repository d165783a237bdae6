"""pip's own configuration, in the words of Pants.

Pants reads neither pip's files nor its environment variables. A machine that reaches its package
index through them would work with pip and fail with Pants.
"""

import ast
import collections
import os
import re
import subprocess

from messages import BootstrapError, note, say

PantsSettings = collections.namedtuple(
    "PantsSettings", ["indexes", "find_links", "ca_certs", "process_environment"]
)
"""Values of [python-repos].indexes and find_links, [GLOBAL].ca_certs_path and
[subprocess-environment].env_vars as Pants parses them from its environment; "" leaves one alone."""

_PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_ADDRESSES = ("index-url", "extra-index-url", "find-links", "proxy")
# Where requests, which pip fetches with, looks for certificates when pip's option says nothing.
_BUNDLE_NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_WITHOUT_COUNTERPART = ("trusted-host", "client-cert", "keyring-provider")
# What decides on the packages themselves. Locks do that here, by version and mostly by hash, and
# must give the same everywhere.
_DECIDED_BY_LOCKS = (
    "constraint",
    "build-constraint",
    "require-hashes",
    "only-binary",
    "no-binary",
    "prefer-binary",
    "pre",
    "no-deps",
    "uploaded-prior-to",
)
# What the bootstrap's own pip gets: how packages are reached, and nothing of where they go or
# which they are.
_REACH = (
    "index-url",
    "extra-index-url",
    "no-index",
    "find-links",
    "cert",
    "client-cert",
    "trusted-host",
    "proxy",
    "keyring-provider",
    "timeout",
    "default-timeout",
    "retries",
    "cache-dir",
    "no-cache-dir",
)
_FALSE = ("", "0", "false", "no", "off", "n", "f")


def configuration_files(python):
    """Returns the paths where pip looks for its configuration, also those that do not exist."""
    paths = []
    for line in _pip(python, "debug").split("\n"):
        match = re.match(r"^  (.+), exists: (?:True|False)$", line)
        if match is not None:
            paths.append(match.group(1))
    return paths


def read_pip_options(python):
    """Returns the options as `pip install` sees them: a dictionary from name to value."""
    ranked = {"global": {}, "install": {}, ":env:": {}}
    for line in _pip(python, "list").split("\n"):
        match = re.match(r"^(global|install|:env:)\.([^=]+)=(.*)$", line)
        if match is not None:
            ranked[match.group(1)][match.group(2)] = ast.literal_eval(match.group(3))
    merged = {}
    for options in ranked.values():
        # An empty value is not a value for pip.
        merged.update((name, value) for name, value in options.items() if value)
    return merged


def translate(options, environ, root):
    """Turns pip's options into Pants'.

    Args:
        options: as `read_pip_options` returns them.
        environ: the caller's environment, for proxies and certificates.
        root: relative paths are relative to this directory.
    """
    for name in _ADDRESSES:
        if re.search(r"//[^/@\s]+@", options.get(name, "")):
            note(
                "pip's option {} has a password; what Pants installs has it in its cache "
                "keys and debug logs".format(name),
                "name a proxy that asks for none"
                if name == "proxy"
                else "keep it in ~/.netrc, which pip reads under Pants as well",
            )

    extra = options.get("extra-index-url", "").split()
    if _is_set(options, "no-index"):
        indexes = "[]"
    elif "index-url" in options:
        indexes = repr([options["index-url"].strip(), *extra])
    else:
        indexes = "+" + repr(extra) if extra else ""

    find_links = [_location(entry, root) for entry in options.get("find-links", "").split()]

    for name in _WITHOUT_COUNTERPART:
        if name in options:
            note(
                "pip's option {} has no counterpart in Pants 2.17".format(name),
                "reach the index over https with a certificate that pip's option cert names, "
                "and keep passwords in ~/.netrc",
            )
    ignored = [name for name in _DECIDED_BY_LOCKS if _is_set(options, name)]
    if ignored:
        say(
            "pip's configuration sets {}, which is ignored: lockfiles decide which packages are "
            "installed".format(", ".join(ignored))
        )

    passed = []
    for name in _PROXY_NAMES:
        passed.extend(each for each in (name, name.lower()) if environ.get(each))
    if "proxy" in options:
        overridden = ("HTTP_PROXY", "HTTPS_PROXY")
        passed = [name for name in passed if name.upper() not in overridden]
        for name in overridden:
            for each in (name, name.lower()):
                passed.append("{}={}".format(each, options["proxy"].strip()))

    return PantsSettings(
        indexes=indexes,
        find_links="+" + repr(find_links) if find_links else "",
        ca_certs=_certificates(options, environ, root),
        process_environment="+" + repr(passed) if passed else "",
    )


def install_environment(options, environ):
    """Returns the environment for a pip that installs pinned packages for the bootstrap.

    It reaches packages as the user's pip does. Everything else of pip's configuration stays
    outside: a target directory or a constraint would spoil the installation.

    Args:
        options: as `read_pip_options` returns them.
        environ: the caller's environment.
    """
    environment = {
        name: value for name, value in environ.items() if not name.upper().startswith("PIP_")
    }
    environment["PIP_CONFIG_FILE"] = os.devnull
    environment.update(reach_variables(options))
    return environment


def reach_variables(options):
    """Returns pip's variables for the options that say how packages are reached.

    Args:
        options: as `read_pip_options` returns them.
    """
    # Lists may stand on several lines in a file; pip splits them at any white space.
    return {
        "PIP_" + name.upper().replace("-", "_"): " ".join(options[name].split("\n")).strip()
        for name in _REACH
        if name in options
    }


def _certificates(options, environ, root):
    if "cert" in options:
        source, path = "pip's option cert", _local_path(options["cert"], root)
    else:
        source = next((name for name in _BUNDLE_NAMES if environ.get(name)), None)
        if source is None:
            return ""
        path = _local_path(environ[source], root)
    if os.path.isfile(path):
        return path
    note(
        "{} names {}, which is not a file; Pants does without it".format(source, path),
        "correct it: `pip config debug` shows where pip's options are set",
    )
    return ""


def _is_set(options, name):
    return options.get(name, "").lower() not in _FALSE


def _location(entry, root):
    return entry if re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", entry) else _local_path(entry, root)


def _local_path(entry, root):
    return os.path.normpath(os.path.join(root, os.path.expanduser(entry)))


def _pip(python, verb):
    result = subprocess.run(
        [python, "-I", "-m", "pip", "--disable-pip-version-check", "config", verb],
        # A `quiet` in a file would leave nothing to read.
        env={**os.environ, "PIP_QUIET": "0", "PIP_VERBOSE": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    if result.returncode != 0:
        raise BootstrapError(
            "pip cannot read its configuration\n" + result.stderr.rstrip(),
            "run `pip config {}` and correct what it names".format(verb),
        )
    return result.stdout
