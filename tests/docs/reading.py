"""Reads the documents: their tables, fenced blocks, links and the commands they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md")], key=lambda path: path.relative_to(ROOT).as_posix()
)

_FENCE = re.compile(r"^```(\w*) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$")
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: ```` ```language mark ````."""

    document: Path
    language: str
    mark: str
    text: str

    @property
    def where(self) -> str:
        """A name for test ids."""
        return f"{self.document.name}-{self.mark or self.language}-{self.text[:20].split()}"


@dataclass(frozen=True)
class Table:
    """A table and the heading it stands under; cells as written."""

    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def names(self, column: int = 0) -> list[str]:
        """What stands in backticks in one column, in order."""
        return [name for row in self.rows for name in spans(row[column])]


def document(name: str) -> Path:
    """A document by its name below docs/."""
    return DOCS / f"{name}.md"


@cache
def content(path: Path) -> str:
    """The whole text."""
    return path.read_text("utf-8")


def prose(path: Path) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", content(path))


def blocks(path: Path) -> list[Block]:
    """Every fenced block."""
    return [Block(path, *found.groups()) for found in _FENCE.finditer(content(path))]


def all_blocks(language: str, mark: str | None = None) -> list[Block]:
    """Every block of a language (and with a mark) in all documents."""
    return [
        block
        for path in DOCUMENTS
        for block in blocks(path)
        if block.language == language and mark in (None, block.mark)
    ]


def spans(text: str) -> list[str]:
    """What stands in backticks."""
    return _SPAN.findall(text)


def links(path: Path) -> list[str]:
    """Targets of all links."""
    return _LINK.findall(prose(path))


def sections(path: Path) -> dict[str, str]:
    """Heading -> the text below it, up to the next heading of any level."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in content(path).splitlines():
        if match := _HEADING.match(line):
            heading = match[2]
        found.setdefault(heading, []).append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def anchors(path: Path) -> set[str]:
    """The anchors of all headings, as GitHub makes them."""
    headings = [match[2] for line in prose(path).splitlines() if (match := _HEADING.match(line))]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def tables(path: Path) -> Iterator[Table]:
    """Every table in order."""
    for heading, text in sections(path).items():
        lines = [line for line in text.splitlines() if line.startswith("|") or not line.strip()]
        part: list[tuple[str, ...]] = []
        for line in [*lines, ""]:
            if line:
                part.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            elif part:
                yield Table(heading, part[0], tuple(part[2:]))
                part = []


def table(path: Path, heading: str, nth: int = 0) -> Table:
    """The nth table under a heading."""
    return [found for found in tables(path) if found.heading == heading][nth]


def commands(text: str) -> list[str]:
    """Command lines of seedwatch that a shell block or a sentence names, without comments."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    found = re.compile(r"^(?:\w+=\S+ )?(?:seedwatch|sh service/launch\.sh)(?: (.+))?$")
    return [match[1] or "" for line in lines if (match := found.match(line))]
