"""Admission: what a job looks like, decided without a file or a store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seedwatch.catalog import find_model
from seedwatch.config.rules import ResolvedRule
from seedwatch.errors import SourceError
from seedwatch.inbox.admission import Past, admit
from seedwatch.inbox.inspection import Inspected
from seedwatch.media.inspect import Incomplete, Picture
from seedwatch.records import Member, NewJob, PastJob, Rule, Source

MODEL = "doubao-seedream-4-5-251128"


def _resolved(**more: Any) -> ResolvedRule:
    values: dict[str, Any] = {
        "account": "ark",
        "mode": "image-to-image",
        "model": MODEL,
        "prompts": ("snow",),
        "size": "2K",
    }
    rule = Rule(**(values | more))
    return ResolvedRule(rule, find_model("ark", rule.model), {})


def _picture(width: int = 640, height: int = 480) -> Picture:
    return Picture(
        "image/jpeg",
        width,
        height,
        1000,
        orientation=1,
        mode="RGB",
        is_animated=False,
        has_alpha=False,
    )


def _member(path: str, role: Any = "picture") -> Member:
    return Member(path, 1000, 1, 1, f"sha of {path}", role)


def _pictures(*paths: str, sides: tuple[int, int] = (640, 480)) -> Inspected:
    kind: Any = "picture" if len(paths) == 1 else "set"
    source = Source("shop", paths[0], kind, tuple(_member(path) for path in paths))
    return Inspected(source, tuple(_picture(*sides) for _ in paths))


def _lines(*lines: str) -> Inspected:
    source = Source("shop", "p.txt", "text", (_member("p.txt", "lines"),))
    return Inspected(source, prompts=lines)


def _prompts(job: NewJob) -> list[str]:
    return [task.generation.prompt for task in job.tasks]


def _past(job: NewJob, outcome: Any, done: int = 0, *, lies_there: bool = True) -> Past:
    keys = {task.key: 100 + task.index for task in job.tasks[:done]}
    past = PastJob(7, job.source.sha256, outcome, job.source.path, keys)
    return Past(past, lies_there)


def test_inputs_times_prompts_times_repeats() -> None:
    """Every input with every prompt, each `repeat` times, in this order; keys are unique."""
    job = admit(_pictures("a.jpg"), _resolved(prompts=("snow", "rain"), repeat=2))

    assert _prompts(job) == ["snow", "snow", "rain", "rain"]
    assert [task.index for task in job.tasks] == [1, 2, 3, 4]
    assert len({task.key for task in job.tasks}) == 4


def test_lines_times_prompts() -> None:
    """In a text mode each line fills each prompt; without a prompt it is the prompt itself."""
    text = {"mode": "text-to-image"}

    assert _prompts(admit(_lines("a", "b"), _resolved(prompts=(), **text))) == ["a", "b"]
    job = admit(_lines("a", "b", "a"), _resolved(prompts=("x {text}", "{text}"), **text))
    assert _prompts(job) == ["x a", "a", "x b", "b", "x a", "a"]
    assert len({task.key for task in job.tasks}) == 6


def test_references_come_first() -> None:
    """The rule's references, then the pictures of the source in their order."""
    rule = _resolved(
        references=("/srv/brand.png", "https://x.example/y.png"), reference_digests=("1", "2")
    )
    job = admit(_pictures("set/2.png", "set/10.png"), rule)

    (task,) = job.tasks
    assert [(found.origin, found.path) for found in task.generation.references] == [
        ("rule", "/srv/brand.png"),
        ("url", "https://x.example/y.png"),
        ("source", "set/2.png"),
        ("source", "set/10.png"),
    ]


def test_a_text_beside_is_the_prompt_or_fills_it() -> None:
    """The text of a pair or set is the prompt, or takes the place `{text}`."""
    found = replace(_pictures("a.jpg"), prompts=("a cat",))

    assert _prompts(admit(found, _resolved())) == ["a cat"]
    assert _prompts(admit(found, _resolved(prompts=("{text}, snow",)))) == ["a cat, snow"]
    job = admit(_pictures("a.jpg"), _resolved(prompts=("{text}, snow",)))
    assert job.error is not None
    assert "{text}" in job.error.message


@pytest.mark.parametrize(
    ("found", "rule", "says"),
    [
        (_pictures("a.jpg", sides=(4000, 1000)), {}, "4 times"),
        (_pictures("a.jpg", sides=(14, 14)), {}, "14"),
        (_pictures("s/1.jpg", "s/2.jpg", sides=(14, 40)), {}, "1.jpg"),
        (_pictures(*[f"s/{n}.jpg" for n in range(15)]), {}, "14"),
        (_pictures(*[f"s/{n}.jpg" for n in range(9)]), {"group": 7}, "15"),
        (_pictures("a.jpg"), {"prompts": ()}, "prompt"),
        (replace(_pictures("a.jpg"), error=SourceError("a bomb", advice="shrink it")), {}, "bomb"),
        (replace(_pictures("a.jpg"), error=Incomplete("cut off", advice="again")), {}, "cut off"),
    ],
)
def test_what_can_never_be_sent_fails_before_it_is_paid(
    found: Inspected, rule: dict[str, Any], says: str
) -> None:
    """The job opens failed, and says which limit and how to mend it."""
    job = admit(found, _resolved(**rule))

    assert job.error is not None
    assert job.error.error_class == "SourceError"
    assert says in job.error.message
    assert job.error.advice
    assert not job.tasks


