"""Every error class of the product; each carries its disposition (design.md 7).

SeedwatchError
  ConfigError                    a setting or rule is wrong            stop / its folder stops
  StoreError                     the database is broken                stop
  LeaseLost                      another owner has the task            leave quietly
  TaskError                      decides what happens to one task:
    SourceError                  cannot be read, fitted, sent          fail, card
    SourceGone, SourceChanged    the user's hand wins                  cancel
      SourceForeign              not a file of the inbox's writers     cancel
    DeliveryError                outbox away or full                   snooze
    OverBudget                   a budget has no room                  hold: budget
    PriceUnknown                 a budget cannot be kept               hold: price-unknown
    DecoderBroken                a picture ends whoever decodes it     hold: quarantine
    ProviderError                what a provider did:
      Rejected                   refuses the parameters                fail, card
      Moderated                  refuses the content                   fail, card
      Unavailable                failed there, or unreachable          retry
        NotSent                  provably never left                   retry, no attempt used
      RateLimited                429                                   account waits
      AuthFailed                 401, 403                              account pauses
      QuotaExhausted             balance                               account pauses
      ModelClosed                this model is not open                model pauses
      RemoteFailed               accepted, then failed                 retry as a new submit
      OutcomeUnknown             may have been paid                    find, else hold: unsure
      AnswerUnreadable           paid, but not usable                  hold: unreadable
      HandleExpired              paid, but the answer is gone          hold: expired
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal

from seedwatch.lifecycle import HoldReason


class Disposition(Enum):
    """What the executor does with a task after an error; it only obeys."""

    FAIL = "fail"
    RETRY = "retry"
    SNOOZE = "snooze"
    PAUSE = "pause"
    RECONCILE = "reconcile"
    HOLD = "hold"
    CANCEL = "cancel"


class SeedwatchError(Exception):
    """Base of all errors with a message for a person: what happened, then what to do next."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file the user wrote; line and column count from 1, 0 = the whole file."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ConfigError(SeedwatchError):
    """Settings or a rule that cannot be used; carries all its problems at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class StoreError(SeedwatchError):
    """The database cannot be trusted or opened; the daemon stops."""


class LeaseLost(SeedwatchError):
    """The task is no longer ours: its lease ended or a person decided; leave without a write."""


class TaskError(SeedwatchError):
    """An error that decides what happens to one task."""

    disposition: ClassVar[Disposition]
    uses_attempt: ClassVar[bool] = False
    hold_reason: ClassVar[HoldReason] = "internal"


class SourceError(TaskError):
    """The source cannot be read, fitted or sent; it goes to failed/ with a card."""

    disposition = Disposition.FAIL


class SourceGone(TaskError):
    """The source was taken out of its inbox before anything was sent."""

    disposition = Disposition.CANCEL


class SourceForeign(SourceGone):
    """The source has a second name or another owner, in an inbox where anyone may write."""


class SourceChanged(TaskError):
    """The source has other bytes than those recorded; the new bytes are a new job."""

    disposition = Disposition.CANCEL


class DeliveryError(TaskError):
    """A root is away, full or refuses; nothing is lost, it is tried again later."""

    disposition = Disposition.SNOOZE


class ResultGone(TaskError):
    """The stored result to be delivered again cannot be found; a person decides whether to pay."""

    disposition = Disposition.HOLD
    hold_reason = "seen-before"


class OverBudget(TaskError):
    """A budget has no room for the request; nothing was sent."""

    disposition = Disposition.HOLD
    hold_reason = "budget"


class PriceUnknown(TaskError):
    """A budget covers the request, whose price is not known in its currency; nothing was sent."""

    disposition = Disposition.HOLD
    hold_reason = "price-unknown"


class DecoderBroken(TaskError):
    """A picture ended the processes that were to decode it; nothing was sent for it since."""

    disposition = Disposition.HOLD
    hold_reason = "quarantine"


class ProviderError(TaskError):
    """Something a provider did; `code`, `status` and `request_id` as it named them."""

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        code: str = "",
        status: int = 0,
        request_id: str = "",
    ) -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.status = status
        self.request_id = request_id


class Rejected(ProviderError):
    """The provider refuses the request as it is; sending it again would not help."""

    disposition = Disposition.FAIL
    uses_attempt = True


class Moderated(Rejected):
    """The provider refuses the content; never sent again by itself."""


class Unavailable(ProviderError):
    """The provider failed in a way that is known to be safe to repeat."""

    disposition = Disposition.RETRY
    uses_attempt = True


class NotSent(Unavailable):
    """No byte of the request can have reached the provider."""

    uses_attempt = False


class RateLimited(ProviderError):
    """Too many requests; the whole account waits `retry_after_s` seconds (None: not said)."""

    disposition = Disposition.SNOOZE

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        code: str = "",
        status: int = 0,
        request_id: str = "",
    ) -> None:
        super().__init__(message, code=code, status=status, request_id=request_id)
        self.retry_after_s = retry_after_s


class AccountStopped(ProviderError):
    """The account cannot be used until a person mends it; its tasks stay ready."""

    disposition = Disposition.PAUSE
    account_state: ClassVar[Literal["auth", "quota", "model"]]


class AuthFailed(AccountStopped):
    """The key is missing, wrong or not allowed."""

    account_state = "auth"


class QuotaExhausted(AccountStopped):
    """The balance or the quota is used up."""

    account_state = "quota"


class ModelClosed(AccountStopped):
    """This model is not open for this account; its other models go on."""

    account_state = "model"


class RemoteFailed(ProviderError):
    """Accepted, then failed at the provider; a new submit may be tried, within bounds."""

    disposition = Disposition.RETRY
    uses_attempt = True


class OutcomeUnknown(ProviderError):
    """The request may have been accepted and charged; it is never repeated blindly."""

    disposition = Disposition.RECONCILE
    uses_attempt = True
    hold_reason = "unsure"


class AnswerUnreadable(ProviderError):
    """Paid for, but what came is not a picture; the bytes are kept in the spool."""

    disposition = Disposition.HOLD
    uses_attempt = True
    hold_reason = "unreadable"


class HandleExpired(ProviderError):
    """Paid for, but the provider no longer has the result."""

    disposition = Disposition.HOLD
    uses_attempt = True
    hold_reason = "expired"
