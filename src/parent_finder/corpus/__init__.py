"""The library as features: its files, their units, and the index of them all."""
