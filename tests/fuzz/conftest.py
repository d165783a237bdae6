"""Makes the helper modules beside the tests, and those of the conformance tests, importable."""

import os
import sys

_HERE = os.path.dirname(__file__)
sys.path[:0] = [_HERE, os.path.join(_HERE, "..", "conformance")]
