"""What all other folders use: errors, arrays in files, names of models, releases."""
