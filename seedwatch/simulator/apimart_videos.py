"""Validates the body of APIMart's POST /videos/generations (protocols.md 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seedwatch.simulator.apimart_errors import invalid
from seedwatch.simulator.apimart_inputs import InputReader, web_urls
from seedwatch.simulator.apimart_requests import (
    ApimartRequest,
    first_shape,
    known_fields,
    model_of,
    model_unknown,
    prompt_of,
)
from seedwatch.simulator.apimart_video_models import VIDEO_MODELS, VideoRules
from seedwatch.simulator.ark_options import MAX_SEED
from seedwatch.simulator.ark_video_models import IMAGES
from seedwatch.simulator.clips import Clip
from seedwatch.simulator.fields import Fields
from seedwatch.simulator.movies import FRAMES_PER_S
from seedwatch.simulator.references import Reference
from seedwatch.simulator.video_sizes import ADAPTIVE, RATIOS, nearest_ratio

_ROLES: Final = ("first_frame", "last_frame", "reference_image")
PRICE_PER_S: Final = 0.02
"""Simulated dollars for a second of video; invented."""


def check_video(body: Mapping[str, Any], reader: InputReader) -> ApimartRequest:
    """Check a body of POST /videos/generations; null is absent, unknown fields are ignored.

    Raises:
        ApimartRefusal: 404 for the model, 400 for a field.
    """
    given = known_fields(body)
    model = model_of(given)
    rules = VIDEO_MODELS.get(model)
    if rules is None:
        raise model_unknown(model)
    fields = Fields(given, invalid)
    first, last, references = _frames(given, rules, reader)
    prompt = prompt_of(fields, is_needed=rules.needs_prompt or not references)
    resolution = fields.choice("resolution", rules.resolutions)
    ratio = fields.choice(rules.ratio_field, (*RATIOS, *([ADAPTIVE] if rules.is_adaptive else [])))
    low, high = rules.durations
    duration_s = fields.whole("duration", low, high, default=5)
    _check_video_options(fields, rules)
    sizes = rules.sizes[resolution]
    if ratio == ADAPTIVE:
        ratio = nearest_ratio(sizes, first_shape(first))
    width, height = sizes[ratio]
    clip = Clip(width, height, duration_s * FRAMES_PER_S, prompt, model, first, last)
    size, cost = given.get(rules.ratio_field), PRICE_PER_S * duration_s
    return ApimartRequest(
        model, rules.family, prompt, size, references, (clip,), "mp4", "videos", cost
    )


def _frames(
    given: Mapping[str, Any], rules: VideoRules, reader: InputReader
) -> tuple[tuple[Reference, ...], Reference | None, tuple[Reference, ...]]:
    """What the video begins with, what it ends with, and all references in order."""
    plain = reader.pictures(given, "image_urls", IMAGES)
    roles = _with_roles(given, reader)
    videos, sounds = web_urls(given, "video_urls"), web_urls(given, "audio_urls")
    images = (*plain, *(reference for _, reference in roles))
    names = ("image_urls", "video_urls", "audio_urls")
    for name, found, most in zip(names, (images, videos, sounds), rules.references, strict=True):
        if len(found) > most:
            raise invalid(name, f"the number of entries must be at most {most}")
    last = next((reference for role, reference in roles if role == "last_frame"), None)
    first = tuple(reference for role, reference in roles if role != "last_frame")
    if len(plain) == 2 and not roles and not rules.is_adaptive:
        # The older models know only frames: two pictures are the first and the last.
        return plain[:1], plain[1], plain
    return (*plain, *first), last, (*images, *videos, *sounds)


def _with_roles(given: Mapping[str, Any], reader: InputReader) -> list[tuple[str, Reference]]:
    listed = given.get("image_with_roles", [])
    if not isinstance(listed, list):
        raise invalid("image_with_roles", "a list of objects is expected")
    found = []
    for i, entry in enumerate(listed):
        where = f"image_with_roles[{i}]"
        if not isinstance(entry, dict):
            raise invalid(where, "an object is expected")
        role = entry.get("role")
        if role not in _ROLES:
            raise invalid(f"{where}.role", f"it must be one of {', '.join(_ROLES)}")
        found.append((role, reader.picture(f"{where}.url", entry.get("url"), IMAGES)))
    return found


def _check_video_options(fields: Fields, rules: VideoRules) -> None:
    if rules.audio_field is not None:
        fields.flag(rules.audio_field, default=True)
    fields.whole("seed", -1, MAX_SEED, default=-1)
    fields.flag("return_last_frame", default=False)
    tools = fields.given.get("tools", [])
    if not isinstance(tools, list) or any(tool != {"type": "web_search"} for tool in tools):
        raise invalid("tools", 'the only tool is {"type": "web_search"}')
