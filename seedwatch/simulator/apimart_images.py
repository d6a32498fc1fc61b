"""Validates the body of APIMart's POST /images/generations (protocols.md 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seedwatch.simulator.apimart_errors import invalid
from seedwatch.simulator.apimart_inputs import InputReader
from seedwatch.simulator.apimart_models import AUTO, IMAGE_MODELS, MAX_TOGETHER, ImageRules
from seedwatch.simulator.apimart_requests import (
    ApimartRequest,
    first_shape,
    known_fields,
    model_of,
    model_unknown,
    prompt_of,
)
from seedwatch.simulator.fields import Fields
from seedwatch.simulator.pictures import Picture, PictureFormat
from seedwatch.simulator.references import Reference
from seedwatch.simulator.shapes import Size, nearest_shape

PRICE: Final = 0.035
"""Simulated dollars for one picture, as in the one published sample (protocols.md 4.3)."""


def check_image(body: Mapping[str, Any], reader: InputReader) -> ApimartRequest:
    """Check a body of POST /images/generations; null is absent, unknown fields are ignored.

    Raises:
        ApimartRefusal: 404 for the model, 400 for a field.
    """
    given = known_fields(body)
    model = model_of(given)
    rules = IMAGE_MODELS.get(model)
    if rules is None:
        raise model_unknown(model)
    fields = Fields(given, invalid)
    prompt = prompt_of(fields, is_needed=True)
    references = reader.pictures(given, "image_urls", rules.inputs)
    count = _count(fields, rules)
    _check_numbers(rules, len(references), count)
    width, height = _pixels(fields, rules, references)
    kind = _format(fields, rules)
    has_mark = fields.flag("watermark", default=False)
    pictures = tuple(
        Picture(
            width,
            height,
            prompt,
            model,
            references,
            number=number,
            group_count=count,
            has_mark=has_mark,
            format=kind,
        )
        for number in range(1, count + 1)
    )
    cost = PRICE * count
    size = given.get("size")
    return ApimartRequest(
        model, rules.family, prompt, size, references, pictures, kind, "images", cost
    )


def _count(fields: Fields, rules: ImageRules) -> int:
    """How many pictures: `n`, or the most of a sequential generation."""
    count = fields.whole("n", 1, rules.max_count, default=1)
    _check_optimiser(fields.given.get("optimize_prompt_options", {}))
    if not rules.has_group_fields:
        return count
    mode = fields.choice("sequential_image_generation", ("disabled", "auto"))
    options = fields.given.get("sequential_image_generation_options", {})
    if not isinstance(options, dict):
        raise invalid("sequential_image_generation_options", "an object is expected")
    most = Fields(options, invalid).whole("max_images", 1, MAX_TOGETHER, default=1)
    return max(count, most) if mode == "auto" else count


def _check_optimiser(options: Any) -> None:
    if not isinstance(options, dict):
        raise invalid("optimize_prompt_options", "an object is expected")
    Fields(options, invalid).choice("mode", ("standard", "fast"))


def _check_numbers(rules: ImageRules, reference_count: int, count: int) -> None:
    if reference_count > rules.max_references:
        raise invalid("image_urls", f"the number of images must be at most {rules.max_references}")
    if rules.max_together is not None and reference_count + count > rules.max_together:
        most = rules.max_together
        raise invalid("n", f"reference images and generated images must be at most {most} together")


def _pixels(fields: Fields, rules: ImageRules, references: tuple[Reference, ...]) -> Size:
    table = rules.table[fields.choice("resolution", tuple(rules.table))]
    ratio = fields.choice("size", (*rules.ratios, AUTO))
    if ratio != AUTO:
        return table[ratio]
    if not references:
        raise invalid("size", "`auto` needs image_urls")
    return nearest_shape(tuple(table.values()), first_shape(references))


def _format(fields: Fields, rules: ImageRules) -> PictureFormat:
    name = fields.choice("output_format", rules.formats) if rules.has_format_field else "jpeg"
    if not rules.has_format_field:
        name = rules.formats[0]
    return "png" if name == "png" else "webp" if name == "webp" else "jpeg"
