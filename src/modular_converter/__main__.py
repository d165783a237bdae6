"""``python -m modular_converter``."""

import gc
import sys

from modular_converter.cli.main import main

if __name__ == "__main__":
    exit_code = main()
    # The interpreter looks for cycles in all that is left when it ends: it is about to be freed.
    gc.freeze()
    sys.exit(exit_code)
