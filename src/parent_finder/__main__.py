"""``python -m parent_finder``."""

import sys

from parent_finder.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
