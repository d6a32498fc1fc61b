"""Finds what answers a path of a surface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from seedwatch.simulator.wire import Exchange

Respond = Callable[[Exchange, str], Awaitable[None]]
"""Answers one request, given its request id."""
Routes = Mapping[str, Mapping[str, Respond]]
"""Path below the mount to what answers each method; `/{id}` at its end stands for any name."""


class NoSuchPathError(LookupError):
    """Nothing is served at this path."""


class WrongMethodError(LookupError):
    """The path takes other methods, named in the message."""


def find_route(exchange: Exchange, routes: Routes) -> Respond:
    """What answers this request.

    Raises:
        NoSuchPathError: no route has the path.
        WrongMethodError: the route of the path takes other methods.
    """
    path = exchange.path.removeprefix(exchange.scope["root_path"])
    methods = routes.get(path)
    if methods is None and last_name(exchange):
        methods = routes.get(f"{path.rpartition('/')[0]}/{{id}}")
    if methods is None:
        raise NoSuchPathError(path)
    method = exchange.scope["method"]
    if method not in methods:
        raise WrongMethodError(" or ".join(methods))
    return methods[method]


def last_name(exchange: Exchange) -> str:
    """What stands for `{id}` in the path of a request."""
    return exchange.path.rpartition("/")[2]
