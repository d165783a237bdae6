import json

import pytest

from rules_transformers.util_rules.lockfile_pins import pinned_requirement

_REQUIREMENTS = """\
# transformers==1.0
torch==2.13.0+cpu ; sys_platform == 'linux'
transformers==5.23.0 \\
    --hash=sha256:00
    # via -r requirements.txt
huggingface_hub[cli]==2.4.0
"""

_PEX_LOCK = "// a header\n" + json.dumps(
    {
        "locked_resolves": [
            {
                "locked_requirements": [
                    {"project_name": "torch", "version": "2.13.0"},
                    {"project_name": "transformers", "version": "5.8.0"},
                ]
            }
        ]
    },
    indent=2,
)

# As uv 0.13.9 writes it, shortened.
_UV_LOCK = """\
version = 1
revision = 5
requires-python = "==3.11.*"

[[package]]
name = "acme"
version = "0"
source = { virtual = "." }
dependencies = [
    { name = "transformers" },
]

[package.metadata]
requires-dist = [{ name = "transformers", specifier = "==5.23.0" }]

[[package]]
name = "hf-xet"
version = "1.5.1"
source = { registry = "https://index.example.org/simple" }
sdist = { url = "https://index.example.org/hf_xet-1.5.1.tar.gz", hash = "sha256:00", size = 1 }

[[package]]
name = "transformers"
version = "5.23.0"
source = { registry = "https://index.example.org/simple" }
dependencies = [
    { name = "hf-xet", marker = "platform_machine == 'x86_64'" },
]

[package.optional-dependencies]
torch = [
    { name = "torch", version = "2.13.0" },
]
"""


@pytest.mark.parametrize(
    ("lockfile", "distribution", "expected"),
    [
        (_REQUIREMENTS, "transformers", "transformers==5.23.0"),
        (_REQUIREMENTS, "torch", "torch==2.13.0+cpu"),
        (_REQUIREMENTS, "huggingface-hub", "huggingface-hub==2.4.0"),
        (_REQUIREMENTS, "trans", None),
        (_PEX_LOCK, "Transformers", "Transformers==5.8.0"),
        (_PEX_LOCK, "libcst", None),
        (_UV_LOCK, "transformers", "transformers==5.23.0"),
        (_UV_LOCK, "hf_xet", "hf_xet==1.5.1"),
        (_UV_LOCK, "torch", None),
        ("", "transformers", None),
    ],
)
def test_pinned_requirement(lockfile: str, distribution: str, expected: "str | None") -> None:
    assert pinned_requirement(lockfile, distribution) == expected
