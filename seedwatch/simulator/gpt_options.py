"""Checks the fields of OpenAI's request shape beside model, prompt, size, n and files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from seedwatch.simulator.fields import Fields
from seedwatch.simulator.gpt_models import GptRules
from seedwatch.simulator.openai_errors import invalid
from seedwatch.simulator.pictures import PictureFormat

MAX_PARTIALS: Final = 3
_FORMATS: Final[dict[str, PictureFormat]] = {"png": "png", "jpeg": "jpeg", "webp": "webp"}
_PREVIEWS: Final = ("gif", "svg")
_COMPRESSION: Final = 75
"""Drawn with this quality where none is asked for; the documented default of 100 only costs."""
_USED_BY_AUTO: Final = "high"


@dataclass(frozen=True, slots=True)
class GptOptions:
    """The options that change the answer.

    Attributes:
        quality: what was used; `auto` is resolved.
        partial_count: previews before each picture of a stream.
        safety_identifier: what the answer repeats; None if the request named nobody.
    """

    quality: str
    output_format: PictureFormat
    is_see_through: bool
    compression: int
    is_inline: bool
    is_streamed: bool
    partial_count: int
    safety_identifier: str | None


def check_options(fields: Fields, rules: GptRules) -> GptOptions:
    """Check the values of fields already known to exist for the model (protocols.md 6.2).

    Raises:
        OpenAiRefusal: a value of the wrong kind, outside its range, or at odds with another.
    """
    kind = _output_format(fields)
    quality = fields.choice("quality", rules.qualities)
    fields.choice("moderation", ("auto", "low"))
    fields.choice("complexity", ("medium", "low", "high"))
    fields.choice("style", ("vivid", "natural"))
    if rules.fidelities:
        fields.choice("input_fidelity", rules.fidelities)
    answer = ("b64_json",) if rules.is_inline_only else ("url", "b64_json")
    is_streamed = fields.flag("stream", default=False)
    partial_count = fields.whole("partial_images", 0, MAX_PARTIALS, default=0)
    return GptOptions(
        quality=_USED_BY_AUTO if quality == "auto" else quality,
        output_format=kind,
        is_see_through=_is_see_through(fields, kind),
        compression=_compression(fields, kind),
        is_inline=fields.choice("response_format", answer) == "b64_json",
        is_streamed=is_streamed,
        partial_count=partial_count if is_streamed else 0,
        safety_identifier=fields.text("safety_identifier") or fields.text("user") or None,
    )


def _output_format(fields: Fields) -> PictureFormat:
    asked = fields.choice("output_format", (*_FORMATS, *_PREVIEWS))
    if asked in _PREVIEWS:
        # Preview access is granted one by one; the simulator's account has none.
        raise invalid("output_format", f"`{asked}` needs access to its preview")
    for field, kind in (("frame_count", "gif"), ("frame_duration_ms", "gif"), ("svg", "svg")):
        if field in fields.given:
            raise invalid(field, f"it is only supported with output_format `{kind}`")
    return _FORMATS[asked]


def _is_see_through(fields: Fields, kind: PictureFormat) -> bool:
    background = fields.choice("background", ("auto", "opaque", "transparent"))
    if background == "transparent" and kind == "jpeg":
        raise invalid("background", "`transparent` needs output_format `png` or `webp`")
    return background == "transparent"


def _compression(fields: Fields, kind: PictureFormat) -> int:
    value = fields.whole("output_compression", 0, 100, default=_COMPRESSION)
    if "output_compression" in fields.given and kind == "png":
        raise invalid("output_compression", "it is only supported with `webp` and `jpeg`")
    return value
