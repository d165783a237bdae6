"""What every tool needs and none of them owns; imports the standard library alone."""
