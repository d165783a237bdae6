"""``python -m modular_converter``."""

import sys

from modular_converter.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
