"""From merged classes to the text of each generated file, and its way to the disk."""
