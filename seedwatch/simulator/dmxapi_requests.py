"""Reads the requests of DMXAPI: each model family has the body of the service behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from seedwatch.simulator.ark_rules import ArkRequest, check_request
from seedwatch.simulator.bodies import BadBodyError, json_object
from seedwatch.simulator.dmxapi_errors import no_channel, not_supported, unreadable
from seedwatch.simulator.dmxapi_models import DEAD, GPT, LIMITS, REQUIRED, SEEDREAM
from seedwatch.simulator.gpt_inputs import SEVERAL, SINGLE, PartHabits
from seedwatch.simulator.gpt_models import GptRules
from seedwatch.simulator.gpt_rules import GptRequest, check_edit, check_generation
from seedwatch.simulator.multipart import read_form
from seedwatch.simulator.openai_errors import missing
from seedwatch.simulator.switches import Switches

_PART_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "both": (SINGLE, SEVERAL),
    "image": (SINGLE,),
    "image[]": (SEVERAL,),
}


def read_generation(body: bytes, switches: Switches) -> ArkRequest | GptRequest:
    """Check a body of POST /images/generations.

    Raises:
        DmxRefusal: no JSON object, or a model that is not served.
        ArkRefusal: a parameter of Seedream is wrong.
        OpenAiRefusal: a parameter of gpt-image or dall-e-3 is wrong.
    """
    try:
        given = json_object(body)
    except BadBodyError as error:
        raise unreadable(str(error)) from error
    model = given.get("model")
    if isinstance(model, str) and model in SEEDREAM:
        return _unmarked(check_request(given, SEEDREAM.get, LIMITS))

    def find(name: str) -> GptRules:
        rules = _gpt_rules(name, switches)
        _check_required(given, switches)
        return rules

    return check_generation(given, find)


def read_edit(content_type: str | None, body: bytes, switches: Switches) -> GptRequest:
    """Check a body of POST /images/edits.

    Raises:
        DmxRefusal: no multipart body, or a model that is not served or takes no edits.
        OpenAiRefusal: a part is wrong.
    """
    try:
        form = read_form(content_type, body)
    except BadBodyError as error:
        raise unreadable(str(error)) from error

    def find(name: str) -> GptRules:
        if name in SEEDREAM:
            raise not_supported()
        rules = _gpt_rules(name, switches)
        if not rules.edit_fields:
            raise not_supported()
        return rules

    habits = PartHabits(
        image_names=_PART_NAMES[switches["dmxapi.edits_part"]],
        may_repeat=True,
        takes_octet_stream=switches["dmxapi.octet_stream"] == "accept",
    )
    return check_edit(form, find, habits)


def _gpt_rules(model: str, switches: Switches) -> GptRules:
    rules = GPT.get(model)
    if rules is None or (model in DEAD and switches["dmxapi.dead_models"] == "refuse"):
        raise no_channel(model)
    return rules


def _check_required(given: Mapping[str, Any], switches: Switches) -> None:
    if switches["dmxapi.n_and_size"] == "required":
        for field in REQUIRED:
            if given.get(field) is None:
                raise missing(field)


def _unmarked(request: ArkRequest) -> ArkRequest:
    # The relay sends `watermark: false` whatever it got (protocols.md 5.2).
    return replace(
        request, pictures=tuple(replace(picture, has_mark=False) for picture in request.pictures)
    )
