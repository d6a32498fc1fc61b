"""The steps of a call that starts a task, with the faults that break the call or the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from seedwatch.simulator.drawings import Resizable
from seedwatch.simulator.faults import Call, Firing
from seedwatch.simulator.members import misdrawn
from seedwatch.simulator.order_run import OrderRun
from seedwatch.simulator.orders import ErrorReplies, Order
from seedwatch.simulator.refusals import REFUSALS, refusal_answer
from seedwatch.simulator.tasks import Task, TaskError
from seedwatch.simulator.wire import Answer, Exchange
from seedwatch.simulator.world import World


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a task will have made.

    Attributes:
        files: file name below the order's folder, and what to draw, in order.
        billed_count: pictures or videos among them; a last frame is a gift.
        downloads: how often each may be fetched; None is any number.
    """

    files: tuple[tuple[str, Resizable], ...]
    billed_count: int
    downloads: int | None = None


class TaskReplies(ErrorReplies, Protocol):
    """How one surface words the start and the failure of a task."""

    def accepted(self, task: Task, *, is_replayed: bool) -> Answer:
        """The answer to the call that started it."""
        ...

    def filters_input(self, code: str | None) -> bool:
        """Whether a `moderated` of this code refuses the call itself; else the task fails."""
        ...

    def filtered(self, code: str | None) -> TaskError:
        """What a task fails with if the output filter refuses its result."""
        ...

    def failure(self, code: str | None, message: str | None) -> TaskError:
        """What a task fails with if `task_failed` says so."""
        ...


async def run_task(
    exchange: Exchange,
    world: World,
    order: Order,
    task: Task,
    outputs: Outputs,
    replies: TaskReplies,
    *,
    replayed: Task | None = None,
) -> None:
    """Fire the faults, accept the task, bill it and answer the call.

    With `replayed`, the task that an earlier call of the same idempotency key started, nothing is
    accepted or billed again.
    """
    firing = world.faults.fire(Call(order.provider, order.path, order.prompt))
    run = _TaskRun(exchange, world, order, firing, replies)
    refusal = run.refusal()
    if replayed is not None:
        await world.ledger.settled()
    elif refusal is None or firing.is_billed:
        await run.accept(task, outputs)
    answered = replayed or task
    if refusal is not None:
        await run.refuse(*refusal, answered)
    elif await run.stall():
        await run.wait(0.0)
        await run.send(replies.accepted(answered, is_replayed=replayed is not None))


class _TaskRun(OrderRun):
    """One call that starts a task."""

    def __init__(
        self, exchange: Exchange, world: World, order: Order, firing: Firing, replies: TaskReplies
    ) -> None:
        super().__init__(exchange, world, order, firing)
        self._replies = replies

    def refusal(self) -> tuple[str, Mapping[str, Any]] | None:
        """The fault that refuses the call itself."""
        args = self._firing.args("moderated")
        is_input = args is not None and self._replies.filters_input(args.get("code"))
        return self._firing.first(n for n in REFUSALS if n != "moderated" or is_input)

    async def accept(self, task: Task, outputs: Outputs) -> None:
        """Start the task; it is there before its row is, and its row before the answer."""
        kept_count = self._kept_count(outputs.billed_count)
        task.error = task.error or self._error(kept_count)
        task.is_stuck = self._firing.args("task_stuck") is not None
        task.is_lost = self._firing.args("task_lost") is not None
        if task.error is None and self._firing.args("empty_data") is None:
            files = outputs.files
            if kept_count < outputs.billed_count:
                files = files[:kept_count]
            task.links = tuple(self._published(task, outputs, *file) for file in files)
        task.made_count = kept_count
        self._world.tasks.add(task)
        is_charged = task.error is None or any(
            args.get("billed") is True for _, args in self._firing.fired
        )
        # Failed work is free (protocols.md 1.2, 4.3), yet it was accepted: a row without pictures.
        await self.bill(kept_count if is_charged else 0)

    async def refuse(self, name: str, args: Mapping[str, Any], task: Task) -> None:
        """Answer as the fault says."""
        await self.wait(0.0)
        if name == "reset_before_billing":
            await self._exchange.reset()
            return
        answer = refusal_answer(
            name, args, self._replies, lambda: self._replies.accepted(task, is_replayed=False)
        )
        await self._exchange.reply(answer)

    def _kept_count(self, count: int) -> int:
        args = self._firing.args("partial_group")
        if args is None:
            return count
        return int(min(count, args.get("keep", max(1, count - 1))))

    def _error(self, kept_count: int) -> TaskError | None:
        if (args := self._firing.args("task_failed")) is not None:
            return self._replies.failure(args.get("code"), args.get("message"))
        if (args := self._firing.args("moderated")) is not None:
            return self._replies.filtered(args.get("code"))
        if kept_count == 0 and (args := self._firing.args("partial_group")) is not None:
            return self._replies.filtered(args.get("code"))
        return None

    def _published(self, task: Task, outputs: Outputs, name: str, drawing: Resizable) -> str:
        return self._world.results.add(
            f"/files/{self._order.folder}/{name}",
            misdrawn(drawing, self._firing),
            self._firing,
            lifetime_s=self._order.link_lifetime_s,
            # A stuck task never ends; its links would be as old as those of the others.
            at=task.created_at + task.latency_s,
            downloads=outputs.downloads,
        )
