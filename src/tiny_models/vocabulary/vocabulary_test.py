import pytest

from tiny_models.vocabulary.vocabulary import Vocabulary


def test_ids_outside_are_refused() -> None:
    with pytest.raises(ValueError, match="pad_token_id is 8, outside a vocabulary of 8"):
        Vocabulary(8, {"pad_token_id": 8})
    with pytest.raises(ValueError, match="eos_token_id is -1"):
        Vocabulary(8, {"eos_token_id": -1})
    with pytest.raises(ValueError, match="at least one token"):
        Vocabulary(0)


def test_later_changes_to_the_mapping_have_no_effect() -> None:
    ids = {"pad_token_id": 0}
    vocabulary = Vocabulary(8, ids)
    ids["pad_token_id"] = 7
    assert vocabulary.special_ids["pad_token_id"] == 0
