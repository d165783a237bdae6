"""The parent files as seen under the new model's name."""
