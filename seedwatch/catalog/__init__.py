"""What models can do, as their providers document it: limits, sizes, fields, prices."""

from __future__ import annotations

from seedwatch.catalog.bounds import generation_bound
from seedwatch.catalog.facts import (
    InputLimits,
    Model,
    Price,
    Provider,
    price_bound,
    timeout_s,
)
from seedwatch.catalog.fields import Field
from seedwatch.catalog.loader import BUILT, PROVIDERS, TO_COME, find_model, provider_named
from seedwatch.catalog.overrides import Mistake, changed_provider
from seedwatch.catalog.shapes import Shape
from seedwatch.catalog.sizes import SizeProblem, SizeRules, kind_of, normal_size, wire_size

__all__ = [
    "BUILT",
    "PROVIDERS",
    "TO_COME",
    "Field",
    "InputLimits",
    "Mistake",
    "Model",
    "Price",
    "Provider",
    "Shape",
    "SizeProblem",
    "SizeRules",
    "changed_provider",
    "find_model",
    "generation_bound",
    "kind_of",
    "normal_size",
    "price_bound",
    "provider_named",
    "timeout_s",
    "wire_size",
]
