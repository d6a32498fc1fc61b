"""Makes a job of an inspected input: its tasks, holds and retries, or the reason to fail; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from seedwatch.catalog import InputLimits, Model, SizeProblem
from seedwatch.config.rules import ResolvedRule
from seedwatch.errors import SourceError
from seedwatch.inbox.inspection import Inspected
from seedwatch.inbox.prompts import filled
from seedwatch.lifecycle import HoldReason
from seedwatch.media.limits import ImageLimits
from seedwatch.media.picture import Picture
from seedwatch.media.plan import plan_fit
from seedwatch.records import (
    Failure,
    Generation,
    NewJob,
    NewTask,
    PastJob,
    Reference,
    Rule,
    Scene,
    Source,
    name_of,
    scene_of,
)
from seedwatch.texts import say

_SEEN_BEFORE: Final = "seen-before"
_RETRIED: Final = {"failed", "open", "changed"}
"""what became of an earlier job whose done tasks are not paid for again"""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier job of the same path, and whether its source still lies where it was put."""

    job: PastJob
    lies_there: bool


def admit(
    found: Inspected,
    resolved: ResolvedRule,
    *,
    past: Past | None = None,
    hold: Literal["cold-start", "burst"] | None = None,
) -> NewJob:
    """The job that an input asks for; with `error` where it can never be sent.

    A source that is back from failed/, or was edited while at work, pays only for the tasks that
    are not done (contract.md 2); without any left the job opens settled.
    """
    rule, source = resolved.rule, found.source
    retry_of = past.job.job_id if past and past.job.outcome in _RETRIED else None
    try:
        if found.error is not None:
            raise found.error
        tasks = list(_tasks(found, resolved))
    except SourceError as error:
        failure = Failure(SourceError.__name__, error.message, error.advice)
        return NewJob(source, rule, (), retry_of=retry_of, error=failure)
    if past is not None and retry_of is not None:
        tasks = [task for task in tasks if task.key not in past.job.done_tasks]
    elif past is not None and _is_seen_before(source, past) and rule.again != "run":
        tasks = [_seen_before(task, past.job, rule) for task in tasks]
    if hold is not None:
        tasks = [replace(task, hold=_stricter(hold, task.hold)) for task in tasks]
    return NewJob(source, rule, tuple(tasks), retry_of=retry_of)


def _is_seen_before(source: Source, past: Past) -> bool:
    """Same name and bytes as a source that is done and still lies in done/ (promises.md 2)."""
    return (
        past.job.outcome == "done" and past.lies_there and past.job.source_sha256 == source.sha256
    )


def _seen_before(task: NewTask, past: PastJob, rule: Rule) -> NewTask:
    if rule.again == "hold":
        return replace(task, hold=_SEEN_BEFORE)
    return replace(task, reuse_of=past.done_tasks.get(task.key))


def _stricter(hold: HoldReason, other: HoldReason | None) -> HoldReason:
    """Of two reasons the one that a person should read first."""
    return other if other is not None and hold == "burst" else hold


def _tasks(found: Inspected, resolved: ResolvedRule) -> Iterator[NewTask]:
    """Inputs x prompts x repeats, in this order.

    Raises:
        SourceError: the input cannot be sent with this rule.
    """
    rule = resolved.rule
    references = _references(found.source, rule)
    check_pictures(found, resolved, references)
    expected = resolved.model.output_count(rule.group, rule.options)
    seen: Counter[str] = Counter()
    index = 0
    prompts = _prompts(found, resolved)
    check_lengths(prompts, resolved.model)
    for prompt in prompts:
        generation = _generation(rule, prompt, references)
        first_key = generation.key()
        for _ in range(rule.repeat):
            index += 1
            repetition = seen[first_key]
            seen[first_key] += 1
            key = generation.key(repetition) if repetition else first_key
            yield NewTask(index, key, generation, expected_outputs=expected)


def _prompts(found: Inspected, resolved: ResolvedRule) -> tuple[str, ...]:
    rule = resolved.rule
    if found.source.kind == "text":
        lines = found.prompts or ()
        return tuple(prompt for line in lines for prompt in (filled(rule.prompts, line) or (line,)))
    text = found.prompts[0] if found.prompts else None
    prompts = filled(rule.prompts, text)
    if not prompts and resolved.model.needs_prompt(rule.options):
        raise SourceError(say("inbox.no_prompt"), advice=say("inbox.no_prompt_advice"))
    return prompts or ("",)


def check_lengths(prompts: Iterable[str], model: Model) -> None:
    """What a model would refuse as too long (protocols.md 5.3, 6.2).

    Raises:
        SourceError: names the limit.
    """
    longest = max(map(len, prompts), default=0)
    if model.max_prompt is not None and longest > model.max_prompt:
        raise SourceError(
            say("inbox.prompt_characters", count=longest, model=model.name, limit=model.max_prompt),
            advice=say("inbox.prompt_characters_advice"),
        )


