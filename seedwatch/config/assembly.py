"""Puts the checked parts of config.yaml together: absolute paths, defaults, cross-checks.

Accounts and folders are checked one by one, so that a mistake in one of them does not hide those
in another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedwatch.budgets import Budget
from seedwatch.catalog import Provider
from seedwatch.config import urls
from seedwatch.config.catalog_models import ProviderKeys
from seedwatch.config.effective import (
    AccountSettings,
    FolderRights,
    FolderSettings,
    PollTimes,
    Untrusted,
)
from seedwatch.config.file_models import (
    ROOT_KEYS,
    AccountKeys,
    BudgetKeys,
    ConfigKeys,
    FolderKeys,
)
from seedwatch.config.layers import RuleLayer
from seedwatch.config.mistakes import did_you_mean, validated
from seedwatch.config.overlap import Kind, Overlap, Place, find_overlaps, look_at_all
from seedwatch.config.own_catalog import OwnCatalog
from seedwatch.config.units import Burst
from seedwatch.config.where import absolute
from seedwatch.config.yaml_builder import Document
from seedwatch.config.yaml_mistakes import YamlPath
from seedwatch.errors import Problem
from seedwatch.texts import say

UNTRUSTED_BURST = Burst(100, 3600.0)
"""of an inbox where anyone may write, unless the operator says otherwise"""


@dataclass(slots=True)
class Parts:
    """The sections of config.yaml that are sound by themselves, and the mistakes in the others.

    `account_names` are all names that stand there, `folders` is keyed by the place in the list;
    of a folder with mistakes it holds what the cross-checks need.
    """

    top: ConfigKeys = field(default_factory=ConfigKeys)
    catalog: dict[str, ProviderKeys] = field(default_factory=dict)
    catalog_names: tuple[str, ...] = ()
    accounts: dict[str, AccountKeys] = field(default_factory=dict)
    account_names: tuple[str, ...] = ()
    folders: dict[int, FolderKeys] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Assembled:
    """The settings, with every mistake that shows only where parts meet."""

    state_dir: Path
    accounts: dict[str, AccountSettings] = field(default_factory=dict)
    folders: tuple[FolderSettings, ...] = ()
    problems: list[Problem] = field(default_factory=list)


def split(value: Any, document: Document) -> Parts:
    """Check each account, each folder and the rest by themselves."""
    parts = Parts()
    rest = dict(value) if isinstance(value, dict) else value
    accounts = _taken(rest, "accounts", dict, {})
    folders = _taken(rest, "folders", list, [])
    catalog = _taken(rest, "catalog", dict, {})
    top, problems = validated(ConfigKeys, rest, document)
    parts.top = top or parts.top
    parts.problems += problems
    parts.account_names, parts.catalog_names = tuple(accounts), tuple(catalog)
    for name, raw in catalog.items():
        provider, problems = validated(ProviderKeys, raw, document, ("catalog", name))
        parts.problems += problems
        if provider is not None:
            parts.catalog[name] = provider
    for name, raw in accounts.items():
        account, problems = validated(AccountKeys, raw, document, ("accounts", name))
        parts.problems += problems
        if account is not None:
            parts.accounts[name] = account
    for index, raw in enumerate(folders):
        folder, problems = validated(FolderKeys, raw, document, ("folders", index))
        parts.problems += problems
        if folder is None and isinstance(raw, dict):
            folder, _ = validated(FolderKeys, _core(raw), document, ("folders", index))
        if folder is not None:
            parts.folders[index] = folder
    return parts


def _core(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the cross-checks of a folder need, without its other keys: they have mistakes."""
    core = {key: raw[key] for key in ("name", *ROOT_KEYS) if key in raw}
    rule = raw.get("rule")
    if isinstance(rule, dict) and "account" in rule:
        core["rule"] = {"account": rule["account"]}
    return core


def _taken(rest: Any, key: str, kind: type, empty: Any) -> Any:
    """Take a section out of `rest`, where it has the right form."""
    if isinstance(rest, dict) and isinstance(rest.get(key), kind):
        section = rest[key]
        # Names are checked with the rest; their contents one by one.
        stands_for = {"provider": "ark"} if key == "accounts" else {}
        rest[key] = dict.fromkeys(section, stands_for) if kind is dict else []
        return section
    return empty


def assemble(parts: Parts, document: Document, base: Path) -> Assembled:
    """Make everything absolute from `base` and look where parts contradict each other."""
    whole = Assembled(absolute(base, parts.top.state_dir))
    catalog = OwnCatalog(parts.catalog, parts.catalog_names, document)
    whole.problems += catalog.problems
    for name, account in parts.accounts.items():
        if wrong := catalog.unknown_name(account.provider):
            whole.problems.append(document.problem(("accounts", name, "provider"), wrong))
        whole.accounts[name] = _account(name, account, catalog.provider(account.provider), base)
        if account.ca_file != "none" and not absolute(base, account.ca_file).is_file():
            path = ("accounts", name, "ca_file")
            whole.problems.append(document.problem(path, say("config.no_such_file")))
    for index, folder in parts.folders.items():
        whole.problems += _folder_problems(index, folder, parts, document)
    whole.folders = tuple(
        _folder(index, folder, whole.accounts, document, base)
        for index, folder in parts.folders.items()
    )
    whole.problems += _overlap_problems(whole, tuple(parts.folders), document)
    return whole


