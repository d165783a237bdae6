"""Makes the helper modules beside the tests importable; settings of all property tests."""

import os
import sys

from hypothesis import HealthCheck, settings

sys.path.insert(0, os.path.dirname(__file__))

# Conversions start ruff: their time says nothing. Without a seed from outside, runs are equal.
settings.register_profile(
    "conversions", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("conversions")