def _generation(rule: Rule, prompt: str, references: tuple[Reference, ...]) -> Generation:
    return Generation(
        mode=rule.mode,
        model=rule.model,
        prompt=prompt,
        references=references,
        size=rule.size,
        resolution=rule.resolution,
        group=rule.group,
        seed=rule.seed,
        watermark=rule.watermark,
        negative_prompt=rule.negative_prompt,
        options=rule.options,
    )


def _references(source: Source, rule: Rule) -> tuple[Reference, ...]:
    """Those of the rule first, then the source's own pictures in their order (contract.md 3)."""
    digests = rule.reference_digests
    shared = [
        Reference("url" if "://" in path else "rule", path, sha256)
        for path, sha256 in zip(rule.references, digests, strict=True)
    ]
    own = [
        Reference("source", member.path, member.sha256)
        for member in source.members
        if member.role == "picture"
    ]
    return (*shared, *own)


@lru_cache
def image_limits(limits: InputLimits) -> ImageLimits:
    """A model's limits of the catalog in the terms of `media`."""
    return ImageLimits(
        formats=tuple(name if "/" in name else f"image/{name}" for name in limits.formats),
        max_bytes=limits.max_bytes,
        max_pixels=limits.max_pixels,
        min_side_exclusive=limits.min_side_exclusive,
        ratio_min=limits.ratio_min,
        ratio_max=limits.ratio_max,
        max_side=limits.max_side,
        background=limits.background,
    )


def check_pictures(
    found: Inspected, resolved: ResolvedRule, references: Sequence[Reference]
) -> None:
    """What would be refused or cannot be fitted, before anything is paid (protocols.md 2.2, 2.4).

    Raises:
        SourceError: names the limit and how to mend it.
    """
    scene = scene_of(resolved.rule.mode, references)
    _check_counts(resolved.rule, resolved.model, len(references), scene)
    _check_scene(resolved.rule, resolved.model, scene)
    if not found.pictures:
        return
    _check_alpha(resolved.rule, resolved.model, found.pictures)
    limits = image_limits(resolved.model.under(resolved.rule.options).limits)
    members = [member for member in found.source.members if member.role == "picture"]
    for member, picture in zip(members, found.pictures, strict=True):
        try:
            plan_fit(picture, limits)
        except SourceError as error:
            if len(members) == 1:
                raise
            message = say("inbox.in_file", name=name_of(member.path), message=error.message)
            raise SourceError(message, advice=error.advice) from error


def _check_alpha(rule: Rule, model: Model, pictures: Iterable[Picture]) -> None:
    for name, value in rule.options.items():
        known = model.fields.get(name)
        if known is None or known.alpha_when is None or known.alpha_when != value:
            continue
        if not all(picture.has_alpha for picture in pictures):
            raise SourceError(
                say("inbox.needs_alpha", name=name, value=value),
                advice=say("inbox.needs_alpha_advice"),
            )


def _check_counts(rule: Rule, model: Model, reference_count: int, scene: Scene) -> None:
    limit = model.max_pictures(scene)
    if reference_count > limit:
        raise SourceError(
            say(
                "inbox.too_many_pictures",
                count=reference_count,
                model=model.name,
                limit=max(limit, model.max_frames),
            ),
            advice=say("inbox.too_many_pictures_advice"),
        )
    both = reference_count + rule.group
    if reference_count and both > model.max_references_plus_group:
        raise SourceError(
            say(
                "inbox.too_many_with_group",
                count=reference_count,
                group=rule.group,
                limit=model.max_references_plus_group,
            ),
            advice=say("inbox.too_many_pictures_advice"),
        )
    for name, value in rule.options.items():
        known = model.fields.get(name)
        if known is None or known.one_picture_when is None or reference_count == 1:
            continue
        if known.one_picture_when == value:
            raise SourceError(
                say("inbox.one_picture_only", name=name, count=reference_count),
                advice=say("inbox.too_many_pictures_advice"),
            )


def _check_scene(rule: Rule, model: Model, scene: Scene) -> None:
    """What depends on how many pictures a set turned out to have (protocols.md 3.2)."""
    kind = say(f"config.scene_{scene}")
    found: SizeProblem | None = None
    if scene in model.ratios_in:  # all else was decided when the rule was read
        found = model.size_problem(rule.size, rule.resolution, rule.options, [scene])
    if found is not None:
        sizes = ", ".join(found.nearest)
        raise SourceError(
            say("inbox.size_scene", size=found.given, model=model.name, kind=kind, sizes=sizes),
            advice=say("inbox.scene_advice"),
        )
    for name in rule.options:
        known = model.fields.get(name)
        if known is not None and known.scenes and scene not in known.scenes:
            raise SourceError(
                say("inbox.option_scene", name=name, model=model.name, kind=kind),
                advice=say("inbox.scene_advice"),
            )
