"""Weights as a function of a seed, and the files that they are stored in."""
