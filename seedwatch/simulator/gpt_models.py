"""What a model with OpenAI's request shape can do, typed from protocols.md 5.3 and 6.2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.shapes import Sizes

STANDARD_SIZES: Final[Sizes] = ((1024, 1024), (1536, 1024), (1024, 1536))
QUALITIES: Final = ("auto", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class GptRules:
    """The limits of one model family.

    Attributes:
        generation_fields: fields that POST /images/generations takes.
        edit_fields: fields and parts that POST /images/edits takes; none if it takes no edits.
        sizes: the sizes by name, the usual one first.
        has_free_sizes: WIDTHxHEIGHT beside the named ones.
        qualities: the default first.
        fidelities: values of `input_fidelity`, the default first; none if it has no such field.
        is_inline_only: pictures go back as base64 only.
    """

    family: str
    generation_fields: frozenset[str]
    edit_fields: frozenset[str]
    sizes: Sizes = STANDARD_SIZES
    has_auto_size: bool = True
    has_free_sizes: bool = False
    qualities: tuple[str, ...] = QUALITIES
    fidelities: tuple[str, ...] = ()
    max_count: int = 10
    max_prompt: int = 32_000
    is_inline_only: bool = True


FindRules = Callable[[str], GptRules]
"""The rules of a model; raises the surface's refusal for one that it does not have."""
