"""What a finished generation cost: as its answer says, else by the price list; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seedwatch import catalog
from seedwatch.catalog import Model
from seedwatch.providers.base import Answer
from seedwatch.records import Claim, CostBasis, Money, Output


@dataclass(frozen=True, slots=True)
class Bill:
    """A cost and where it is from; `listed` is what the price list says of the same pictures."""

    cost: Money | None
    basis: CostBasis
    listed: Money | None


def bill_of(claim: Claim, model: Model, answer: Answer, outputs: Sequence[Output]) -> Bill:
    """The cost of a finished claim; None where neither answer nor price list tells one.

    Failed or moderated pictures are not charged (protocols.md 11).
    """
    billed = answer.billed_count
    if billed is None:
        billed = sum(not output.error for output in outputs)
    listed = catalog.price_bound(
        model,
        billed,
        reference_count=len(claim.generation.references),
        size=claim.sent.get("parameters", {}).get("size"),
        options=claim.generation.options,
    )
    charged = answer.charged
    if answer.charged_micros is not None and model.charges_in:
        charged = Money(answer.charged_micros, model.charges_in)
    if charged is not None and charged.micros >= 0:
        return Bill(charged, "charged", listed)
    return Bill(listed, "estimate" if listed is not None else "", listed)
