"""``python -m gpu_bench``."""

import sys

from gpu_bench.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
