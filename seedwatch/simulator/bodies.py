"""Reads a JSON request body as strictly as the services do."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class BadBodyError(ValueError):
    """The body is not what the endpoint takes; the message is a sentence for the error text."""


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; trailing commas, NaN and other text than UTF-8 are mistakes.

    Raises:
        BadBodyError: not JSON, or JSON of another kind.
    """
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadBodyError("The request body is not valid JSON.") from error
    if not isinstance(parsed, dict):
        raise BadBodyError("The request body must be a JSON object.")
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
