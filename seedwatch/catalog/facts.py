"""What is known of providers and models: frozen facts, and the small sums over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from seedwatch.catalog.sizes import SizeProblem, SizeRules, pixel_bound, wire_size
from seedwatch.records import Mode, Money

LAYER_COUNT: Final = 16
"""Layers a decomposed picture has at most, beside its base (protocols.md 2.2)."""


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What an input picture may be (protocols.md 2.4).

    `formats` are media types, ratios are width / height, `background` fills transparency.
    """

    formats: tuple[str, ...]
    max_bytes: int
    max_pixels: int
    min_side_exclusive: int
    ratio_min: float
    ratio_max: float
    max_side: int | None
    background: str


@dataclass(frozen=True, slots=True)
class Field:
    """A wire field of a model: its type, and the values or the range it takes.

    `one_picture_when` is the value with which a request has exactly one input picture.
    """

    type: Literal["text", "boolean", "integer", "number", "object", "list"]
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    of: Field | None = None
    one_picture_when: bool | str | None = None

    def allows(self, value: object) -> bool:
        """Whether a number lies in the range; what is no number, or has no range, does."""
        if not isinstance(value, (int, float)):
            return True
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Price:
    """What a provider charges; `small_picture` is the price up to `small_pixel_count` pixels."""

    picture: Money
    small_picture: Money | None
    small_pixel_count: int
    further_input: Money
    layer: Money
    checked_on: str
    source: str


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How long one paid call may take: first picture, each further one, at the longest (s)."""

    first_s: float
    more_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a provider: what it takes, what it costs, how long it may think.

    `protocol` names its wire format (`providers.registry`). `name` is the spelling to send, `id`
    the catalog's own. `fields` are the wire fields it knows beside model, prompt, image and size;
    any other is not sent. `limits` are the strict input limits, `wide_limits` the newer ones.
    A running task is asked for after `poll_first_s` and then every `poll_every_s`; one that runs
    longer than `task_limit_s` has stalled. Sources: protocols.md 2, 3, 4, 9, 10, 11.
    """

    provider: str
    protocol: str
    name: str
    id: str
    aliases: tuple[str, ...]
    title: str
    state: Literal["published", "retiring", "ended"]
    modes: tuple[Mode, ...]
    max_references: int
    max_group: int
    max_references_plus_group: int
    sizes: SizeRules
    sizes_with: Mapping[str, SizeRules]
    fields: Mapping[str, Field]
    limits: InputLimits
    wide_limits: InputLimits
    price: Price | None
    time_limit: TimeLimit
    poll_first_s: float
    poll_every_s: float
    task_limit_s: float
    result_lifetime_s: int
    prompt_optional_with: tuple[str, ...]
    layered_with: str
    is_known: bool

    @property
    def answers(self) -> Literal["picture", "video"]:
        """What it makes."""
        return "video" if self.modes[0].endswith("video") else "picture"

    @property
    def supports_groups(self) -> bool:
        """Whether one request can give several related pictures."""
        return self.max_group > 1

    def knows(self, wire_field: str) -> bool:
        """Whether the model takes this wire field; one that it does not is never sent."""
        return wire_field in self.fields

    def named(self, name: str) -> Model:
        """The same model, to be sent by this name."""
        return replace(self, name=name)

    def size_rules(self, options: Mapping[str, Any] | None = None) -> SizeRules:
        """The size rules under these `options` (a switch such as layers changes them)."""
        for name, rules in self.sizes_with.items():
            if (options or {}).get(name):
                return rules
        return self.sizes

    def wire_size(
        self, size: str | None, resolution: str | None, options: Mapping[str, Any] | None = None
    ) -> str | SizeProblem:
        """The `size` to send for a neutral size; never empty (protocols.md 12, item 3)."""
        return wire_size(self.size_rules(options), size, resolution)

    def needs_prompt(self, options: Mapping[str, Any] | None = None) -> bool:
        """Whether a request without a prompt is refused."""
        return not any((options or {}).get(name) for name in self.prompt_optional_with)

    def is_layered(self, options: Mapping[str, Any] | None = None) -> bool:
        """Whether the answer is one picture taken apart into layers."""
        return bool(self.layered_with and (options or {}).get(self.layered_with))


@dataclass(frozen=True, slots=True)
class Provider:
    """A company's API: where it is, which wire fields rules set by keys of their own, its models.

    `own_fields` maps a wire field to the rule key that sets it ("" : nothing sets it). `models`
    is keyed by every spelling in lower case; `unknown` stands for all others.
    """

    name: str
    title: str
    base_url: str
    base_urls: Mapping[str, str]
    own_fields: Mapping[str, str]
    models: Mapping[str, Model]
    unknown: Model


def price_bound(
    model: Model,
    group: int = 1,
    *,
    reference_count: int = 0,
    size: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Money | None:
    """The most one request can cost; None where no price is known (protocols.md 11).

    `size` is the wire size, where it is known: a small picture may be cheaper.
    """
    price = model.price
    if price is None:
        return None
    one = price.picture
    pixel_count = pixel_bound(model.size_rules(options), size) if size else None
    is_small = pixel_count is not None and pixel_count <= price.small_pixel_count
    if is_small and price.small_picture is not None:
        one = price.small_picture
    micros = one.micros * group + price.further_input.micros * max(0, reference_count - 1)
    if model.is_layered(options):
        micros += price.layer.micros * LAYER_COUNT
    return Money(micros, one.currency)


def timeout_s(model: Model, group: int = 1, *, options: Mapping[str, Any] | None = None) -> float:
    """How long to wait for the answer of one paid call, in seconds (protocols.md 2.8)."""
    count = group + (LAYER_COUNT if model.is_layered(options) else 0)
    limit = model.time_limit
    return min(limit.first_s + limit.more_s * (count - 1), limit.longest_s)
