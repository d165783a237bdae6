"""Libraries for tests."""
