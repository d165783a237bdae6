"""The files of a model repository, and the classes that load them."""
