"""Validates requests of OpenAI's shape; pure functions, limits typed from protocols.md 5.3, 6.2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.simulator.fields import Fields
from seedwatch.simulator.gpt_inputs import PartHabits, check_files
from seedwatch.simulator.gpt_models import FindRules, GptRules
from seedwatch.simulator.gpt_options import GptOptions, check_options
from seedwatch.simulator.gpt_sizes import drawn_size
from seedwatch.simulator.multipart import Form
from seedwatch.simulator.openai_errors import duplicate, invalid, missing, unknown
from seedwatch.simulator.pictures import Picture
from seedwatch.simulator.references import Reference

_COUNTS: Final = frozenset(
    {"n", "output_compression", "partial_images", "frame_count", "frame_duration_ms"}
)
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class GptRequest:
    """A valid request, resolved to what is to be drawn."""

    model: str
    rules: GptRules
    prompt: str
    size: str | None
    references: tuple[Reference, ...]
    pictures: tuple[Picture, ...]
    options: GptOptions


def check_generation(body: Mapping[str, Any], find_rules: FindRules) -> GptRequest:
    """Check a JSON body of POST /images/generations; null counts as absent.

    Order: model (404), unknown fields, then field by field (400).

    Raises:
        OpenAiRefusal: with the parameter that is wrong in `param`; or what find_rules raises.
    """
    given = {field: value for field, value in body.items() if value is not None}
    model, rules = _check_model(given, find_rules)
    _refuse_unknown(given, rules.generation_fields)
    return _checked(Fields(given, invalid), model, rules, ())


def check_edit(form: Form, find_rules: FindRules, habits: PartHabits) -> GptRequest:
    """Check the parts of POST /images/edits; an empty text counts as absent, like null in JSON.

    Raises:
        OpenAiRefusal: with the parameter that is wrong in `param`; or what find_rules raises.
    """
    given = _given(form.texts)
    model, rules = _check_model(given, find_rules)
    for part in ("image", "mask", "markup"):
        if part in given:
            raise invalid(part, "a file is expected")
    _refuse_unknown(given, rules.edit_fields)
    fields = Fields(given, invalid)
    return _checked(fields, model, rules, check_files(form.files, rules, habits))


def _given(texts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The text parts as JSON would have brought them."""
    given: dict[str, Any] = {}
    for name, text in texts:
        field = name.partition("[")[0]
        if name == field and field in given:
            raise duplicate(field)
        if text:
            given[field] = _typed(field, text)
    return given


def _typed(field: str, text: str) -> Any:
    # What is no number or truth value stays a text, and is refused as one.
    if field in _COUNTS and re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    return _FLAGS.get(text, text) if field == "stream" else text


def _check_model(given: Mapping[str, Any], find_rules: FindRules) -> tuple[str, GptRules]:
    model = given.get("model")
    if model is None or model == "":
        # No default is published any more: the last one is dead.
        raise missing("model")
    if not isinstance(model, str):
        raise invalid("model", "a string is expected")
    return model, find_rules(model)


def _refuse_unknown(given: Mapping[str, Any], known: frozenset[str]) -> None:
    for field in given:
        if field not in known:
            raise unknown(field)


def _checked(
    fields: Fields, model: str, rules: GptRules, references: tuple[Reference, ...]
) -> GptRequest:
    prompt = _check_prompt(fields, rules)
    options = check_options(fields, rules)
    width, height = drawn_size(fields, rules, references)
    count = fields.whole("n", 1, rules.max_count, default=1)
    shown = tuple(reference for reference in references if reference.thumbnail is not None)
    pictures = tuple(
        Picture(
            width,
            height,
            prompt,
            model,
            shown,
            number=number,
            group_count=count,
            has_mark=False,
            format=options.output_format,
            is_see_through=options.is_see_through,
            quality=options.compression,
        )
        for number in range(1, count + 1)
    )
    return GptRequest(model, rules, prompt, fields.text("size"), references, pictures, options)


def _check_prompt(fields: Fields, rules: GptRules) -> str:
    prompt = fields.text("prompt")
    if prompt is None or not prompt.strip():
        raise missing("prompt")
    if len(prompt) > rules.max_prompt:
        raise invalid("prompt", f"it must have at most {rules.max_prompt} characters")
    return prompt
