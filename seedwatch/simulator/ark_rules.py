"""Validates the body of an Ark image request; pure functions, limits typed from protocols.md 2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.simulator import ark_layers
from seedwatch.simulator.ark_errors import invalid, missing, model_unknown
from seedwatch.simulator.ark_inputs import LIMITS, check_images
from seedwatch.simulator.ark_models import ModelRules, rules_for
from seedwatch.simulator.ark_options import check_options
from seedwatch.simulator.ark_sizes import TIER_NAMES
from seedwatch.simulator.picture_limits import PictureLimits
from seedwatch.simulator.pictures import Picture, PictureFormat
from seedwatch.simulator.references import Inspected, Reference
from seedwatch.simulator.shapes import Size, nearest_shape

MAX_GROUP: Final = 15
"""Most pictures of one request, references included (protocols.md 2.2)."""
MAX_RATIO: Final = 16


@dataclass(frozen=True, slots=True)
class ArkRequest:
    """A valid request, resolved to what is to be drawn."""

    model: str
    rules: ModelRules
    prompt: str
    size: str | None
    references: tuple[Reference, ...]
    pictures: tuple[Picture, ...]
    is_inline: bool
    is_streamed: bool
    has_web_search: bool
    is_layered: bool = False


FindRules = Callable[[str], ModelRules | None]
"""The rules of a model; None for one that is not served."""


def check_request(
    body: Mapping[str, Any], find_rules: FindRules = rules_for, limits: PictureLimits = LIMITS
) -> ArkRequest:
    """Check one request body; JSON null counts as absent.

    Order: model (404), unsupported fields, then field by field (400). A relay of Ark has its own
    models and limits of input pictures.

    Raises:
        ArkRefusal: with the parameter that is wrong in `param`.
    """
    given = {field: value for field, value in body.items() if value is not None}
    model, rules = _check_model(given, find_rules)
    for field in given:
        if field not in rules.allowed_fields:
            raise invalid(field, f"`{field}` is not supported by the current model")
    options = check_options(given, rules)
    prompt = _check_prompt(given, is_optional=options.is_layered)
    size = given.get("size", ark_layers.AUTO if options.is_layered else rules.default_size)
    asked = _check_size(size, rules, is_layered=options.is_layered)
    references, inspected = check_images(given.get("image"), rules, limits)
    count = _group_count(given, len(references))
    kind = _output_kind(options.is_see_through, options.output_format, inspected)
    if options.is_layered:
        ark_layers.check_input(references, inspected)
        width, height = ark_layers.base_size(rules.tiers.get(size.upper()), references)
    else:
        width, height = asked or _resolved(given, rules, references)
    pictures = tuple(
        Picture(
            width,
            height,
            prompt,
            model,
            references,
            number=number,
            group_count=count,
            has_mark=options.has_mark,
            format=kind,
            is_see_through=options.is_see_through,
        )
        for number in range(1, count + 1)
    )
    if options.is_layered:
        pictures = ark_layers.taken_apart(pictures[0])
    return ArkRequest(
        model=model,
        rules=rules,
        prompt=prompt,
        size=given.get("size"),
        references=references,
        pictures=pictures,
        is_inline=options.is_inline,
        is_streamed=options.is_streamed,
        has_web_search=options.has_web_search,
        is_layered=options.is_layered,
    )


def _check_model(given: Mapping[str, Any], find_rules: FindRules) -> tuple[str, ModelRules]:
    model = given.get("model")
    if model is None or model == "":
        raise missing("model")
    if not isinstance(model, str):
        raise invalid("model", "a string is expected")
    rules = find_rules(model)
    if rules is None:
        raise model_unknown(model)
    return model, rules


def _check_prompt(given: Mapping[str, Any], *, is_optional: bool) -> str:
    prompt = given.get("prompt", "" if is_optional else None)
    if prompt is None:
        raise missing("prompt")
    if not isinstance(prompt, str):
        raise invalid("prompt", "a string is expected")
    if not prompt.strip() and not is_optional:
        raise missing("prompt")
    return prompt


def _check_size(size: Any, rules: ModelRules, *, is_layered: bool) -> Size | None:
    """The pixels of WIDTHxHEIGHT, or None for a tier of this model; layers know tiers and auto."""
    if not isinstance(size, str):
        raise invalid("size", "a string is expected")
    name = size.upper()
    if name in rules.tiers or (is_layered and name == ark_layers.AUTO):
        return None
    if is_layered:
        raise invalid("size", "with layers it must be `auto` or a tier")
    if name in TIER_NAMES:
        raise invalid("size", f"size `{size}` is not supported by the current model")
    pair = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", size)
    if pair is None:
        raise invalid("size", f"size must be {_size_choices(rules)}")
    width, height = int(pair[1]), int(pair[2])
    if rules.pixels is None:
        raise invalid("size", f"size `{size}` is not supported by the current model")
    _check_pixels(width, height, rules.pixels, has_ratio_limit=rules.has_ratio_limit)
    return width, height


def _size_choices(rules: ModelRules) -> str:
    pixels = ["WIDTHxHEIGHT"] if rules.pixels is not None else []
    tiers = ", ".join(f"`{tier.lower()}`" for tier in rules.tiers)
    return " or ".join([*pixels, *([f"one of {tiers}"] if tiers else [])])


def _check_pixels(
    width: int, height: int, pixels: tuple[int, int], *, has_ratio_limit: bool
) -> None:
    if width == 0:
        raise invalid("size", "invalid width")
    if height == 0:
        raise invalid("size", "invalid height")
    least, most = pixels
    if width * height < least:
        raise invalid("size", f"image size must be at least {least} pixels")
    if width * height > most:
        raise invalid("size", f"image size must be at most {most} pixels")
    if has_ratio_limit and max(width, height) > MAX_RATIO * min(width, height):
        raise invalid("size", "aspect ratio must be between 1/16 and 16")


def _group_count(given: Mapping[str, Any], reference_count: int) -> int:
    """How many pictures: one, or the most asked for of a sequential generation."""
    mode = given.get("sequential_image_generation", "disabled")
    if mode not in ("disabled", "auto"):
        raise invalid("sequential_image_generation", "it must be `auto` or `disabled`")
    options = given.get("sequential_image_generation_options")
    most = _max_images(options)
    if mode == "disabled":
        return 1
    if most is None:
        # Nothing was asked for, so the default of 15 shrinks instead of breaking the sum.
        return MAX_GROUP - reference_count
    if reference_count + most > MAX_GROUP:
        raise invalid(
            "sequential_image_generation_options.max_images",
            f"the number of input images and max_images must be at most {MAX_GROUP} in total",
        )
    return most


def _max_images(options: Any) -> int | None:
    name = "sequential_image_generation_options"
    if options is None:
        return None
    if not isinstance(options, dict):
        raise invalid(name, "an object is expected")
    for key in options:
        if key != "max_images":
            raise invalid(f"{name}.{key}", f"`{key}` is not supported by the current model")
    most = options.get("max_images")
    if most is None:
        return None
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MAX_GROUP:
        raise invalid(f"{name}.max_images", f"it must be an integer between 1 and {MAX_GROUP}")
    return most


def _output_kind(
    is_see_through: bool,  # noqa: FBT001 - private, called once
    asked: PictureFormat | None,
    inspected: tuple[Inspected, ...],
) -> PictureFormat:
    if not is_see_through:
        return asked or "jpeg"
    if len(inspected) != 1 or inspected[0].kind != "png" or not inspected[0].is_see_through:
        raise invalid("background", "transparent needs one png image with transparent pixels")
    if asked == "jpeg":
        raise invalid("output_format", "a transparent background needs png")
    return "png"


def _resolved(
    given: Mapping[str, Any], rules: ModelRules, references: tuple[Reference, ...]
) -> Size:
    tier = str(given.get("size", rules.default_size)).upper()
    return nearest_shape(rules.tiers[tier], references[0].size if references else None)
