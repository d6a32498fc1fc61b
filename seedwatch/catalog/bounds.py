"""The most a generation can cost, before anything of its request is built."""

from __future__ import annotations

from seedwatch.catalog.facts import Model, price_bound
from seedwatch.records import Generation, Money


def generation_bound(model: Model, wanted: Generation) -> Money | None:
    """The most that one request for it can cost; None where no price is known."""
    if model.price is None:
        return None
    size = model.wire_size(wanted.size, wanted.resolution, wanted.options)
    return price_bound(
        model,
        wanted.group,
        reference_count=len(wanted.references),
        size=size if isinstance(size, str) else None,
        options=wanted.options,
    )
