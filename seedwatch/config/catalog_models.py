"""The shape of `catalog:` in config.yaml: models of one's own, other prices, further providers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from seedwatch.config import value_types as v
from seedwatch.config.section import Section, default
from seedwatch.records import Mode
from seedwatch.texts import say


class SmallKeys(Section):
    """A lower price of pictures with few pixels."""

    pixels: Annotated[StrictInt, Field(ge=1)]
    picture: v.Price


class PriceKeys(Section):
    """What a request of one model costs."""

    picture: v.Price
    small: SmallKeys | None = None
    further_input: v.Price = default(0)
    layer: v.Price | None = None
    by: Annotated[dict[v.Line, dict[v.Line, v.Price]], Field(max_length=1)] = Field(
        default_factory=dict
    )
    currency: v.Currency

    def in_catalog_words(self) -> dict[str, Any]:
        """As a file of the catalog says it."""
        raw: dict[str, Any] = {
            "picture": _amount(self.picture),
            "further_input": _amount(self.further_input),
            "currency": self.currency,
            "source": "config.yaml",
        }
        if self.small is not None:
            small = self.small
            raw["small"] = {"pixels": small.pixels, "picture": _amount(small.picture)}
        if self.layer is not None:
            raw["layer"] = _amount(self.layer)
        if self.by:
            raw["by"] = {
                name: {value: [_amount(micros)] * 2 for value, micros in prices.items()}
                for name, prices in self.by.items()
            }
        return raw


def _amount(micros: int) -> str:
    return format(Decimal(micros) / 1_000_000, "f")


class SizeKeys(Section):
    """Which sizes a model makes, where they differ from those of the catalog."""

    tiers: Annotated[tuple[v.Resolution, ...], v.NotEmpty] | None = None
    default: v.Size | None = None
    pixels: Annotated[tuple[StrictInt, ...], v.PixelRange] | None = None
    max_side: Annotated[StrictInt, Field(ge=1)] | None = None
    step: Annotated[StrictInt, Field(ge=1, le=256)] | None = None

    @model_validator(mode="after")
    def _default_is_among_them(self) -> Self:
        if self.tiers is not None and self.default not in self.tiers:
            raise ValueError(say("config.tiers_need_default"))
        return self


class LimitKeys(Section):
    """What an input picture of one model may be."""

    formats: Annotated[tuple[v.MediaType, ...], v.NotEmpty] | None = None
    max_bytes: Annotated[StrictInt, Field(ge=1000)] | None = None
    max_pixels: Annotated[StrictInt, Field(ge=1, le=89_000_000)] | None = None
    max_side: Annotated[StrictInt, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _takes_what_we_make(self) -> Self:
        if self.formats is not None and "image/jpeg" not in self.formats:
            raise ValueError(say("config.formats_need_jpeg"))
        return self


_UNKNOWN: Final = PriceKeys(picture=0, currency="XXX")
"""stands for `price: unknown`; XXX is no currency"""


def _price(written: object) -> object:
    if written == "unknown":
        return _UNKNOWN
    if isinstance(written, dict):
        return written
    raise ValueError(say("config.not_a_price"))


class ModelKeys(Section):
    """One model: its keys override those of the model `id`, or of the model it is `like`."""

    id: Annotated[v.Line, Field(max_length=200)]
    like: Annotated[v.Line, Field(max_length=200)] | None = None
    aliases: v.Lines = ()
    title: v.Line | None = None
    state: Literal["published", "retiring", "ended"] | None = None
    modes: Annotated[tuple[Mode, ...], v.NotEmpty] | None = None
    references: Annotated[StrictInt, Field(ge=0, le=50)] | None = None
    group: Annotated[StrictInt, Field(ge=1, le=15)] | None = None
    price: Annotated[
        PriceKeys | None,
        BeforeValidator(_price, json_schema_input_type=PriceKeys | Literal["unknown"]),
    ] = None
    sizes: SizeKeys | None = None
    limits: LimitKeys | None = None

    def in_catalog_words(self) -> dict[str, Any]:
        """The keys that are written, as a file of the catalog says them."""
        raw = {key: value for key, value in self if value is not None and value != ()}
        if self.price is not None:
            is_unknown = self.price is _UNKNOWN
            raw["price"] = "unknown" if is_unknown else self.price.in_catalog_words()
        for name, section in (("limits", self.limits), ("sizes", self.sizes)):
            if section is not None:
                raw[name] = section.model_dump(exclude_none=True)
        return raw


class ProviderKeys(Section):
    """Changes of a provider, or one of one's own that speaks like another."""

    like: v.Name | None = None
    title: v.Line | None = None
    base_url: v.BaseUrl | None = None
    charges_in: v.Currency | None = None
    models: tuple[ModelKeys, ...] = ()

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.like is not None and self.base_url is None:
            raise ValueError(say("config.provider_needs_address"))
        return self

    def in_catalog_words(self) -> dict[str, Any]:
        """The keys that are written, as a file of the catalog says them."""
        raw: dict[str, Any] = {"models": [model.in_catalog_words() for model in self.models]}
        if self.title is not None:
            raw["title"] = self.title
        if self.base_url is not None:
            raw["base_url"] = self.base_url
        if self.charges_in is not None:
            raw["charges_in"] = self.charges_in
        return raw
