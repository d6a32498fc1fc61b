"""The wire fields of models: what each one takes, and with what it may stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from seedwatch.records import Scene


@dataclass(frozen=True, slots=True)
class Need:
    """What else must hold where a field is used: another field has one of these values.

    `when` is the value that needs it (None: any). `field` may be `group`, the pictures asked for.
    """

    field: str
    values: tuple[str | int | bool, ...]
    when: str | bool | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A wire field of a model: its type, and the values or the range it takes (a file: of bytes).

    `also` are numbers beside the range; with `step` only every step-th of the range is taken.
    `one_picture_when` is the value with which a request has exactly one input picture. `scenes`
    are the kinds of input it is for (empty: all). `more_outputs` is how many results it adds when
    it is true. `default` is what the service takes it for where it is not sent (None: not
    documented, or of no matter). `alpha_when` is the value with which every input picture must
    have transparent parts.
    """

    type: Literal["text", "boolean", "integer", "number", "object", "list", "file"]
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    also: tuple[float, ...] = ()
    step: int = 1
    fields: Mapping[str, Field] = field(default_factory=dict)
    of: Field | None = None
    one_picture_when: bool | str | None = None
    alpha_when: str | None = None
    scenes: tuple[Scene, ...] = ()
    more_outputs: int = 0
    default: str | bool | None = None
    needs: tuple[Need, ...] = ()

    def allows(self, value: object) -> bool:
        """Whether a number lies in the range; what is no number, or has no range, does."""
        if not isinstance(value, (int, float)) or value in self.also:
            return True
        if self.step > 1 and (value - (self.low or 0)) % self.step:
            return False
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)
