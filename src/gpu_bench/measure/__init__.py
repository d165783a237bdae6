"""One measurement, from the warm-up to the result file."""
