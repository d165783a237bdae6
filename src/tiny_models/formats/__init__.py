"""The same model in forms that other libraries load, in the directory of its fixture."""
