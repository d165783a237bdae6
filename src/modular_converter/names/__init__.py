"""Names of models, and the rename of one into another in all of its forms."""
