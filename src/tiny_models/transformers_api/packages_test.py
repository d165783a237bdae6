from __future__ import annotations

import pytest

from tiny_models.core.errors import MissingPackage
from tiny_models.transformers_api.packages import missing_package, named_packages


@pytest.mark.parametrize(
    ("module", "message", "hint"),
    [
        ("no_such_package.part", "needs no_such_package, which", "requirements of the resolve"),
        ("json.no_such_part", "needs json.no_such_part, which is not there", "a dependency of"),
    ],
)
def test_what_is_missing_is_named(module: str, message: str, hint: str) -> None:
    with pytest.raises(MissingPackage) as caught, named_packages("SomeModel"):
        __import__(module)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


def test_a_package_has_the_name_that_it_has_on_an_index() -> None:
    problem = ImportError("SomePipeline requires the PyAv library but it was not found")
    assert missing_package(problem) == "av"
    assert missing_package(ImportError("A requires the Torchvision library but")) == "torchvision"
