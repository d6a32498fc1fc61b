"""Checks the fields of an Ark image request beside model, prompt, image and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.simulator.ark_errors import invalid
from seedwatch.simulator.ark_models import ModelRules
from seedwatch.simulator.fields import Fields
from seedwatch.simulator.pictures import PictureFormat

MAX_SEED: Final = 2_147_483_647


@dataclass(frozen=True, slots=True)
class ArkOptions:
    """The options that change the answer; `output_format` None means not asked for."""

    has_mark: bool
    is_inline: bool
    is_streamed: bool
    output_format: PictureFormat | None
    is_see_through: bool
    has_web_search: bool
    is_layered: bool


def check_options(given: Mapping[str, Any], rules: ModelRules) -> ArkOptions:
    """Check the values of fields already known to exist for the model (protocols.md 2.2).

    Raises:
        ArkRefusal: a value of the wrong kind or outside its range.
    """
    fields = Fields(given, invalid)
    _check_prompt_optimiser(given, rules)
    fields.whole("seed", -1, MAX_SEED, default=-1)
    _check_scale(given)
    fields.text("negative_prompt")
    fields.flag("optimize_prompt", default=True)
    return ArkOptions(
        has_mark=fields.flag("watermark", default=True),
        is_inline=fields.choice("response_format", ("url", "b64_json")) == "b64_json",
        is_streamed=fields.flag("stream", default=False),
        output_format=_output_format(fields),
        is_see_through=fields.choice("background", ("opaque", "transparent")) == "transparent",
        has_web_search=_has_web_search(given),
        is_layered=fields.flag("layer_decomposition", default=False),
    )


def _output_format(fields: Fields) -> PictureFormat | None:
    if "output_format" not in fields.given:
        return None
    return "png" if fields.choice("output_format", ("jpeg", "png")) == "png" else "jpeg"


def _check_prompt_optimiser(given: Mapping[str, Any], rules: ModelRules) -> None:
    name = "optimize_prompt_options"
    options = given.get(name, {})
    if not isinstance(options, dict):
        raise invalid(name, "an object is expected")
    known = {"mode", "thinking"} if rules.is_flagship else {"mode"}
    for key in options:
        if key not in known:
            raise invalid(f"{name}.{key}", f"`{key}` is not supported by the current model")
    set_options = {f"{name}.{key}": value for key, value in options.items() if value is not None}
    inner = Fields(set_options, invalid)
    mode = inner.choice(f"{name}.mode", ("standard", "fast"))
    if mode == "fast" and not rules.has_fast_mode:
        raise invalid(f"{name}.mode", "the mode must be standard for the current model")
    inner.choice(f"{name}.thinking", ("auto", "enabled"))


def _check_scale(given: Mapping[str, Any]) -> None:
    scale = given.get("guidance_scale", 1)
    if not isinstance(scale, int | float) or isinstance(scale, bool) or not 1 <= scale <= 10:
        raise invalid("guidance_scale", "it must be a number between 1 and 10")


def _has_web_search(given: Mapping[str, Any]) -> bool:
    tools = given.get("tools", [])
    if not isinstance(tools, list) or any(tool != {"type": "web_search"} for tool in tools):
        raise invalid("tools", 'the only tool is {"type": "web_search"}')
    return bool(tools)
