"""What the operator set, resolved: every path absolute, every time in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from seedwatch.budgets import Budget, Budgets, Calendar, limits_of
from seedwatch.catalog import Model, Provider
from seedwatch.config.layers import RuleLayer
from seedwatch.config.units import Burst
from seedwatch.errors import Problem
from seedwatch.paths import Root, Writers


@dataclass(frozen=True, slots=True)
class PollTimes:
    """When running work is asked for first, and how often then (seconds)."""

    first_s: float
    every_s: float


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One account. None in `timeout_s` and `poll`: what the provider's model needs."""

    name: str
    provider: str
    base_url: str
    key: str
    auth: Literal["bearer", "raw"]
    concurrency: int
    rate_per_minute: float | None
    timeout_s: float | None
    poll: PollTimes | None
    max_attempts: int
    upload: Literal["first", "inline"]
    budget: Budget | None
    proxy: str | None
    ca_file: Path | None
    facts: Provider | None
    """what is known of the provider and its models; None where it is not built yet"""

    @property
    def is_built(self) -> bool:
        """Whether this release can talk to the provider."""
        return self.facts is not None

    def model(self, name: str) -> Model:
        """What is known of a model of the provider, which must be built."""
        assert self.facts is not None, self.provider
        return self.facts.model(name)


@dataclass(frozen=True, slots=True)
class FolderRights:
    """What rule.yaml files may do in a folder; with `are_on` False they are ignored."""

    are_on: bool
    locked: tuple[str, ...]
    max_group: int


@dataclass(frozen=True, slots=True)
class Untrusted:
    """What an inbox takes where anyone may write; without `owners` from every user."""

    owners: frozenset[int]
    may_make_videos: bool


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """One inbox and what belongs to it; all paths absolute, all times in seconds.

    `cold_start` and `burst` None: unlimited. `stopped_by` says why the folder cannot work in
    this release (empty: it can). `rule_layer` holds the folder's defaults for rules.
    `untrusted` None: whoever may write into the inbox is trusted.
    """

    name: str
    inbox: Path
    outbox: Path
    done: Path
    failed: Path
    watch: Literal["auto", "events", "poll"]
    poll_interval_s: float
    rescan_s: float
    settle_s: float
    settle_max_s: float
    cold_start: int | None
    burst: Burst | None
    budget: Budget | None
    priority: int
    rights: FolderRights
    untrusted: Untrusted | None
    strips_metadata: bool
    rule_layer: RuleLayer
    stopped_by: str

    @property
    def inbox_root(self) -> Root:
        """The inbox as it may be read from."""
        writers = None if self.untrusted is None else Writers(self.untrusted.owners)
        return Root(self.inbox, writers)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything config.yaml says. `timezone` is `local` or a name such as Europe/Berlin."""

    file: Path
    state_dir: Path
    language: Literal["en", "zh", "auto"]
    timezone: str
    grace_s: float
    accounts: Mapping[str, AccountSettings]
    folders: tuple[FolderSettings, ...]
    remarks: tuple[Problem, ...] = ()

    def warnings(self) -> tuple[Problem, ...]:
        """What does not stop the daemon, but that the operator should know; for `check`."""
        return self.remarks

    @property
    def calendar(self) -> Calendar:
        """Whose days and months count."""
        return Calendar(self.timezone)

    def budgets_of(self, account: str, folder: str) -> Budgets:
        """The limits that cover a task of this account and folder, configured or not."""
        paying, working = self.accounts.get(account), self.folder(folder)
        return Budgets(
            (
                *limits_of("account", account, paying.budget if paying else None),
                *limits_of("folder", folder, working.budget if working else None),
            ),
            self.calendar,
        )

    def all_budgets(self) -> Budgets:
        """Every limit of every account and folder."""
        limits = [
            *(limits_of("account", name, known.budget) for name, known in self.accounts.items()),
            *(limits_of("folder", folder.name, folder.budget) for folder in self.folders),
        ]
        return Budgets(tuple(chain.from_iterable(limits)), self.calendar)

    def folder(self, name: str) -> FolderSettings | None:
        """The folder of this name."""
        return next((folder for folder in self.folders if folder.name == name), None)
