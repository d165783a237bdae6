"""What tests and the documentation use; in no sandbox and not in the wheel."""
