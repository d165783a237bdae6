"""``python -m tiny_models``."""

import sys

from tiny_models.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
