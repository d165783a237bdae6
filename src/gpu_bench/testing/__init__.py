"""Simulated measurements and made-up runs, for tests and benchmarks only; never shipped."""
