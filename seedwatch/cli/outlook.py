"""What `plan` tells: tasks, pictures and cost that the present content would cause; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seedwatch.catalog import Model, generation_bound
from seedwatch.cli.places import Contents
from seedwatch.config.effective import FolderSettings
from seedwatch.inbox.preview import Preview
from seedwatch.lifecycle import HoldReason
from seedwatch.records import Money, NewTask


@dataclass(slots=True)
class Sums:
    """Of one input, one folder, or everything. `held_count` tasks would wait for a person."""

    source_count: int = 0
    task_count: int = 0
    image_count: int = 0
    held_count: int = 0
    reused_count: int = 0
    unpriced_count: int = 0
    cost: Counter[str] = field(default_factory=Counter)

    def add(self, other: Sums) -> None:
        """Add another one."""
        self.source_count += other.source_count
        self.task_count += other.task_count
        self.image_count += other.image_count
        self.held_count += other.held_count
        self.reused_count += other.reused_count
        self.unpriced_count += other.unpriced_count
        self.cost.update(other.cost)

    def as_json(self) -> dict[str, Any]:
        """`cost` is the most that it can be, by currency."""
        return {
            "sources": self.source_count,
            "tasks": self.task_count,
            "images": self.image_count,
            "held": self.held_count,
            "reused": self.reused_count,
            "price_unknown": self.unpriced_count,
            "cost": {
                currency: str(Money(micros, currency)) for currency, micros in self.cost.items()
            },
        }


def folder_outlook(folder: FolderSettings, contents: Contents) -> dict[str, Any]:
    """One folder of `plan --json`."""
    inputs = [seen for seen in contents.inputs if seen.job is not None]
    hold = _cold_start(folder, contents, len(inputs))
    sums = Sums()
    files = []
    for seen in inputs:
        of_input = input_sums(seen, hold)
        sums.add(of_input)
        error = seen.job.error if seen.job is not None else None
        files.append(
            {
                "path": seen.path,
                **of_input.as_json(),
                "error": error.message if error is not None else None,
            }
        )
    return {
        "name": folder.name,
        "inbox": str(folder.inbox),
        **sums.as_json(),
        "identical_files": identical_count(inputs),
        "at_work": len(contents.at_work),
        "hold": hold,
        "files": files,
        "left_alone": [
            {"path": seen.path, "why": seen.why} for seen in contents.inputs if seen.job is None
        ],
    }


def _cold_start(folder: FolderSettings, contents: Contents, count: int) -> HoldReason | None:
    """What a first adoption would do to so many files (promises.md 21)."""
    is_cold = not contents.is_adopted and folder.cold_start is not None
    return "cold-start" if is_cold and count > (folder.cold_start or 0) else None


def input_sums(seen: Preview, hold: HoldReason | None = None) -> Sums:
    """Of one input; a task that delivers a stored result costs nothing."""
    if seen.job is None or seen.resolved is None:
        return Sums()
    sums = Sums(source_count=1)
    for task in seen.job.tasks:
        sums.task_count += 1
        sums.image_count += task.expected_outputs
        sums.held_count += (hold or task.hold) is not None
        sums.reused_count += task.reuse_of is not None
        bound = price_of(task, seen.resolved.model)
        if bound is None:
            sums.unpriced_count += 1
        else:
            sums.cost[bound.currency] += bound.micros
    return sums


def price_of(task: NewTask, model: Model) -> Money | None:
    """The most that a task can cost; None: its model has no known price."""
    if task.reuse_of is not None:
        return Money(0, model.price.picture.currency) if model.price is not None else None
    return generation_bound(model, task.generation)


def identical_count(inputs: Iterable[Preview]) -> int:
    """How many sources are copies of another one among them, by content."""
    digests = Counter(seen.job.source.sha256 for seen in inputs if seen.job is not None)
    return sum(count - 1 for count in digests.values())
