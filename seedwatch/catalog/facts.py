"""What is known of providers and models: frozen facts, and the small sums over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from seedwatch.catalog.fields import Field
from seedwatch.catalog.shapes import Shape, wire_shape, with_ratios
from seedwatch.catalog.sizes import Ratios, SizeProblem, SizeRules, pixel_bound, wire_size
from seedwatch.records import Mode, Money, Scene

LAYER_COUNT: Final = 16
"""Layers a decomposed picture has at most, beside its base (protocols.md 2.2)."""

_BESIDE_PICTURES: Final = 512 << 10
"""bytes of a request that its prompt (at most 64 KB) and its fields may take"""


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
class Price:
    """What a provider charges; `small_picture` is the price up to `small_pixel_count` pixels.

    Where a wire field decides as well (`by_field`), `by_value` holds for its values the prices of
    a picture and of a small one; `picture` and `small_picture` are then those of the dearest.
    """

    picture: Money
    small_picture: Money | None
    small_pixel_count: int
    further_input: Money
    layer: Money
    checked_on: str
    source: str
    by_field: str = ""
    by_value: Mapping[str, tuple[Money, Money]] = field(default_factory=dict)

    @property
    def basis(self) -> str:
        """Which list it is from, and of which day, where that is known."""
        return ", ".join(part for part in (self.source, self.checked_on) if part)

    def one(self, options: Mapping[str, Any], *, is_small: bool) -> Money:
        """The most that one picture costs."""
        usual = (self.picture, self.small_picture or self.picture)
        return self.by_value.get(str(options.get(self.by_field)), usual)[is_small]


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
    `max_prompt` counts characters (None: no limit is documented); `takes_urls`: a picture may be an
    http(s) URL; `retired_on` is the day of an ended model, where it is known (YYYY-MM-DD).
    A video may begin with one picture and end with a second (`max_frames`), or be made from
    `max_references` reference pictures; `ratios_in` are the ratios of such kinds of input where
    they differ. `max_request_bytes` bounds a whole request (0: not documented).
    `charges_in` is the currency of amounts in answers that tell none ("": not known).
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
    max_frames: int
    max_references: int
    max_group: int
    max_references_plus_group: int
    sizes: SizeRules
    sizes_with: Mapping[str, SizeRules]
    ratios_in: Mapping[Scene, Ratios]
    fields: Mapping[str, Field]
    limits: InputLimits
    limits_with: Mapping[str, InputLimits]
    wide_limits: InputLimits
    max_request_bytes: int
    price: Price | None
    time_limit: TimeLimit
    poll_first_s: float
    poll_every_s: float
    task_limit_s: float
    result_lifetime_s: int
    is_prompt_optional: bool
    prompt_optional_with: tuple[str, ...]
    layered_with: str
    is_known: bool
    max_prompt: int | None = None
    takes_urls: bool = True
    retired_on: str = ""
    charges_in: str = ""

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

    def wire_options(self, options: Mapping[str, Any], scene: Scene) -> dict[str, Any]:
        """Those of a rule's options that such a request may carry (protocols.md 12, item 1)."""
        fields = self.fields
        return {
            name: value
            for name, value in options.items()
            if name in fields and scene in (fields[name].scenes or (scene,))
        }

    def named(self, name: str) -> Model:
        """The same model, to be sent by this name."""
        return replace(self, name=name)

    def input_limits(self, count: int) -> InputLimits:
        """The strict limits of each of `count` pictures that are sent inside one request.

        Where a whole request is bounded, each has its share of it, as base64 (protocols.md 3.4).
        """
        if not self.max_request_bytes:
            return self.limits
        share = (self.max_request_bytes - _BESIDE_PICTURES) // count * 3 // 4
        return replace(self.limits, max_bytes=min(self.limits.max_bytes, share))

    def max_pictures(self, scene: Scene) -> int:
        """How many pictures a request of this kind may carry."""
        return self.max_frames if scene == "frames" else self.max_references

    def output_count(self, group: int, options: Mapping[str, Any] | None = None) -> int:
        """How many results one request is to give."""
        known = ((self.fields.get(name), value) for name, value in (options or {}).items())
        return group + sum(field.more_outputs for field, value in known if field and value is True)

    def under(self, options: Mapping[str, Any]) -> Model:
        """The same model, with the input limits under these options (2.2, layers)."""
        for name, limits in self.limits_with.items():
            if options.get(name):
                return replace(self, limits=limits)
        return self

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

    def wire_shape(
        self,
        size: str | None,
        resolution: str | None,
        options: Mapping[str, Any] | None = None,
        scene: Scene = "text",
    ) -> Shape | SizeProblem:
        """Ratio and resolution to send, of a model that has a field for each."""
        rules = with_ratios(self.size_rules(options), self.ratios_in, scene)
        return wire_shape(rules, size, resolution)

    def size_problem(
        self,
        size: str | None,
        resolution: str | None,
        options: Mapping[str, Any] | None,
        scenes: Iterable[Scene],
    ) -> SizeProblem | None:
        """Why this size cannot be had with any of these kinds of input; None: it can."""
        problem: SizeProblem | None = None
        for scene in scenes:
            if self.sizes.ratios is None:
                found: Shape | str | SizeProblem = self.wire_size(size, resolution, options)
            else:
                found = self.wire_shape(size, resolution, options, scene)
            if not isinstance(found, SizeProblem):
                return None
            problem = found
        return problem

    def needs_prompt(self, options: Mapping[str, Any] | None = None) -> bool:
        """Whether a request with pictures, but without a prompt, is refused."""
        return not self.is_prompt_optional and not any(
            (options or {}).get(name) for name in self.prompt_optional_with
        )

    def is_layered(self, options: Mapping[str, Any] | None = None) -> bool:
        """Whether the answer is one picture taken apart into layers."""
        return bool(self.layered_with and (options or {}).get(self.layered_with))


