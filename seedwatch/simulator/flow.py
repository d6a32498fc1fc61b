"""The steps of one synchronous or streamed generation, with the faults that break each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seedwatch.simulator.faults import Call, Firing
from seedwatch.simulator.members import draw_member
from seedwatch.simulator.order_run import OrderRun
from seedwatch.simulator.orders import Member, Order, Outcome, Replies
from seedwatch.simulator.refusals import REFUSALS, refusal_answer
from seedwatch.simulator.stream_steps import stream_steps, until_cut
from seedwatch.simulator.wire import Exchange
from seedwatch.simulator.world import World


async def run_order(exchange: Exchange, world: World, order: Order, replies: Replies) -> None:
    """Fire the faults, bill, draw and answer one valid order."""
    firing = world.faults.fire(Call(order.provider, order.path, order.prompt))
    run = _Run(exchange, world, order, replies, firing)
    refusal = firing.first(REFUSALS)
    if refusal is not None:
        await run.refuse(*refusal)
        return
    plan = run.plan()
    await run.bill(sum(member.error is None for member in plan))
    if not await run.stall():
        return
    if order.is_streamed:
        await run.stream(plan)
    else:
        await run.answer(plan)


class _Run(OrderRun):
    """One order of pictures on its way; the steps in the order `run_order` takes them."""

    def __init__(
        self, exchange: Exchange, world: World, order: Order, replies: Replies, firing: Firing
    ) -> None:
        super().__init__(exchange, world, order, firing)
        self._replies = replies

    async def refuse(self, name: str, args: Mapping[str, Any]) -> None:
        """Answer as the fault says instead of generating; bills only if `args.billed` is true."""
        await self.bill(len(self._order.pictures))
        # Only the output filter needs a picture first; everything else refuses at once.
        await self.wait(1.0 if name == "moderated" else 0.0)
        if name == "reset_before_billing":
            await self._exchange.reset()
        else:
            answer = refusal_answer(
                name, args, self._replies, lambda: self._replies.whole(self._outcome(()))
            )
            await self._exchange.reply(answer)

    def plan(self) -> tuple[Member, ...]:
        """The members of the answer before they are drawn: pictures, or errors instead."""
        members = tuple(Member(i, picture) for i, picture in enumerate(self._order.pictures))
        args = self._firing.args("partial_group")
        if args is None:
            return members
        kept_count = args.get("keep", max(1, len(members) - 1))
        error = self._replies.member_error(args.get("code"))
        lost = tuple(replace(member, error=error) for member in members[kept_count:])
        return members[:kept_count] + (lost[:1] if self._replies.stops_group(error) else lost)

    async def answer(self, plan: tuple[Member, ...]) -> None:
        """Draw everything, wait for the end of the latency, send one JSON answer."""
        members = tuple(await asyncio.gather(*(self._drawn(member) for member in plan)))
        await self.wait(1.0)
        if self._firing.args("empty_data") is not None:
            members = ()
        outcome = self._outcome(tuple(self._published(member) for member in members))
        await self.send(await self._world.check(self._replies.whole, outcome))

    async def stream(self, plan: tuple[Member, ...]) -> None:
        """Send each picture when its share of the latency is over, then the closing events."""
        if self._firing.args("reset_after_billing") is not None:
            await self.wait(1.0)
            await self._exchange.reset()
            return
        cut = self._firing.first(("stream_cut", "truncate"))
        planned = () if self._firing.args("empty_data") is not None else plan
        steps = stream_steps(planned, self._order.preview_count)
        shown = steps if cut is None else until_cut(steps, self._cut_after(cut[1], len(plan)))
        sent: list[Member] = []
        for number, step in enumerate(shown, 1):
            drawn = await self._drawn(step)
            await self.wait(number / len(steps))
            published = self._published(drawn)
            if number == 1:
                # The headers are held back until the first picture is ready (protocols.md 2.6).
                await self._exchange.start(200, self._replies.stream_headers())
            await self._exchange.write(self._replies.frame(published, int(self._world.clock())))
            if step.preview is None:
                sent.append(published)
        await self.wait(1.0)
        if not shown:
            await self._exchange.start(200, self._replies.stream_headers())
        if cut is not None:
            await self._exchange.cut()
            return
        await self._exchange.write(self._replies.last_frames(self._outcome(tuple(sent))))
        await self._exchange.finish()

    def _cut_after(self, args: Mapping[str, Any], picture_count: int) -> int:
        # A cut behind the picture that ends the answer would cut nothing off.
        usual = min(1, picture_count - 1) if self._replies.ends_with_picture else 1
        return int(args.get("after", usual))

    async def _drawn(self, member: Member) -> Member:
        return await self._world.draw(
            draw_member,
            member,
            self._firing,
            self._world.pictures,
            is_inline=self._order.is_inline,
        )

    def _published(self, member: Member) -> Member:
        # Links are made at the end, so that their date is the `created` of the answer.
        if member.drawn_as is None or member.b64 is not None:
            return member
        name = f"{self._order.request_id}_{member.index}.{member.drawn_as.format}"
        path = f"/files/{self._order.folder}/{name}"
        lifetime_s = self._order.link_lifetime_s
        link = self._world.results.add(path, member.drawn_as, self._firing, lifetime_s=lifetime_s)
        return replace(member, url=f"{self._exchange.origin}{link}")

    def _outcome(self, members: tuple[Member, ...]) -> Outcome:
        return Outcome(members, self._billed_count, int(self._world.clock()))
