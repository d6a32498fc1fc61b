"""Decides which rule applies: the folder's defaults, then each rule.yaml, the nearest wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seedwatch.catalog import Model
from seedwatch.config.draft import Draft
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.config.file_models import RuleKeys
from seedwatch.config.layers import RuleLayer, read_rule_file
from seedwatch.config.references import file_digest, resolve_files, resolve_references
from seedwatch.config.rule_checks import check
from seedwatch.config.strict_yaml import sorted_problems
from seedwatch.errors import ConfigError, Problem
from seedwatch.records import Rule
from seedwatch.texts import say

__all__ = ["ResolvedRule", "RuleLayer", "read_rule_file", "resolve_rule"]

DEFAULT_ORIGIN: Final = "default"


@dataclass(frozen=True, slots=True)
class ResolvedRule:
    """The rule that applies, where each of its values comes from, and what to warn about.

    `origins` maps a key of the rule to `config.yaml:31`, `rule.yaml:3 (inbox)` or `default`.
    """

    rule: Rule
    model: Model
    origins: Mapping[str, str]
    warnings: tuple[Problem, ...] = ()


def resolve_rule(
    folder: FolderSettings,
    settings: Settings,
    layers: Sequence[RuleLayer],
    *,
    digest: Callable[[Path, Path | None], str] = file_digest,
) -> ResolvedRule:
    """Merge the layers (rule.yaml files from the inbox down to the source) and check the result.

    `digest` gives the sha256 of a reference file; its second argument is the directory below
    which no symlink may lead (None for files the operator named). OSError: it cannot be used.

    Raises:
        ConfigError: every mistake, at the innermost file that has a part in it.
    """
    allowed = tuple(layers) if folder.rights.are_on else ()
    problems = [problem for layer in allowed for problem in _beyond_rights(folder, layer)]
    draft = Draft(folder, (folder.rule_layer, *allowed))
    problems += _missing(draft, settings)
    problems += _untrusted(draft)
    if problems:
        raise ConfigError(sorted_problems(problems))
    account = settings.accounts[draft.value("account")]
    assert account.facts is not None  # or it would be missing
    model = account.model(draft.value("model"))
    findings = check(draft, model, account.facts)
    references, digests, more = resolve_references(draft, digest)
    files, others = resolve_files(draft, model, digest)
    problems = [*findings.problems, *more, *others]
    if problems:
        raise ConfigError(sorted_problems(problems))
    changed = {**findings.changed, "model": model.name}
    if files:
        changed["options"] = {**draft.value("options"), **files}
    return ResolvedRule(
        rule=_rule(draft, changed, references, digests),
        model=model,
        origins=_origins(draft),
        warnings=tuple(sorted_problems(findings.warnings)),
    )


def _beyond_rights(folder: FolderSettings, layer: RuleLayer) -> list[Problem]:
    """What this rule.yaml may not do in this folder."""
    problems = [
        layer.document.problem((key,), say("config.locked", name=key), at_key=True)
        for key in folder.rights.locked
        if layer.sets(key)
    ]
    cap = folder.rights.max_group
    if layer.sets("group") and layer.keys.group > cap:
        problems.append(layer.problem(("group",), say("config.group_capped", limit=cap)))
    return problems


def _untrusted(draft: Draft) -> list[Problem]:
    """A video costs a hundred pictures: not for whoever drops a file, unless it is said."""
    untrusted, mode = draft.folder.untrusted, draft.value("mode")
    if untrusted is None or untrusted.may_make_videos or not str(mode).endswith("video"):
        return []
    return [draft.problem(("mode",), say("config.untrusted_video"))]


def _missing(draft: Draft, settings: Settings) -> list[Problem]:
    """What a rule cannot do without, or cannot have yet."""
    problems = []
    account = settings.accounts.get(draft.value("account") or "")
    if account is None:
        problems.append(draft.folder.rule_layer.problem((), say("config.rule_needs_account")))
    elif not account.is_built:
        message = say("config.provider_not_built", provider=account.provider)
        problems.append(draft.problem(("account",), message))
    if draft.value("model") is None:
        problems.append(draft.layers[-1].problem((), say("config.rule_needs_model")))
    return problems


def _rule(
    draft: Draft,
    changed: Mapping[str, Any],
    references: tuple[str, ...],
    digests: tuple[str, ...],
) -> Rule:
    values = {key: changed.get(key, draft.value(key)) for key in RuleKeys.model_fields}
    values["prompts"] = values.pop("prompt")
    values["pair_wait_s"] = values.pop("pair_wait")
    values["options"] = dict(values["options"])
    values["references"] = references
    return Rule(**values, priority=draft.folder.priority, reference_digests=digests)


def _origins(draft: Draft) -> dict[str, str]:
    origins = {}
    for key in RuleKeys.model_fields:
        layer = draft.layer_of(key)
        origins[key] = layer.origin(key, draft.folder.inbox) if layer else DEFAULT_ORIGIN
    return origins