def _account(name: str, keys: AccountKeys, facts: Provider | None, base: Path) -> AccountSettings:
    key = keys.key
    if key.startswith("file:"):
        key = f"file:{absolute(base, key.removeprefix('file:'))}"
    return AccountSettings(
        name=name,
        provider=keys.provider,
        base_url=keys.base_url or (facts.base_url if facts is not None else ""),
        key=key,
        auth=keys.auth,
        concurrency=keys.concurrency,
        rate_per_minute=keys.rate,
        timeout_s=keys.timeout,
        poll=PollTimes(keys.poll.first, keys.poll.every) if keys.poll else None,
        max_attempts=keys.max_attempts,
        upload=keys.upload,
        budget=_budget(keys.budget),
        proxy=keys.proxy,
        ca_file=None if keys.ca_file == "none" else absolute(base, keys.ca_file),
        facts=facts,
    )


def _budget(keys: BudgetKeys | None) -> Budget | None:
    return None if keys is None else Budget(keys.currency, keys.day, keys.month)


def _folder(
    index: int,
    keys: FolderKeys,
    accounts: Mapping[str, AccountSettings],
    document: Document,
    base: Path,
) -> FolderSettings:
    inbox = absolute(base, keys.inbox)
    account = accounts.get(keys.rule.account or "")
    rules, untrusted = keys.folder_rules, keys.untrusted
    is_written = keys.model_fields_set
    if untrusted is not None and "folder_rules" not in is_written:
        rules = None  # whoever may drop a file there shall not choose what it costs
    return FolderSettings(
        name=keys.name,
        inbox=inbox,
        outbox=absolute(base, keys.outbox) if keys.outbox else inbox.parent / "outbox",
        done=absolute(base, keys.done) if keys.done else inbox.parent / "done",
        failed=absolute(base, keys.failed) if keys.failed else inbox.parent / "failed",
        watch=keys.watch,
        poll_interval_s=keys.poll_interval,
        rescan_s=keys.rescan,
        settle_s=keys.settle,
        settle_max_s=keys.settle_max,
        cold_start=keys.cold_start,
        burst=keys.burst if untrusted is None or "burst" in is_written else UNTRUSTED_BURST,
        budget=_budget(keys.budget),
        priority=keys.priority,
        rights=FolderRights(
            rules is not None, rules.locked if rules else (), rules.max_group if rules else 0
        ),
        untrusted=(
            None if untrusted is None else Untrusted(frozenset(untrusted.owners), untrusted.video)
        ),
        strips_metadata=keys.metadata == "strip" or (keys.metadata == "auto" and bool(untrusted)),
        rule_layer=RuleLayer(
            document, ("folders", index, "rule"), base, keys.rule, is_operator=True
        ),
        stopped_by=_stopped_by(account),
    )


def _folder_problems(
    index: int, keys: FolderKeys, parts: Parts, document: Document
) -> list[Problem]:
    at: YamlPath = ("folders", index)
    problems = []
    earlier = [folder.name for place, folder in parts.folders.items() if place < index]
    if keys.name in earlier:
        problems.append(document.problem((*at, "name"), say("config.same_name")))
    account = keys.rule.account
    if account is not None and account not in parts.account_names:
        message = say("config.no_such_account") + did_you_mean(account, parts.account_names)
        problems.append(document.problem((*at, "rule", "account"), message))
    if keys.settle_max < keys.settle:
        key = "settle_max" if "settle_max" in keys.model_fields_set else "settle"
        problems.append(document.problem((*at, key), say("config.settle_order")))
    for place, written in enumerate(keys.rule.references):
        if urls.is_url(written):
            try:
                urls.reference(written)
            except ValueError as error:
                path = (*at, "rule", "references", place)
                problems.append(document.problem(path, str(error)))
    return problems


def _overlap_problems(
    whole: Assembled, indexes: tuple[int, ...], document: Document
) -> list[Problem]:
    spots: dict[tuple[str, str], YamlPath] = {("", "state_dir"): ("state_dir",)}
    paths: list[tuple[str, Kind, Path]] = [("", "state_dir", whole.state_dir)]
    for index, folder in zip(indexes, whole.folders, strict=True):
        for kind in ROOT_KEYS:
            paths.append((str(index), kind, getattr(folder, kind)))
            spots[str(index), kind] = ("folders", index, kind)
    found_spots = look_at_all([path for _, _, path in paths])
    places = [
        Place(owner, kind, spot) for (owner, kind, _), spot in zip(paths, found_spots, strict=True)
    ]
    names = {str(i): folder.name for i, folder in zip(indexes, whole.folders, strict=True)}
    return [
        _overlap_problem(found, spots[found.second.owner, found.second.kind], names, document)
        for found in find_overlaps(places)
    ]


def _overlap_problem(
    found: Overlap, path: YamlPath, names: Mapping[str, str], document: Document
) -> Problem:
    if path not in document.values_at and len(path) > 1:
        path = (*path[:-1], "inbox")  # a default: it comes from where the inbox is
    owner = names.get(found.first.owner, "")
    other = f"{found.first.kind} ({owner})" if owner else found.first.kind
    return document.problem(
        path, say(f"config.overlap_{found.relation}", this=found.second.kind, other=other)
    )


def _stopped_by(account: AccountSettings | None) -> str:
    """Why a folder of this account cannot work in this release; empty where it can."""
    if account is None or account.is_built:
        return ""
    return say("config.provider_not_built", provider=account.provider)
