"""Reads the list posted to /_control/faults, strictly: a fault that cannot act is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from seedwatch.simulator.faults import Fault, When

PROVIDERS = ("ark", "dmxapi", "apimart", "openai")


class FaultSyntaxError(ValueError):
    """The posted list is wrong; the message says where and why."""


Check = Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_positive(value: Any) -> bool:
    return _is_count(value) and value > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_header_text(value: Any) -> bool:
    return isinstance(value, str | int) and re.fullmatch(r"[\x20-\x7e]*", str(value)) is not None


def _is_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) is not None
        # The server counts the body itself; another length is what `truncate` is for.
        and name.lower() not in {"content-length", "transfer-encoding"}
        and _is_header_text(text)
        for name, text in value.items()
    )


Expected = tuple[str, Check]

_SECONDS: Expected = ("a number of seconds from 0", lambda v: _is_number(v) and 0 <= v <= 1e9)
_COUNT: Expected = ("a whole number from 0", _is_count)
_POSITIVE: Expected = ("a whole number from 1", _is_positive)
_TEXT: Expected = ("a text", _is_text)
_BOOL: Expected = ("true or false", lambda v: isinstance(v, bool))
_SIZE: Expected = (
    "WIDTHxHEIGHT",
    lambda v: _is_text(v) and re.fullmatch(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}", v) is not None,
)
_CODE: Expected = ("an HTTP status from 200 to 599", lambda v: _is_count(v) and 200 <= v <= 599)
_HEADERS: Expected = ("an object of header names and texts", _is_headers)
_ANYTHING: Expected = ("anything", lambda _: True)
_LOCATION: Expected = ("a URL", lambda v: bool(v) and _is_text(v) and _is_header_text(v))

_WHEN: Mapping[str, Expected] = {
    "provider": (f"one of {', '.join(PROVIDERS)}", lambda v: v in PROVIDERS),
    "path": _TEXT,
    "prompt_contains": _TEXT,
    "nth": _POSITIVE,
    "every": _POSITIVE,
    "probability": ("a number from 0 to 1", lambda v: _is_number(v) and 0 <= v <= 1),
}

ARGS: Mapping[str, Mapping[str, Expected]] = {
    "status": {"code": _CODE, "body": _ANYTHING, "headers": _HEADERS},
    "reset_before_billing": {},
    "reset_after_billing": {},
    "delay": {"seconds": _SECONDS},
    "stall": {"seconds": _SECONDS},
    "truncate": {"bytes": _COUNT},
    "html_200": {},
    "malformed_json": {},
    "empty_data": {},
    "partial_group": {"keep": _COUNT, "code": _TEXT},
    "moderated": {"code": _TEXT},
    "stream_cut": {"after": _COUNT},
    "bad_base64": {},
    "url_expired": {"downloads": _POSITIVE},
    "url_403": {"downloads": _POSITIVE},
    "redirect": {"to": _LOCATION, "downloads": _POSITIVE},
    "not_an_image": {"downloads": _POSITIVE},
    "wrong_size": {"size": _SIZE},
    "oversized": {"bytes": _POSITIVE, "downloads": _POSITIVE},
    "task_stuck": {},
    "task_lost": {},
    "task_failed": {"code": _TEXT, "message": _TEXT},
}
"""Every fault and its arguments; each also takes `billed`."""

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "status": {"code": 500},
    "delay": {"seconds": 1},
}
_REQUIRED: Mapping[str, str] = {"redirect": "to"}


def parse_faults(posted: Any) -> list[Fault]:
    """Turn the posted JSON into faults.

    Raises:
        FaultSyntaxError: anything in it is unknown or of the wrong kind; nothing was added.
    """
    if not isinstance(posted, list):
        raise FaultSyntaxError("a JSON list of faults is expected")
    return [_parse_fault(f"faults[{i}]", fault) for i, fault in enumerate(posted)]


def _parse_fault(where: str, fault: Any) -> Fault:
    if not isinstance(fault, dict):
        raise FaultSyntaxError(f"{where}: an object is expected")
    _refuse_unknown(where, fault, ("when", "do", "args", "times"))
    name = fault.get("do")
    if not isinstance(name, str) or name not in ARGS:
        raise FaultSyntaxError(f"{where}.do: {name!r} is not one of {', '.join(ARGS)}")
    conditions = _checked(f"{where}.when", fault.get("when", {}), _WHEN)
    args = _checked(f"{where}.args", fault.get("args", {}), {**ARGS[name], "billed": _BOOL})
    required = _REQUIRED.get(name)
    if required is not None and required not in args:
        raise FaultSyntaxError(f"{where}.args: {name} needs {required!r}")
    times = fault.get("times")
    if times is not None and not _is_positive(times):
        raise FaultSyntaxError(f"{where}.times: {_POSITIVE[0]} is expected, not {times!r}")
    return Fault(name, When(**conditions), {**_DEFAULTS.get(name, {}), **args}, times)


def _checked(where: str, given: Any, expected: Mapping[str, Expected]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise FaultSyntaxError(f"{where}: an object is expected")
    _refuse_unknown(where, given, tuple(expected))
    for key, value in given.items():
        wanted, is_right = expected[key]
        if not is_right(value):
            raise FaultSyntaxError(f"{where}.{key}: {wanted} is expected, not {value!r}")
    return given


def _refuse_unknown(where: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise FaultSyntaxError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(known)}")
