"""Finds the command lines that the project documents or prints, whatever the kind of the file.

Found are the blocks of commands of pages, the steps of workflows, lines of scripts, and pieces of
text between backticks: in pages, comments, help texts, messages and hints. In a Python string, a
value that is put in counts as the word `VALUE`, and Pants' name as `pants`.
"""

from __future__ import annotations

import ast
import io
import re
import shlex
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from docs.commands.page import Commands, blocks

VALUE = "VALUE"
_PLACEHOLDER = re.compile(r"\[?[A-Z][A-Z_]*\]?…?|.*…")

_FENCED = re.compile(r"```.*?```", re.DOTALL)
_QUOTED = re.compile(r"`((?:[^`\n]|\n(?!\s*\n))+)`")
_STEP = re.compile(
    r"^(?P<indent> *)(?:- )?(?:run|entry): (?P<text>.*\n(?:(?P=indent) .*\n)*)", re.MULTILINE
)
# A sentence may begin so too, and ends with a full stop.
_WHOLE_LINE = re.compile(
    r"^ *(?:\$ )?((?:\./)?pants .*|python3?(?:\.\d+)? -m .*)(?<![a-z]\.)$", re.MULTILINE
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")


@dataclass(frozen=True)
class CommandLine:
    """What may be a command, in the words of a shell.

    :param place: `FILE:LINE`; in a Python string, the line where the string begins.
    :param is_whole: whether it is to be run as it stands; text between backticks may name a
        command and an option of it, and leave out the rest.
    """

    place: str
    words: tuple[str, ...]
    is_whole: bool

    def __str__(self) -> str:
        return f"{self.place}: {shlex.join(self.words)}"


@dataclass(frozen=True)
class _Piece:
    """A text that may hold commands, with its line in the file."""

    line: int
    text: str
    is_whole: bool = True


def command_lines(path: Path, root: Path) -> Iterator[CommandLine]:
    """All of a file below `root`; of what stands between backticks, all that has several words."""
    where = path.relative_to(root).as_posix()
    for piece in _pieces(path, root):
        for words in simple_commands(piece.text):
            if len(words) > 1:
                yield CommandLine(f"{where}:{piece.line}", words, piece.is_whole)


def _pieces(path: Path, root: Path) -> Iterator[_Piece]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        for block in blocks(path, root):
            if isinstance(block, Commands):
                yield from (_Piece(block.line, command) for command in block.lines)
        yield from _quoted(text)
    elif path.suffix == ".py":
        for line, string in _strings(text):
            for pieces in (_quoted, _whole_lines, _options):
                yield from (replace(piece, line=line) for piece in pieces(string))
    else:
        yield from _quoted(text)
        yield from _whole_lines(text)
        if path.suffix in (".yml", ".yaml"):
            yield from _steps(text)


def _quoted(text: str) -> Iterator[_Piece]:
    # Blocks are blanked so that lines keep their numbers.
    text = _FENCED.sub(lambda block: "\n" * block[0].count("\n"), text).replace("``", "`")
    for quoted in _QUOTED.finditer(text):
        words = re.sub(r"\s+(?:# )?", " ", quoted[1])
        yield _Piece(_line(text, quoted.start()), words, is_whole=False)


def _whole_lines(text: str) -> Iterator[_Piece]:
    for whole in _WHOLE_LINE.finditer(text):
        if "`" not in whole[1]:
            yield _Piece(_line(text, whole.start()), whole[1])


def _options(text: str) -> Iterator[_Piece]:
    """Of an option whose value is a command, the command."""
    for option in re.finditer(r"^--[a-z-]+-command=(.*)", text):
        yield _Piece(1, option[1])


def _steps(text: str) -> Iterator[_Piece]:
    for step in _STEP.finditer(text):
        first = _line(text, step.start())
        style, _, block = step["text"].partition("\n")
        if style.startswith("|"):
            yield from (_Piece(first + n, line) for n, line in enumerate(block.splitlines(), 1))
        else:
            command = " ".join(re.sub(r"^>-?\n", "", step["text"]).split())
            quoted = len(command) > 1 and command[0] == command[-1] == '"'
            yield _Piece(first, command[1:-1] if quoted else command)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _strings(source: str) -> Iterator[tuple[int, str]]:
    """The strings of a module with their lines; a value in an f-string is `VALUE`.

    Tokens and not the syntax tree say where they are: the tools' syntax is newer than Pants'
    interpreter.
    """
    parts: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING:
            parts.append(token)
        elif parts and token.type not in (tokenize.NL, tokenize.COMMENT):
            yield parts[0].start[0], _value(" ".join(part.string for part in parts))
            parts = []


def _value(literal: str) -> str:
    node = ast.parse(f"({literal})", mode="eval").body
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(map(_part, parts)).replace("{}", VALUE)


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    asked_by = isinstance(node, ast.FormattedValue) and ast.unparse(node.value) == "bin_name()"
    return "pants" if asked_by else VALUE


def simple_commands(text: str) -> list[tuple[str, ...]]:
    """The commands of a line of shell, without redirections, assignments and comments.

    A text that is none, such as one with a single quotation mark, gives nothing.
    """
    lexer = shlex.shlex(re.sub(r"(?:^|\s)#.*", "", text), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    commands: list[list[str]] = [[]]
    redirected = False
    try:
        for word in lexer:
            if re.fullmatch(r"[<>]+&?", word):
                if commands[-1][-1:] == ["2"]:
                    commands[-1].pop()
                redirected = True
            elif re.fullmatch(r"[|&;]+", word):
                commands.append([])
            elif redirected:
                redirected = False
            else:
                commands[-1].append(word)
    except ValueError:
        return []
    return [tuple(_without_assignments(words)) for words in commands if words]


def _without_assignments(words: list[str]) -> list[str]:
    while words and _ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    return words


def is_placeholder(word: str) -> bool:
    """Whether a word stands for others, as `FILE…` does."""
    return _PLACEHOLDER.fullmatch(word) is not None


def project_files(root: Path) -> list[Path]:
    """The files that are read: pages, plugin, tools, examples, scripts, workflows, BUILD files."""
    patterns = (
        "*.md",
        "**/*.md",
        "**/BUILD",
        "**/*.toml",
        "docs/examples/**/*",
        "docs/generator/*.py",
        "rules/**/*.py",
        "src/**/*.py",
        "src/**/*.json",
        "pants",
        "build-support/**/*",
        ".ci/*",
        ".github/**/*",
        ".pre-commit-config.yaml",
    )
    paths = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in paths if not path.name.endswith(("_test.py", ".pyc")))
