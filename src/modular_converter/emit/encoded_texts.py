"""Many texts at once, in the memory of their files."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping


class EncodedTexts(MutableMapping[str, str]):
    """Texts by path, encoded while nobody reads them.

    A single emoji, as in the banner of generated files, makes Python spend four bytes on each
    character of a text.
    """

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def __getitem__(self, path: str) -> str:
        """The text of a path, decoded."""
        return self._data[path].decode("utf-8", "surrogatepass")

    def __setitem__(self, path: str, text: str) -> None:
        """Keeps a text."""
        self._data[path] = text.encode("utf-8", "surrogatepass")

    def put_encoded(self, path: str, data: bytes) -> None:
        """Keeps a text that is encoded in UTF-8."""
        self._data[path] = data

    def __delitem__(self, path: str) -> None:
        """Drops a text."""
        del self._data[path]

    def __iter__(self) -> Iterator[str]:
        """The paths, in the order in which they were added."""
        return iter(self._data)

    def __len__(self) -> int:
        """The number of texts."""
        return len(self._data)
