"""Holds a merged rule against what its model can do (contract.md 3, protocols.md 2, 9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from seedwatch.catalog import Model, Provider, SizeProblem
from seedwatch.config.draft import Draft
from seedwatch.config.mistakes import did_you_mean
from seedwatch.config.option_checks import check_options, possible_scenes, range_sentence
from seedwatch.config.urls import is_url
from seedwatch.errors import Problem
from seedwatch.records import Mode
from seedwatch.texts import say

TEXT_PLACE: Final = "{text}"


@dataclass(slots=True)
class Findings:
    """What is wrong, what to warn about, and the values that count instead of those written."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)


def check(draft: Draft, model: Model, provider: Provider) -> Findings:
    """Everything that can be said of a rule before a picture is there."""
    findings = Findings()
    _check_model(draft, model, provider, findings)
    mode = _check_mode(draft, model, findings)
    _check_prompts(draft, model, mode, findings)
    _check_counts(draft, model, mode, findings)
    _check_size(draft, model, mode, findings)
    _drop_unknown(draft, model, findings)
    findings.problems += check_options(draft, model, provider, mode)
    return findings


def _check_model(draft: Draft, model: Model, provider: Provider, findings: Findings) -> None:
    if not model.is_known:
        names = [known.name for known in provider.models.values()]
        hint = did_you_mean(model.name, names)
        message = say("config.unknown_model", model=model.name) + hint
        findings.warnings.append(draft.problem(("model",), message))
    elif model.state != "published":
        message = say(f"config.model_{model.state}", model=model.name)
        if model.retired_on:
            message = say("config.model_ended_on", model=model.name, date=model.retired_on)
        findings.warnings.append(draft.problem(("model",), message))


def _check_mode(draft: Draft, model: Model, findings: Findings) -> Mode:
    """The mode that counts; a model that has only one needs none written."""
    mode: Mode | None = draft.value("mode")
    if mode is None:
        of_pictures = [known for known in model.modes if known.startswith("image")]
        mode = [*of_pictures, *model.modes][0]
        findings.changed["mode"] = mode
    elif mode not in model.modes:
        message = say("config.mode_not_offered", model=model.name, modes=", ".join(model.modes))
        findings.problems.append(draft.problem(("mode",), message, "model"))
    if draft.value("input") == "folder" and mode.startswith("text"):
        message = say("config.folder_needs_pictures")
        findings.problems.append(draft.problem(("input",), message, "mode"))
    return mode


def _check_prompts(draft: Draft, model: Model, mode: Mode, findings: Findings) -> None:
    prompts: tuple[str, ...] = draft.value("prompt")
    brings_text = draft.value("pair") or draft.value("input") == "folder"
    if len(set(prompts)) < len(prompts):
        findings.problems.append(draft.problem(("prompt",), say("config.prompt_twice")))
    if model.max_prompt and max(map(len, prompts), default=0) > model.max_prompt:
        message = say("config.prompt_characters", model=model.name, limit=model.max_prompt)
        findings.problems.append(draft.problem(("prompt",), message, "model"))
    if mode.startswith("text"):
        if not all(TEXT_PLACE in prompt for prompt in prompts):
            message = say("config.prompt_needs_text", place=TEXT_PLACE)
            findings.problems.append(draft.problem(("prompt",), message, "mode"))
        return
    if brings_text:
        return
    if not prompts and model.needs_prompt(draft.value("options")):
        message = say("config.prompt_missing")
        findings.problems.append(draft.problem(("prompt",), message, "pair", "input", "mode"))
    if any(TEXT_PLACE in prompt for prompt in prompts):
        message = say("config.text_without_pair", place=TEXT_PLACE)
        findings.problems.append(draft.problem(("prompt",), message, "pair", "mode"))


def _check_counts(draft: Draft, model: Model, mode: Mode, findings: Findings) -> None:
    """Groups and references; an image mode sends at least one picture beside the references."""
    group: int = draft.value("group")
    own = len(draft.value("references"))
    references = own + (1 if mode.startswith("image") else 0)
    if group > 1 and not model.supports_groups:
        message = say("config.no_groups", model=model.name)
        findings.problems.append(draft.problem(("group",), message, "model"))
    elif group > model.max_group:
        message = say("config.group_too_large", model=model.name, limit=model.max_group)
        findings.problems.append(draft.problem(("group",), message, "model"))
    if references > model.max_references and own:
        room = max(0, model.max_references - (references - own))
        message = say("config.too_many_references", model=model.name, limit=room)
        findings.problems.append(draft.problem(("references",), message, "model", "mode"))
    if not model.takes_urls:
        message = say("config.references_no_url", model=model.name)
        findings.problems += [
            draft.problem(("references", place), message, "model")
            for place, written in enumerate(draft.value("references"))
            if is_url(written)
        ]
    total = model.max_references_plus_group
    if references + group > total and group <= model.max_group:
        message = say(
            "config.references_plus_group", references=references, group=group, limit=total
        )
        path = "references" if own else "group"
        findings.problems.append(draft.problem((path,), message, "group", "mode"))


def _check_size(draft: Draft, model: Model, mode: Mode, findings: Findings) -> None:
    size, resolution = draft.value("size"), draft.value("resolution")
    scenes = possible_scenes(draft, mode)
    found = model.size_problem(size, resolution, draft.value("options"), scenes)
    if found is not None:
        message = size_sentence(found, model)
        key = "size" if size else "resolution"
        others = ("resolution", "mode", "input", "references", "model", "options")
        findings.problems.append(draft.problem((key,), message, *others))


def size_sentence(problem: SizeProblem, model: Model) -> str:
    """Why a size is refused and which ones are near it and legal."""
    sentence = say(f"config.size_{problem.kind}", given=problem.given, model=model.name)
    return sentence + say("config.size_nearest", sizes=", ".join(problem.nearest))


def _drop_unknown(draft: Draft, model: Model, findings: Findings) -> None:
    """Fields a model does not have are left out rather than sent (protocols.md 12, item 1)."""
    for key, unset in (("seed", None), ("negative_prompt", None), ("watermark", False)):
        if draft.layer_of(key) is not None and not model.knows(key):
            message = say("config.field_dropped", name=key, model=model.name)
            findings.warnings.append(draft.problem((key,), message, "model"))
            findings.changed[key] = unset
    seed, known = draft.value("seed"), model.fields.get("seed")
    if seed is not None and known is not None and not known.allows(seed):
        message = range_sentence(known)
        findings.problems.append(draft.problem(("seed",), message, "model"))
