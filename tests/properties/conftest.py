"""Settings of all property tests."""

from hypothesis import HealthCheck, settings

# Conversions start ruff: their time says nothing. Without a seed from outside, runs are equal.
settings.register_profile(
    "conversions", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("conversions")
