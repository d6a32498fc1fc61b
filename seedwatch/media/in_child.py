"""What of this package decodes: as work for a child, which a poisonous picture may end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seedwatch.media.fit import Fitted, fit
from seedwatch.media.inspect import Picture, inspect_bytes
from seedwatch.media.limits import ImageLimits


@dataclass(frozen=True, slots=True)
class Inspecting:
    """`inspect_bytes` of a picture."""

    content: bytes

    def parts(self) -> Iterator[Picture]:
        """The picture; the same errors."""
        yield inspect_bytes(self.content)


@dataclass(frozen=True, slots=True)
class Fitting:
    """`fit` of a picture to a model's limits."""

    content: bytes
    limits: ImageLimits

    def parts(self) -> Iterator[Fitted]:
        """The fitted picture, without its content where that is the source's; the same errors."""
        fitted = fit(self.content, self.limits)
        yield replace(fitted, content=b"") if fitted.content is self.content else fitted
