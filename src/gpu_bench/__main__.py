"""``python -m gpu_bench``."""

import sys

from gpu_bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
