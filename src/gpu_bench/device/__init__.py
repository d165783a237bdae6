"""The device: finding, locking, timing and watching it."""
