"""Finds what answers a path of a surface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from seedwatch.simulator.wire import Exchange

Respond = Callable[[Exchange, str], Awaitable[None]]
"""Answers one request, given its request id."""
Routes = Mapping[str, tuple[str, Respond]]
"""Path below the mount to its method and what answers it."""


class NoSuchPathError(LookupError):
    """Nothing is served at this path."""


class WrongMethodError(LookupError):
    """The path takes another method, named in the message."""


def find_route(exchange: Exchange, routes: Routes) -> Respond:
    """What answers this request.

    Raises:
        NoSuchPathError: no route has the path.
        WrongMethodError: the route of the path takes another method.
    """
    path = exchange.path.removeprefix(exchange.scope["root_path"])
    if path not in routes:
        raise NoSuchPathError(path)
    method, respond = routes[path]
    if exchange.scope["method"] != method:
        raise WrongMethodError(method)
    return respond
