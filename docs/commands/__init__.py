"""The commands of the pages, so that tests can run them and know of all."""
