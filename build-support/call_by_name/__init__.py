"""Writes the rules in the style that Pants 2.32 requires: rules call rules by name."""
