"""Turns modular model files into the standalone model files next to them."""
