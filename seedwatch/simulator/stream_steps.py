"""What a streamed answer shows one after the other; pure."""

from __future__ import annotations

from dataclasses import replace

from seedwatch.simulator.orders import Member

Steps = tuple[Member, ...]


def stream_steps(plan: Steps, preview_count: int) -> Steps:
    """The pictures of a plan, each with its previews before it; an error has none."""
    steps: list[Member] = []
    for member in plan:
        if member.error is None:
            steps += (_preview(member, i, preview_count) for i in range(preview_count))
        steps.append(member)
    return tuple(steps)


def until_cut(steps: Steps, picture_count: int) -> Steps:
    """What leaves before a cut: so many pictures, and the previews of the next one."""
    ends = [i for i, step in enumerate(steps) if step.preview is None]
    return steps[: ends[picture_count]] if picture_count < len(ends) else steps


def _preview(member: Member, index: int, count: int) -> Member:
    # Each is half as coarse as the one before; the picture itself follows the last.
    picture = replace(member.picture, coarseness=2 ** (count - index))
    return replace(member, picture=picture, preview=index)
