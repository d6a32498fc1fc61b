"""How to talk to generation services: the wire formats, and the one place that touches httpx."""

from __future__ import annotations

from seedwatch.lean import without

with without("rich", "pygments"):
    import httpx  # noqa: F401 - before the modules here that use it
