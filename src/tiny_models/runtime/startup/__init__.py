"""The directory that Python programs find on PYTHONPATH, with what they run at their start."""
