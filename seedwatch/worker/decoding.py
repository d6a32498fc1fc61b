"""Decodes pictures in children: one that breaks its decoder costs its own task, and no other."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final, TypeVar

from seedwatch.children import ChildLost, Children, NoChild, Work
from seedwatch.errors import DecoderBroken, DeliveryError
from seedwatch.media.fit import Fitted
from seedwatch.media.in_child import Fitting, Inspecting
from seedwatch.media.inspect import Outline, Picture, inspect_result
from seedwatch.media.limits import ImageLimits
from seedwatch.texts import say

T = TypeVar("T")

_SILENT_S: Final = 120.0
_SIDE_BY_SIDE: Final = 2
_TRIES: Final = 2
"""a child may have been ended for the memory of others; a new one, alone with the picture, tells"""


@dataclass(frozen=True, slots=True)
class Decoding:
    """All that workers decode; every call blocks."""

    children: Children = field(default_factory=Children)
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_SIDE_BY_SIDE))

    def fit(self, content: bytes, limits: ImageLimits) -> Fitted:
        """`media.fit.fit`, with its errors.

        Raises:
            DecoderBroken: two children ended over it.
            DeliveryError: no child can be had just now.
        """
        fitted = self._ask(Fitting(content, limits))
        return fitted if fitted.changes or fitted.content else replace(fitted, content=content)

    def inspect(self, content: bytes) -> Picture:
        """`media.inspect.inspect_bytes`; the same errors, and those of `fit`."""
        return self._ask(Inspecting(content))

    def inspect_result(self, file: BinaryIO) -> Outline:
        """`media.inspect.inspect_result`; the same errors, and those of `fit`."""
        return inspect_result(file, self.inspect)

    def _ask(self, work: Work[T]) -> T:
        with self._places:
            for number in range(1, _TRIES + 1):
                try:
                    (part,) = self.children.ask(work, _SILENT_S)
                except ChildLost as lost:
                    if number == _TRIES:
                        raise DecoderBroken(
                            say("worker.decoder_broken", how=lost.why),
                            advice=say("worker.decoder_broken_do"),
                        ) from lost
                except NoChild as error:
                    raise DeliveryError(say("worker.no_child", why=error)) from error
                else:
                    return part
        raise AssertionError
