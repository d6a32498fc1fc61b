"""Builds the requests that a file would cause, with the code that would send them (`explain`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from seedwatch.budgets import Calendar, Use, refusal
from seedwatch.cli.outlook import price_of
from seedwatch.config.effective import AccountSettings, FolderSettings
from seedwatch.config.rules import ResolvedRule
from seedwatch.inbox.preview import Preview
from seedwatch.providers.base import Exchange, Order, Picture, UploadProtocol
from seedwatch.providers.registry import protocol_named
from seedwatch.records import Money, NewTask, Reference
from seedwatch.texts import say
from seedwatch.worker.decoding import Decoding
from seedwatch.worker.prepare import fitted
from seedwatch.worker.rule_files import with_files

HIDDEN = "***"
_LATER = "0" * 32
"""stands for the id of an attempt, which is made when it is sent"""


@dataclass(slots=True)
class Inquiry:
    """Fits each picture once, however many tasks send it."""

    folder: FolderSettings
    account: AccountSettings
    resolved: ResolvedRule
    uses: Sequence[Use] = ()
    """of the budgets that cover it"""
    calendar: Calendar = field(default_factory=Calendar)
    decoding: Decoding = field(default_factory=Decoding)
    _fitted: dict[Reference, tuple[Picture, tuple[str, ...]]] = field(default_factory=dict)

    def task(self, task: NewTask) -> dict[str, Any]:
        """One task: what it costs at most, how its pictures are changed, and its request.

        Raises:
            SourceError: a picture cannot be fitted.
            Rejected: the rule cannot be said in the provider's terms.
        """
        bound = price_of(task, self.resolved.model)
        references = task.generation.references
        pictures = [self._picture(reference, len(references)) for reference in references]
        exchange = self._exchange(task, [picture for picture, _ in pictures])
        return {
            "index": task.index,
            "prompt": task.generation.prompt,
            "hold": task.hold,
            "reuse_of": task.reuse_of,
            "expected_outputs": task.expected_outputs,
            "cost_at_most": str(bound) if bound is not None else None,
            "currency": bound.currency if bound is not None else None,
            "budget": self._budget(task, bound),
            "changes": [
                {"picture": number, "change": change}
                for number, (_, changes) in enumerate(pictures, start=1)
                for change in changes
            ]
            + [{"picture": None, "change": change} for change in exchange.changes],
            "request": self._request(exchange),
        }

    def _budget(self, task: NewTask, bound: Money | None) -> dict[str, Any] | None:
        """Whether its budgets have room for it now; None where no budget covers it."""
        if not self.uses or task.reuse_of is not None:
            return None
        why = refusal(self.uses, bound, self.calendar)
        return {"fits": why is None, "why": None if why is None else str(why)}

    def _picture(self, reference: Reference, count: int) -> tuple[Picture, tuple[str, ...]]:
        if reference not in self._fitted:
            inbox = self.folder.inbox_root
            model = self.resolved.model.under(self.resolved.rule.options)
            strips = self.folder.strips_metadata
            self._fitted[reference] = fitted(
                reference, inbox, model, count, self.decoding, strips=strips
            )
        return self._fitted[reference]

    def _exchange(self, task: NewTask, pictures: list[Picture]) -> Exchange:
        """The request; where pictures are uploaded before it, with a word in place of each link."""
        model = self.resolved.model
        protocol = protocol_named(model.protocol)
        if isinstance(protocol, UploadProtocol) and self.account.upload == "first":
            pictures = [
                picture if isinstance(picture, str) else say("cli.explain_link", number=number)
                for number, picture in enumerate(pictures, start=1)
            ]
        generation = with_files(task.generation, model, pictures, self.decoding)
        return protocol.request(Order(model, generation, pictures, key=_LATER))

    def _request(self, exchange: Exchange) -> dict[str, Any]:
        key = {} if self.account.key == "none" else {"Authorization": HIDDEN}
        headers: dict[str, str] = {**key, **exchange.headers}
        if exchange.body is not None:
            headers["Content-Type"] = exchange.body.content_type
            headers["Content-Length"] = str(exchange.body.content_length)
        return {
            "method": exchange.method,
            "url": self.account.base_url.rstrip("/") + exchange.path,
            "headers": headers,
            "body": exchange.body.shown() if exchange.body is not None else {},
        }


def rule_values(resolved: ResolvedRule) -> dict[str, dict[str, Any]]:
    """Each effective value of the rule with its origin, by the key that users write."""
    rule = resolved.rule
    values: dict[str, Any] = {key: getattr(rule, _FIELDS.get(key, key)) for key in resolved.origins}
    return {
        key: {"value": _plain(value), "origin": resolved.origins[key]}
        for key, value in values.items()
    }


_FIELDS = {"prompt": "prompts", "pair_wait": "pair_wait_s"}
"""keys that have another name in the record"""


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else list(value)
    return value


def is_usable(seen: Preview) -> bool:
    """Whether a request can be built at all."""
    return seen.job is not None and seen.resolved is not None and seen.job.error is None
