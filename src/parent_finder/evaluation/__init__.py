"""How good the ranking and the modular files are, and how the constants were chosen."""
