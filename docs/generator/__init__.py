"""The reference pages of the documentation, made from what the code says of itself."""
