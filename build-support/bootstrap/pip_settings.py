"""pip's own configuration, in the words of Pants.

Pants reads neither pip's files nor its environment variables. A machine that reaches its package
index through them would work with pip and fail with Pants.
"""

import ast
import collections
import os
import re
import subprocess

from messages import BootstrapError, note

PantsSettings = collections.namedtuple(
    "PantsSettings", ["indexes", "find_links", "ca_certs", "process_environment"]
)
"""Values of [python-repos].indexes and find_links, [GLOBAL].ca_certs_path and
[subprocess-environment].env_vars as Pants parses them from its environment; "" leaves one alone."""

_PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_ADDRESSES = ("index-url", "extra-index-url", "find-links", "proxy")
_WITHOUT_COUNTERPART = ("trusted-host", "client-cert")


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
        # An empty value is no value for pip.
        merged.update((name, value) for name, value in options.items() if value)
    return merged


def translate(options, environ, root):
    """Turns pip's options into Pants'.

    Args:
        options: as `read_pip_options` returns them.
        environ: the caller's environment, for proxies.
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
    if options.get("no-index", "").lower() in ("1", "true", "yes", "on", "y", "t"):
        indexes = "[]"
    elif "index-url" in options:
        indexes = repr([options["index-url"].strip(), *extra])
    else:
        indexes = "+" + repr(extra) if extra else ""

    find_links = [_location(entry, root) for entry in options.get("find-links", "").split()]

    ca_certs = ""
    if "cert" in options:
        path = _local_path(options["cert"], root)
        if os.path.isfile(path):
            ca_certs = path
        else:
            note(
                "pip's option cert names {}, which is no file; Pants does without it".format(path),
                "correct it: pip config debug shows where it is set",
            )

    for name in _WITHOUT_COUNTERPART:
        if name in options:
            note(
                "pip's option {} has no counterpart in Pants 2.17".format(name),
                "reach the index over https with a certificate that pip's option cert names",
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
        ca_certs=ca_certs,
        process_environment="+" + repr(passed) if passed else "",
    )


def _location(entry, root):
    return entry if re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", entry) else _local_path(entry, root)


def _local_path(entry, root):
    return os.path.normpath(os.path.join(root, os.path.expanduser(entry)))


def _pip(python, verb):
    result = subprocess.run(
        [python, "-I", "-m", "pip", "--disable-pip-version-check", "config", verb],
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
