"""Turns one planned picture into what the answer carries, with the faults that spoil it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Final, TypeVar

from seedwatch.simulator.drawings import Resizable
from seedwatch.simulator.faults import Firing
from seedwatch.simulator.orders import Member
from seedwatch.simulator.pictures import PictureMaker
from seedwatch.simulator.results import NOT_AN_IMAGE

D = TypeVar("D", bound=Resizable)

_INLINE_OVERSIZE: Final = 64 * 1024 * 1024
"""Bytes of an `oversized` base64 picture; an endless one could not be put into JSON."""


def draw_member(
    member: Member, firing: Firing, pictures: PictureMaker, *, is_inline: bool
) -> Member:
    """Draw the member's picture; inline it also carries its base64 text. Runs in a thread.

    `bad_base64` makes every answer an inline one: a link has nothing that it could spoil.
    """
    if member.error is not None:
        return member
    picture = misdrawn(member.picture, firing)
    content = pictures.draw(picture)
    is_broken = firing.args("bad_base64") is not None
    if not is_inline and not is_broken:
        return replace(member, drawn_as=picture)
    text = base64.b64encode(_spoiled(content, firing)).decode("ascii")
    if is_broken:
        text = f"{text[: len(text) // 2]}%%broken%%"
    return replace(member, drawn_as=picture, b64=text)


def misdrawn(drawing: D, firing: Firing) -> D:
    """The drawing as it comes out: in another size, if a fault says so."""
    args = firing.args("wrong_size")
    if args is None:
        return drawing
    if "size" in args:
        width, height = (int(side) for side in args["size"].split("x"))
    else:
        width, height = (max(1, side // 2) for side in drawing.size)
    return drawing.resized(width, height)


def _spoiled(content: bytes, firing: Firing) -> bytes:
    if firing.args("not_an_image") is not None:
        return NOT_AN_IMAGE
    if (args := firing.args("oversized")) is not None:
        return content.ljust(args.get("bytes", _INLINE_OVERSIZE), b"\0")
    return content
