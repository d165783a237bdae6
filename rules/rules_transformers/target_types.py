"""Fields that targets of several backends have."""

from __future__ import annotations

from pants.engine.addresses import Address
from pants.engine.target import IntField, InvalidFieldException

LARGEST_SEED = 2**32 - 1


class SeedField(IntField):
    alias = "seed"
    default = 0

    @classmethod
    def compute_value(cls, raw_value: int | None, address: Address) -> int:
        value = super().compute_value(raw_value, address)
        assert value is not None, "there is a default"
        if not 0 <= value <= LARGEST_SEED:
            raise InvalidFieldException(
                f"The `{cls.alias}` field in target {address} must be from 0 to {LARGEST_SEED}, "
                f"but it was {value}"
            )
        return value
