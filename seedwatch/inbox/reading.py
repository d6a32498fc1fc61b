"""Reads inputs, and has their pictures decoded in children: one that ends them costs only itself.

A few inputs are read here, picture by picture; of many, whole chunks are read in children, because
one interpreter decodes only one small picture at a time. Blocks as long as the root does; raises
nothing of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from itertools import groupby
from typing import Final, TypeVar

from seedwatch.children import ChildLost, Children, NoChild, Work
from seedwatch.errors import SourceChanged, SourceError
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted, inspect_input
from seedwatch.media.in_child import Inspecting
from seedwatch.media.inspect import Incomplete, Picture, inspect
from seedwatch.paths import Identity, Root
from seedwatch.pulse import Pulse
from seedwatch.records import RelPath
from seedwatch.texts import say

T = TypeVar("T")
Told = list[Inspected | NotInspected]

_TELL_EVERY_S: Final = 0.5
_SILENT_S: Final = 60.0
"""longer than a child may decode: what is silent for so long is the root"""
_TRIES: Final = 2
"""a child may have been ended for the memory of others; a new one, alone with the picture, tells"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Inputs of one inbox, as work for a child."""

    root: Root
    folder: str
    wanted: Sequence[Wanted]

    def parts(self) -> Iterator[Told]:
        """What was found, in order, a few at a time where it takes long."""
        found: Told = []
        told_at = time.monotonic()
        for wanted in self.wanted:
            found.append(inspect_input(self.root, self.folder, wanted))
            if time.monotonic() - told_at > _TELL_EVERY_S:
                yield found
                found, told_at = [], time.monotonic()
        yield found


@dataclass(frozen=True, slots=True)
class InspectingFile:
    """`inspect` of a picture that is too large to be sent, as work for a child."""

    root: Root
    path: RelPath
    identity: Identity

    def parts(self) -> Iterator[Picture]:
        """The picture.

        Raises:
            SourceChanged: it is not the file that was read.
        """
        with self.root.open_source(self.path) as (file, identity):
            if identity != self.identity:
                raise SourceChanged(repr(self.path))
            yield inspect(file)


class DecodingPulse(Pulse):
    """Moves on by itself while a child decodes: it has limits of its own, and is not the root."""

    def __init__(self) -> None:
        self._steps = 0
        self.is_decoding = False

    @property
    def beats(self) -> float:  # type: ignore[override]  # whoever compares two needs no more
        """Another one than before, if a step was made or a child is at work."""
        return time.monotonic() if self.is_decoding else self._steps

    def beat(self) -> None:
        """One more step was made."""
        self._steps += 1


class InChildren:
    """Decodes in children (`inspection.Decoder`)."""

    def __init__(self, children: Children, pulse: DecodingPulse) -> None:
        self._children = children
        self._pulse = pulse

    def content(self, content: bytes) -> Picture:
        """As `Decoder` says."""
        return self._ask(Inspecting(content))

    def file(self, file: BufferedReader, root: Root, path: RelPath, identity: Identity) -> Picture:  # noqa: ARG002
        """As `Decoder` says."""
        return self._ask(InspectingFile(root, path, identity))

    def _ask(self, work: Work[T]) -> T:
        self._pulse.is_decoding = True
        try:
            for _ in range(_TRIES):
                try:
                    (found,) = self._children.ask(work, _SILENT_S)
                except ChildLost as lost:
                    how = lost.why
                else:
                    return found
        except NoChild as error:
            raise Incomplete(say("inbox.no_child", why=error)) from error
        finally:
            self._pulse.is_decoding = False
        raise SourceError(
            say("inbox.decoder_broken", how=how), advice=say("inbox.decoder_broken_do")
        )


class Reader:
    """Reads inputs of one inbox."""

    def __init__(self, root: Root, folder: str, children: Children) -> None:
        self._root = root
        self._folder = folder
        self._children = children

    def read(
        self,
        wanted: Sequence[Wanted],
        told: Callable[[Told], None],
        pulse: DecodingPulse,
        *,
        is_one_of_many: bool,
    ) -> None:
        """Tell what was found of each input, in order; `is_one_of_many` chunks."""
        decoder = InChildren(self._children, pulse)
        for is_text, some in groupby(wanted, lambda one: one.kind == "lines"):
            rest = list(some)
            if is_one_of_many and not is_text:
                rest = self._in_child(rest, told)
            for one in rest:
                told([inspect_input(self._root, self._folder, one, decoder)])

    def _in_child(self, wanted: list[Wanted], told: Callable[[Told], None]) -> list[Wanted]:
        """Have all of them read in one child; returns what it left when it ended."""
        try:
            self._children.ask(Reading(self._root, self._folder, wanted), _SILENT_S, told)
        except NoChild:
            return wanted
        except ChildLost as lost:
            rest = wanted[sum(map(len, lost.parts)) :]
            if not lost.is_silent:
                return rest
            silent = NotInspected("unreadable", say("inbox.silent", path=self._root.path))
            told([silent] * len(rest))
        return []
