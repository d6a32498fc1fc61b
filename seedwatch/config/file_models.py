"""The shape of config.yaml and rule.yaml: every key, its type and its default (contract.md 3)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from seedwatch.config import value_types as v
from seedwatch.config.catalog_models import ProviderKeys
from seedwatch.config.section import Section, default
from seedwatch.records import Mode
from seedwatch.texts import say

RULE_CAP: Final = 15
"""Pictures of one request at most, anywhere (protocols.md 2.2)."""

OPERATOR_ONLY: Final = frozenset({"account", "on_success", "resend_uncertain"})
"""Rule keys that only config.yaml may set (contract.md 3)."""

ROOT_KEYS: Final = ("inbox", "outbox", "done", "failed")


class RuleKeys(Section):
    """The keys of a rule; which of them a file sets is in `model_fields_set`."""

    account: v.Name | None = None
    mode: Mode | None = None
    model: Annotated[v.Line, Field(max_length=200)] | None = None
    prompt: v.Prompts = ()
    text: Literal["lines", "whole"] = "lines"
    encoding: v.Encoding | None = None
    pair: StrictBool = False
    pair_wait: v.Duration = default("10s")
    input: Literal["file", "folder"] = "file"
    references: v.Lines = ()
    size: v.Size | None = None
    resolution: v.Resolution | None = None
    group: Annotated[StrictInt, Field(ge=1, le=RULE_CAP)] = 1
    repeat: Annotated[StrictInt, Field(ge=1, le=100)] = 1
    seed: Annotated[StrictInt, Field(ge=-1, le=2**63 - 1)] | None = None
    watermark: StrictBool = False
    negative_prompt: Annotated[v.Text, Field(max_length=20_000)] | None = None
    output: v.Output = default("{stem}_{index}")
    again: Literal["hold", "reuse", "run"] = "hold"
    previews: Literal["ignore", "keep"] = "ignore"
    options: dict[str, Any] = Field(default_factory=dict, max_length=50)
    on_success: Literal["move", "keep", "delete"] = "move"
    resend_uncertain: Annotated[StrictInt, Field(ge=0, le=10)] = 0


class Poll(Section):
    """When to ask for running work first, and how often then."""

    first: Annotated[v.Duration, v.at_least(0.1)] = default("10s")
    every: Annotated[v.Duration, v.at_least(0.1)] = default("4s")


def _rule_key(name: str) -> str:
    if name not in RuleKeys.model_fields:
        raise ValueError(say("config.not_a_rule_key"))
    return name


class FolderRules(Section):
    """What rule.yaml files may not do."""

    locked: tuple[Annotated[v.Line, AfterValidator(_rule_key)], ...] = ()
    max_group: Annotated[StrictInt, Field(ge=1, le=RULE_CAP)] = RULE_CAP


class UntrustedKeys(Section):
    """What an inbox takes where anyone may write (promises.md 4a)."""

    owners: tuple[v.Owner, ...] = ()
    video: StrictBool = False


class BudgetKeys(Section):
    """What may be spent in a day and in a month, in one currency."""

    day: v.Amount | None = None
    month: v.Amount | None = None
    currency: v.Currency

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.day is None and self.month is None:
            raise ValueError(say("config.not_a_budget"))
        return self


def _poll(written: object) -> object:
    if written == "auto":
        return None
    if not isinstance(written, dict):
        raise ValueError(say("config.not_a_poll"))  # noqa: TRY004 - pydantic collects ValueErrors
    return written


def _budget(written: object) -> object:
    if written == "none":
        return None
    if not isinstance(written, dict):
        raise ValueError(say("config.not_a_budget"))  # noqa: TRY004 - as above
    return written


MaybeBudget = Annotated[
    BudgetKeys | None,
    BeforeValidator(_budget, json_schema_input_type=Literal["none"] | BudgetKeys),
]


def _folder_rules(written: object) -> object:
    """None: off. YAML of other programs writes `on` and `off` as true and false."""
    if written in ("on", True):
        return {}
    if written in ("off", False):
        return None
    if not isinstance(written, dict):
        raise ValueError(say("config.not_folder_rules"))  # noqa: TRY004 - as above
    return written


def _untrusted(written: object) -> object:
    """None: false."""
    if written is True:
        return {}
    if written is False:
        return None
    if not isinstance(written, dict):
        raise ValueError(say("config.not_untrusted"))  # noqa: TRY004 - as above
    return written


class AccountKeys(Section):
    """One account: a provider, its address, a key and limits."""

    provider: v.Provider
    base_url: v.BaseUrl | None = None
    key: v.KeyText = "keyring"
    auth: Literal["bearer", "raw"] = "bearer"
    concurrency: Annotated[StrictInt, Field(ge=1, le=1000)] = 4
    rate: v.Rate = default("unlimited")
    timeout: v.Timeout = default("auto")
    poll: Annotated[
        Poll | None,
        BeforeValidator(_poll, json_schema_input_type=Literal["auto"] | Poll),
    ] = default("auto")
    max_attempts: Annotated[StrictInt, Field(ge=1, le=100)] = 3
    upload: Literal["first", "inline"] = "first"
    budget: MaybeBudget = default("none")
    proxy: v.Proxy = default("none")
    ca_file: v.Line = "none"


class FolderKeys(Section):
    """One inbox with its outbox, done and failed, and the rule for what is dropped there."""

    name: v.Name
    inbox: v.Line
    outbox: v.Line | None = None
    done: v.Line | None = None
    failed: v.Line | None = None
    watch: Literal["auto", "events", "poll"] = "auto"
    poll_interval: Annotated[v.Duration, v.at_least(0.1)] = default("5s")
    rescan: Annotated[v.Duration, v.at_least(1)] = default("5m")
    settle: v.Duration = default("2s")
    settle_max: v.Duration = default("5m")
    cold_start: v.ColdStart = default(25)
    burst: v.BurstLimit = default("5000/10m")
    budget: MaybeBudget = default("none")
    priority: Annotated[StrictInt, Field(ge=-1000, le=1000)] = 0
    folder_rules: Annotated[
        FolderRules | None,
        BeforeValidator(
            _folder_rules, json_schema_input_type=Literal["on", "off"] | bool | FolderRules
        ),
    ] = default("on")
    untrusted: Annotated[
        UntrustedKeys | None,
        BeforeValidator(_untrusted, json_schema_input_type=bool | UntrustedKeys),
    ] = default(written=False)
    metadata: Literal["auto", "keep", "strip"] = "auto"
    rule: RuleKeys = RuleKeys()


class ConfigKeys(Section):
    """The whole of config.yaml."""

    state_dir: v.Line = "./state"
    language: Literal["en", "zh", "auto"] = "auto"
    timezone: v.Timezone = "local"
    grace: v.Duration = default("10m")
    catalog: dict[v.Name, ProviderKeys] = Field(default_factory=dict)
    accounts: dict[v.Name, AccountKeys] = Field(default_factory=dict)
    folders: tuple[FolderKeys, ...] = ()
