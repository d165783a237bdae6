"""What the installed transformers has: model types, classes, tables, packages."""