@dataclass(frozen=True, slots=True)
class Provider:
    """A company's API: where it is, which wire fields rules set by keys of their own, its models.

    `result_hosts` are domains below which its results are known to lie. `own_fields` maps a wire
    field to the rule key that sets it ("" : nothing sets it). `models` is keyed by every spelling,
    as it is and in lower case; `unknown` stands for all others.
    """

    name: str
    title: str
    base_url: str
    base_urls: Mapping[str, str]
    result_hosts: tuple[str, ...]
    own_fields: Mapping[str, str]
    models: Mapping[str, Model]
    unknown: Model

    def model(self, name: str) -> Model:
        """The model of this id or alias, whatever its case; its `name` is the spelling to send.

        A name that is not listed gives a model with the strictest limits and `is_known` False.
        """
        name = name.strip()
        known = self.models.get(name) or self.models.get(name.lower())
        return known or self.unknown.named(name)


def price_bound(
    model: Model,
    group: int = 1,
    *,
    reference_count: int = 0,
    size: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Money | None:
    """The most one request can cost; None where no price is known (protocols.md 11).

    `size` is the wire size, where it is known: a small picture may be cheaper. Of a picture that
    was taken apart `group` counts what was made: the base and its layers.
    """
    price = model.price
    if price is None:
        return None
    pixel_count = pixel_bound(model.size_rules(options), size) if size else None
    is_small = pixel_count is not None and pixel_count <= price.small_pixel_count
    one = price.one(options or {}, is_small=is_small)
    layer_count = 0
    if model.is_layered(options):
        layer_count = group - 1 or LAYER_COUNT
        group = 1
    micros = one.micros * group + price.layer.micros * layer_count
    micros += price.further_input.micros * max(0, reference_count - 1)
    return Money(micros, one.currency)


def timeout_s(model: Model, group: int = 1, *, options: Mapping[str, Any] | None = None) -> float:
    """How long to wait for the answer of one paid call, in seconds (protocols.md 2.8)."""
    count = group + (LAYER_COUNT if model.is_layered(options) else 0)
    limit = model.time_limit
    return min(limit.first_s + limit.more_s * (count - 1), limit.longest_s)
