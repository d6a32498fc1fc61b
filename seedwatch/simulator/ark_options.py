"""Checks the fields of an Ark image request beside model, prompt, image and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.simulator.ark_errors import invalid
from seedwatch.simulator.ark_models import ModelRules
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


def check_options(given: Mapping[str, Any], rules: ModelRules) -> ArkOptions:
    """Check the values of fields already known to exist for the model (protocols.md 2.2).

    Raises:
        ArkRefusal: a value of the wrong kind or outside its range.
    """
    _check_prompt_optimiser(given, rules)
    _check_numbers(given)
    if not isinstance(given.get("negative_prompt", ""), str):
        raise invalid("negative_prompt", "a string is expected")
    if _flag(given, "layer_decomposition", default=False):
        # Layers need a cut-out of the input; the simulator has none and says so.
        raise invalid("layer_decomposition", "it is not offered by this simulator")
    _flag(given, "optimize_prompt", default=True)
    return ArkOptions(
        has_mark=_flag(given, "watermark", default=True),
        is_inline=_choice(given, "response_format", ("url", "b64_json")) == "b64_json",
        is_streamed=_flag(given, "stream", default=False),
        output_format=_output_format(given),
        is_see_through=_choice(given, "background", ("opaque", "transparent")) == "transparent",
        has_web_search=_has_web_search(given),
    )


def _flag(given: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise invalid(name, "a boolean is expected")
    return value


def _choice(given: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = given.get(name, known[0])
    if value not in known:
        raise invalid(name, f"it must be one of {', '.join(f'`{choice}`' for choice in known)}")
    return str(value)


def _output_format(given: Mapping[str, Any]) -> PictureFormat | None:
    if "output_format" not in given:
        return None
    return "png" if _choice(given, "output_format", ("jpeg", "png")) == "png" else "jpeg"


def _check_prompt_optimiser(given: Mapping[str, Any], rules: ModelRules) -> None:
    name = "optimize_prompt_options"
    options = given.get(name, {})
    if not isinstance(options, dict):
        raise invalid(name, "an object is expected")
    known = {"mode", "thinking"} if rules.is_flagship else {"mode"}
    for key in options:
        if key not in known:
            raise invalid(f"{name}.{key}", f"`{key}` is not supported by the current model")
    set_options = {key: value for key, value in options.items() if value is not None}
    mode = _choice(set_options, "mode", ("standard", "fast"))
    if mode == "fast" and not rules.has_fast_mode:
        raise invalid(f"{name}.mode", "the mode must be standard for the current model")
    _choice(set_options, "thinking", ("auto", "enabled"))


def _check_numbers(given: Mapping[str, Any]) -> None:
    seed = given.get("seed", -1)
    if not isinstance(seed, int) or isinstance(seed, bool) or not -1 <= seed <= MAX_SEED:
        raise invalid("seed", f"it must be an integer between -1 and {MAX_SEED}")
    scale = given.get("guidance_scale", 1)
    if not isinstance(scale, int | float) or isinstance(scale, bool) or not 1 <= scale <= 10:
        raise invalid("guidance_scale", "it must be a number between 1 and 10")


def _has_web_search(given: Mapping[str, Any]) -> bool:
    tools = given.get("tools", [])
    if not isinstance(tools, list) or any(tool != {"type": "web_search"} for tool in tools):
        raise invalid("tools", 'the only tool is {"type": "web_search"}')
    return bool(tools)
