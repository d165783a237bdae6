from __future__ import annotations

import pytest

from tiny_models.tokenizers.processor_tokens import expected_tokens, source_of, takes_tokenizer


def of(body: str) -> dict[str, str | None]:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    source = f"class P:\n    def __init__(self, tokenizer):\n{lines}"
    return expected_tokens(source, "P")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.x = tokenizer.image_token", {"image_token": None}),
        ("self.x = self.tokenizer.image_token_id", {"image_token": None}),
        ("self.x = getattr(tokenizer, 'image_token', '<image>')", {"image_token": "<image>"}),
        (
            "self.image_token = tokenizer.image_token if hasattr(tokenizer, 'image_token')"
            " else '<image>'",
            {"image_token": "<image>"},
        ),
        ("self.boi_token = AddedToken('<boi>', special=True).content", {"boi_token": "<boi>"}),
        ("self.x = tokenizer.eos_token", {}),
        ("tokenizer.add_bos_token = False", {}),
        ("self.x = other.image_token", {}),
    ],
)
def test_ways_of_naming_a_token(body: str, expected: dict[str, str | None]) -> None:
    assert of(body) == expected


def test_a_parameter_with_a_text() -> None:
    source = (
        "class P:\n    def __init__(self, tokenizer, n=3, *, audio_token='<a>'):\n        pass\n"
    )
    assert expected_tokens(source, "P") == {"audio_token": "<a>"}
    assert takes_tokenizer(source, "P")


@pytest.mark.parametrize(
    "repeated", ["'<patch>' * n", "['<patch>'] * n", "f\"<a>{'<patch>' * n}\""]
)
def test_what_a_processor_repeats_for_an_image(repeated: str) -> None:
    source = f"class P:\n    def replace_image_token(self, n):\n        return {repeated}\n"
    assert expected_tokens(source, "P") == {"img_patch_token": "<patch>"}
    assert expected_tokens(source.replace("image", "audio"), "P") == {}


def test_other_texts_may_be_repeated_for_an_image() -> None:
    source = "class P:\n    def draw_image(self, n):\n        return ' ' * n + self.token * n\n"
    assert expected_tokens(source, "P") == {}


def test_another_class_of_the_module_is_left_out() -> None:
    source = "class Other:\n    image_token = 1\n\nclass P:\n    pass\n"
    assert expected_tokens(source, "P") == {}
    assert not takes_tokenizer(source, "P")


def test_a_module_that_is_not_there() -> None:
    assert source_of("no_such_package_anywhere.module") is None


def test_a_class_that_names_its_parts_by_attributes() -> None:
    assert takes_tokenizer("class P:\n    tokenizer_class = 'AutoTokenizer'\n", "P")
    assert not takes_tokenizer("class P:\n    image_processor_class = 'X'\n", "P")
