"""Texts that are kept encoded."""

from __future__ import annotations

from modular_converter.emit.encoded_texts import EncodedTexts


def test_a_text_comes_out_as_it_went_in() -> None:
    texts = EncodedTexts()
    texts["b"], texts["a"] = "\U0001f6a8\n", "lone \udc80\r\n"
    assert dict(texts) == {"b": "\U0001f6a8\n", "a": "lone \udc80\r\n"}
    assert list(texts) == ["b", "a"]
    assert texts.pop("a") == "lone \udc80\r\n"
    assert dict(texts) == {"b": "\U0001f6a8\n"}
