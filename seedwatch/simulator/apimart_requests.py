"""A valid submit of APIMart, and the checks that pictures and videos share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seedwatch.simulator.apimart_errors import ApimartRefusal, invalid
from seedwatch.simulator.drawings import Resizable
from seedwatch.simulator.fields import Fields
from seedwatch.simulator.references import Reference
from seedwatch.simulator.shapes import Size


@dataclass(frozen=True, slots=True)
class ApimartRequest:
    """A valid submit.

    Attributes:
        size: as asked for, in whatever field the model has for the ratio.
        kind: "images" or "videos", as the result calls them.
        cost: in dollars, if everything is made.
    """

    model: str
    family: str
    prompt: str
    size: str | None
    references: tuple[Reference, ...]
    drawings: tuple[Resizable, ...]
    suffix: str
    kind: str
    cost: float


def known_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a body; JSON null counts as absent."""
    return {field: value for field, value in body.items() if value is not None}


def model_of(given: Mapping[str, Any]) -> str:
    """The name of the model.

    Raises:
        ApimartRefusal: there is none.
    """
    model = given.get("model")
    if not isinstance(model, str) or not model:
        raise invalid("model", "it is required")
    return model


def model_unknown(model: str) -> ApimartRefusal:
    """The 404 for a model; its real form is not known (protocols.md 13)."""
    return ApimartRefusal(404, f"The model '{model}' does not exist.", "model")


def prompt_of(fields: Fields, *, is_needed: bool) -> str:
    """The prompt.

    Raises:
        ApimartRefusal: it is missing though it is needed.
    """
    prompt = fields.text("prompt") or ""
    if is_needed and not prompt.strip():
        raise invalid("prompt", "it is required")
    return prompt


def first_shape(references: tuple[Reference, ...]) -> Size | None:
    """The size of the first reference, if it is known."""
    return references[0].size if references else None
