from pants.engine.addresses import Address
from pants.util.docutil import bin_name

from rules_transformers.modular.util_rules.staleness import (
    difference,
    generate_command,
    stale_paths,
)


def test_stale_paths_are_the_missing_and_the_different_ones() -> None:
    fresh = {"b.py": b"b", "a.py": b"a", "same.py": b"s"}
    assert stale_paths(fresh, {"a.py": b"old", "same.py": b"s", "other.py": b""}) == (
        "a.py",
        "b.py",
    )


def test_diff_of_a_changed_file() -> None:
    assert difference("m/x.py", b"one\ntwo\n", b"one\n2\n") == (
        "--- a/m/x.py\n+++ b/m/x.py\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
    )


def test_a_missing_file_is_one_line() -> None:
    assert difference("m/x.py", None, b"one\n" * 459) == "m/x.py is missing\n"


def test_diff_marks_a_missing_newline_at_the_end() -> None:
    assert difference("x.py", b"one", b"one\n") == (
        "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+one\n"
    )


def test_the_command_names_a_few_addresses_or_all() -> None:
    addresses = [Address(f"m/{name}", target_name=name) for name in "fbacde"]
    assert generate_command(addresses[1:3]) == f"{bin_name()} generate m/a:a m/b:b"
    assert generate_command(addresses) == f"{bin_name()} generate ::"
