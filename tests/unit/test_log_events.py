"""The documented list of log events is exactly what the code logs."""

from __future__ import annotations

import ast
import re

from seedwatch.logs import EVENTS
from tests.unit.sources import calls

_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def _logged() -> dict[str, str]:
    """Name of each event in the code -> a module that logs it."""
    found = {}
    for path, call in calls():
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="log"), attr=level),
                args=[ast.Constant(value=str(event)), *_],
            ) if level in _LEVELS:
                found[event] = path
    return found


def test_every_event_that_is_logged_is_listed() -> None:
    """No module logs an event that the list does not explain."""
    assert {event: path for event, path in _logged().items() if event not in EVENTS} == {}


def test_every_listed_event_is_logged() -> None:
    """The list names no event that no module logs."""
    assert sorted(set(EVENTS) - set(_logged())) == []


def test_events_are_named_by_literals() -> None:
    """Every log call names its event by a literal, so that the two tests above see them all."""
    for path, call in calls():
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=level)):
                if level in _LEVELS:
                    assert call.args, path
                    assert isinstance(call.args[0], ast.Constant), path


def test_names_are_a_noun_and_what_happened() -> None:
    """`noun.past_participle`, in lower case, each with an explanation."""
    for event, meaning in EVENTS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", event)
        assert meaning
