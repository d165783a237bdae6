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


@pytest.mark.parametrize(
    ("lockfile", "distribution", "expected"),
    [
        (_REQUIREMENTS, "transformers", "transformers==5.23.0"),
        (_REQUIREMENTS, "torch", "torch==2.13.0+cpu"),
        (_REQUIREMENTS, "huggingface-hub", "huggingface-hub==2.4.0"),
        (_REQUIREMENTS, "trans", None),
        (_PEX_LOCK, "Transformers", "Transformers==5.8.0"),
        (_PEX_LOCK, "libcst", None),
        ("", "transformers", None),
    ],
)
def test_pinned_requirement(lockfile: str, distribution: str, expected: "str | None") -> None:
    assert pinned_requirement(lockfile, distribution) == expected
