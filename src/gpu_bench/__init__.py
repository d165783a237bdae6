"""Measures models on an accelerator and judges the figures: `python -m gpu_bench`."""
