"""Spoils what a tool reads, and holds what happens against what may happen.

The seed changes daily and is printed. RULES_TRANSFORMERS_FUZZ_SEED repeats a day, and
RULES_TRANSFORMERS_FUZZ_SECONDS makes each input's part that long.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.json_mutations import mutated, spoilt
from tests.sampling.daily_seed import SEED
from toolkit.errors import ToolError

_SECONDS = float(os.environ.get("RULES_TRANSFORMERS_FUZZ_SECONDS") or 5)
# For one input, far above what any takes.
_LONGEST = 10.0


@dataclass(frozen=True)
class Subject:
    """Something that a tool reads: the file that is spoilt, and what reads it.

    ``seal`` makes the rest fit the spoilt file, so that more than its digest is looked at.
    """

    file: Path
    read: Callable[[], Any]
    seal: Callable[[], None] = lambda: None


def _header_of(content: bytes) -> tuple[Any, bytes]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def _spoilt_file(random: Random, name: str, content: bytes) -> bytes:
    if content[:1] in (b"{", b"["):
        return mutated(random, json.loads(content))
    if not name.endswith(".safetensors") or random.random() < 0.2:
        return spoilt(random, content)
    header, data = _header_of(content)
    text = mutated(random, header)
    length = len(text) if random.random() < 0.9 else random.choice((0, 2**63, len(text) + 1))
    return length.to_bytes(8, "little") + text + data


def check(name: str, subject: Subject) -> None:
    """Spoils a subject again and again: each time it is read, or refused by a clear message."""
    subject.read()
    content = subject.file.read_bytes()
    print(f"seed {SEED}")
    ends: Counter[str] = Counter()
    deadline = time.process_time() + _SECONDS
    number = 0
    while time.process_time() < deadline:
        number += 1
        random = Random(f"{SEED}:{name}:{number}")
        case = _spoilt_file(random, subject.file.name, content)
        subject.file.write_bytes(case)
        subject.seal()
        started = time.process_time()
        try:
            subject.read()
            ends["read"] += 1
        except ToolError as problem:
            ends["refused"] += 1
            assert problem.message, f"seed {SEED}, case {number}"
            lines = problem.render().split("\n")
            # A tab is kept: it steers no terminal.
            is_text = all(line.replace("\t", "").isprintable() for line in lines)
            assert is_text, f"seed {SEED}, case {number}"
        except BaseException as failure:
            raise AssertionError(f"seed {SEED}, case {number}: {case[:2000]!r}") from failure
        assert time.process_time() - started < _LONGEST, f"seed {SEED}, case {number}"
    print(f"{name}: {number} inputs, {dict(ends)}")
    # Spoiling does harm, and the reader notices.
    assert ends["refused"] > number // 10
