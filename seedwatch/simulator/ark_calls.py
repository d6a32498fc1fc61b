"""What the calls of Ark have in common: the key, the JSON body, the answer's headers."""

from __future__ import annotations

import json
from typing import Any, Final

from seedwatch.simulator.ark_errors import ArkRefusal, common_headers, unauthorised
from seedwatch.simulator.bodies import BadBodyError, json_object
from seedwatch.simulator.keys import bearer_key
from seedwatch.simulator.wire import BODY_LIMIT, Answer, BodyTooLargeError, Exchange

PROVIDER: Final = "ark"


async def read_body(exchange: Exchange, limit: int = BODY_LIMIT) -> bytes:
    """The whole body.

    Raises:
        ArkRefusal: 413, it has more than `limit` bytes.
    """
    try:
        return await exchange.read_body(limit)
    except BodyTooLargeError as error:
        headers = (("Connection", "close"),)
        message = "The request body is too large."
        raise ArkRefusal(413, "InvalidParameter", message, headers=headers) from error


def check_key(exchange: Exchange) -> str:
    """The key of the call.

    Raises:
        ArkRefusal: 401.
    """
    key = bearer_key(exchange.header("authorization"))
    if key is None:
        raise unauthorised()
    return key


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        ArkRefusal: 400, it is none.
    """
    try:
        return json_object(body)
    except BadBodyError as error:
        raise ArkRefusal(400, "InvalidParameter", str(error)) from error


def json_answer(content: Any, request_id: str) -> Answer:
    """200 with a JSON body."""
    headers = (("Content-Type", "application/json"), *common_headers(request_id))
    return Answer(200, json.dumps(content, separators=(",", ":")).encode("ascii"), headers)
