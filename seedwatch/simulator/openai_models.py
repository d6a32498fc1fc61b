"""The image models of OpenAI, typed from protocols.md 6.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from seedwatch.simulator.gpt_models import QUALITIES, GptRules
from seedwatch.simulator.openai_errors import OpenAiRefusal, model_dead, model_unknown
from seedwatch.simulator.switches import Switches

_COMMON: Final = frozenset(
    {
        "prompt",
        "model",
        "n",
        "size",
        "quality",
        "background",
        "output_format",
        "output_compression",
        "stream",
        "partial_images",
        "complexity",
        "frame_count",
        "frame_duration_ms",
        "svg",
        "safety_identifier",
        "user",
    }
)
"""`response_format` and `style` are not here: GPT image models refuse them."""
_EDIT: Final = _COMMON | {"image", "mask"}

_FIXED: Final = GptRules("gpt-image", _COMMON | {"moderation"}, _EDIT)
GPT_1_5: Final = replace(
    _FIXED,
    family="gpt-image-1.5",
    edit_fields=_EDIT | {"input_fidelity"},
    fidelities=("low", "high"),
)
GPT_1_MINI: Final = replace(GPT_1_5, family="gpt-image-1-mini", fidelities=("low",))
GPT_2: Final = replace(_FIXED, family="gpt-image-2", has_free_sizes=True)
GPT_2_5: Final = replace(
    GPT_2,
    family="gpt-image-2.5",
    edit_fields=_EDIT | {"markup"},
    qualities=(*QUALITIES, "xhigh", "max"),
)
GPT_2_6: Final = replace(_FIXED, family="gpt-image-2.6")
CHATGPT: Final = replace(_FIXED, family="chatgpt-image")

MODELS: Final[Mapping[str, GptRules]] = {
    "gpt-image-1.5": GPT_1_5,
    "gpt-image-1-mini": GPT_1_MINI,
    "gpt-image-2": GPT_2,
    "gpt-image-2-2026-04-21": GPT_2,
    "gpt-image-2.5-sunburst": GPT_2_5,
    "gpt-image-2.5-sunburst-2026-09-08": GPT_2_5,
    "gpt-image-2.5-flare": GPT_2_5,
    "gpt-image-2.5-flare-2026-09-08": GPT_2_5,
    "gpt-image-2.6-sunburst": GPT_2_6,
    "gpt-image-2.6-flare": GPT_2_6,
    "chatgpt-image-latest": CHATGPT,
}
DEAD: Final = frozenset({"gpt-image-1", "dall-e-2", "dall-e-3"})
"""Still listed in the client's types, no longer served."""


def rules_for(model: str, switches: Switches) -> GptRules:
    """The rules of a model as the switches have it.

    Raises:
        OpenAiRefusal: there is no such model, or no longer.
    """
    if model in DEAD:
        raise _dead(model, switches)
    rules = MODELS.get(model)
    if rules is None:
        raise model_unknown(model)
    if rules is GPT_2_6 and switches["openai.sizes_2_6"] == "free":
        rules = replace(rules, has_free_sizes=True)
    if switches["openai.edit_moderation"] == "accept":
        rules = replace(rules, edit_fields=rules.edit_fields | {"moderation"})
    return rules


def _dead(model: str, switches: Switches) -> OpenAiRefusal:
    return model_unknown(model) if switches["openai.dead_model"] == "404" else model_dead(model)
