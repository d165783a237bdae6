"""Every class of the installed transformers, tried."""