def test_limits_are_inclusive() -> None:
    """Just at the limit is fine."""
    found = _pictures(*[f"s/{n}.jpg" for n in range(8)])

    assert admit(found, _resolved(group=7)).error is None
    assert admit(_pictures("a.jpg", sides=(1500, 500)), _resolved()).error is None
    assert admit(_pictures("a.jpg", sides=(15, 15)), _resolved()).error is None


@pytest.mark.fault(98)
@pytest.mark.parametrize(
    ("outcome", "lies_there", "again", "holds"),
    [
        ("done", True, "hold", "seen-before"),
        ("done", True, "run", None),
        ("done", False, "hold", None),
        ("gone", False, "hold", None),
        ("failed", True, "hold", None),
    ],
)
def test_the_same_file_again(outcome: str, lies_there: bool, again: str, holds: str | None) -> None:
    """Held only while the first one lies in done/; moved back by a person it runs.

    Breaks if `lies_there` were not asked.
    """
    rule = _resolved(again=again)
    first = admit(_pictures("a.jpg"), rule)

    job = admit(_pictures("a.jpg"), rule, past=_past(first, outcome, lies_there=lies_there))

    assert [task.hold for task in job.tasks] == [holds]


def test_other_bytes_are_no_repetition() -> None:
    """Same name, other bytes: a new job, whatever lies in done/."""
    first = admit(_pictures("a.jpg"), _resolved())
    past = _past(first, "done")
    other = replace(past, job=replace(past.job, source_sha256="another"))

    job = admit(_pictures("a.jpg"), _resolved(), past=other)

    assert [(task.hold, task.reuse_of) for task in job.tasks] == [(None, None)]
    assert job.retry_of is None


@pytest.mark.fault(98)
def test_reuse_delivers_what_is_stored() -> None:
    """With `again: reuse` finished tasks are delivered again; new ones are paid for."""
    rule = _resolved(again="reuse", mode="text-to-image", prompts=())
    first = admit(_lines("a", "b"), rule)

    job = admit(_lines("a", "b"), rule, past=_past(first, "done", done=1))

    assert [task.reuse_of for task in job.tasks] == [101, None]


def test_a_retry_opens_only_what_is_not_done() -> None:
    """Back from failed/: done tasks are not paid again, mended lines are; numbers stay."""
    rule = _resolved(mode="text-to-image", prompts=())
    first = admit(_lines("a", "b", "c"), rule)
    past = _past(first, "failed", done=2, lies_there=False)

    job = admit(_lines("a", "b", "c mended"), rule, past=past)
    assert [(task.index, task.generation.prompt) for task in job.tasks] == [(3, "c mended")]
    assert job.retry_of == 7

    nothing = admit(_lines("a", "b"), rule, past=past)
    assert (nothing.tasks, nothing.error) == ((), None)


def test_holds() -> None:
    """Cold start and burst hold every task; a cold start says so first, a burst last."""
    first = admit(_pictures("a.jpg"), _resolved())
    past = _past(first, "done")

    for hold, wanted in (("cold-start", "cold-start"), ("burst", "seen-before")):
        job = admit(_pictures("a.jpg"), _resolved(), past=past, hold=hold)  # type: ignore[arg-type]  # one of the two
        assert [task.hold for task in job.tasks] == [wanted]
    job = admit(_pictures("a.jpg"), _resolved(), hold="burst")
    assert [task.hold for task in job.tasks] == ["burst"]


def test_a_group_expects_its_pictures() -> None:
    """`group: 4` is one task that expects four pictures."""
    (task,) = admit(_pictures("a.jpg"), _resolved(group=4)).tasks

    assert (task.expected_outputs, task.generation.group) == (4, 4)


def test_a_prompt_that_is_too_long_for_the_model() -> None:
    """It fails with a card that names the limit, before anything is paid (protocols.md 6.2)."""
    rule = _resolved(mode="text-to-image", prompts=())
    model = find_model("openai", "dall-e-3")
    fine = admit(_lines("x" * 4000), ResolvedRule(rule.rule, model, {}))
    assert fine.error is None
    job = admit(_lines("short", "x" * 4001), ResolvedRule(rule.rule, model, {}))
    assert job.error is not None
    assert "4,001" in job.error.message
    assert "4,000" in job.error.message
