"""The processes that decode for all tests of a session, so that not each of them starts its own."""

from __future__ import annotations

import atexit
import functools

from seedwatch.children import Children


@functools.cache
def decoders() -> Children:
    """They are there for as long as tests ask for work now and then."""
    children = Children(idle_s=30.0)
    atexit.register(children.close)
    return children
