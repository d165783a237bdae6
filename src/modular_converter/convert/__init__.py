"""The conversion of one model and of many, and the outline that Pants asks for first."""
