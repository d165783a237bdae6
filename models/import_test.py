import os
import subprocess
import sys

import pytest
from transformers import CONFIG_MAPPING

import models.bazaar
import models.ember
import models.fresco
import models.palette
import models.quill
import models.warble

PACKAGES = [
    models.bazaar,
    models.ember,
    models.fresco,
    models.palette,
    models.quill,
    models.warble,
]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_package_exports_what_its_modules_do(package):
    exported = set()
    for name, module in sys.modules.items():
        parent, _, child = name.rpartition(".")
        if parent == package.__name__ and not child.endswith("_test"):
            exported |= set(module.__all__)
    assert exported == set(package.__all__)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_auto_classes_know_the_model(package):
    name = package.__name__.rpartition(".")[2]
    assert CONFIG_MAPPING[name] is getattr(package, f"{name.title()}Config")


def test_imports_print_nothing():
    names = ", ".join(package.__name__ for package in PACKAGES)
    done = subprocess.run(
        [sys.executable, "-c", f"import {names}"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
