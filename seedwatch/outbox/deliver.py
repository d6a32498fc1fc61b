"""Puts spooled pictures into the outbox: whole or not at all, over nothing, in a fixed order.

One path for every provider, and idempotent: a name that already bears our bytes is delivered.
The picture comes first, its sidecar after it, the manifest of a set last (promises.md 2, step 9).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.kill_points import reached
from seedwatch.outbox import naming, sidecar
from seedwatch.outbox.roots import Roots
from seedwatch.outbox.spool import Spool
from seedwatch.paths import Root
from seedwatch.records import Claim, Output, RelPath


def choose_names(
    claim: Claim, outputs: Sequence[Output], outbox: Root, taken: Iterable[RelPath] = ()
) -> list[Output]:
    """Step 8: each output with the first name that is free, for itself and for its sidecar."""
    used = set(taken)
    named: list[Output] = []
    for output in outputs:
        count = sum(not other.is_preview for other in outputs)
        path = "" if output.error else next_name(claim, output, count, outbox, used)
        used.add(path)
        named.append(replace(output, path=path))
    return named


def next_name(
    claim: Claim, output: Output, place_count: int, outbox: Root, taken: Collection[RelPath]
) -> RelPath:
    """The first free name for one output that is not in `taken`."""
    names = naming.result_names(
        claim.rule.output,
        claim.source,
        claim.index,
        output.n,
        place_count,
        naming.extension(output.media_type),
    )
    return next(name for name in names if name not in taken and _is_free(outbox, name))


def _is_free(outbox: Root, path: RelPath) -> bool:
    return not outbox.exists(path) and not outbox.exists(f"{path}.json")


def deliver_result(told: bytes, output: Output, roots: Roots, spool: Spool) -> bool:
    """Write one picture and then its sidecar; False if another file bears the picture's name.

    Raises:
        OSError, DeliveryError: the outbox is away, full, or fails; no torn file was left.
    """
    roots.make_missing()
    if not deliver_picture(output, roots.outbox, spool):
        return False
    deliver_sidecar(told, output, roots.outbox)
    return True


def deliver_picture(output: Output, outbox: Root, spool: Spool) -> bool:
    """Write one picture under its final name; False if another file bears that name.

    Raises:
        OSError, DeliveryError: the outbox is away, full, or fails; nothing visible was left.
    """
    try:
        if spool.is_fresh(output.spool_name) and outbox.link_new(
            output.path, spool.path(output.spool_name)
        ):
            spool.shared.add(output.spool_name)
        else:
            with spool.path(output.spool_name).open("rb") as file:
                outbox.write_new(output.path, file, sha256=output.sha256, part=output.spool_name)
    except FileExistsError:
        if outbox.sha256(output.path) != output.sha256:
            return False
        outbox.sync(output.path)  # it may have been written just before the power failed
    reached("deliver.picture")
    return True


def deliver_sidecar(content: bytes, output: Output, outbox: Root) -> RelPath:
    """Write the sidecar; under a numbered name if a stranger's file took its own meanwhile."""
    for path in _sidecar_names(output.path):
        try:
            outbox.write_new(path, [content], part=f"{output.spool_name}.json")
        except FileExistsError:
            if sidecar.tells_of(_content(outbox, path), output):
                return path
        else:
            reached("deliver.sidecar")
            return path
    raise AssertionError("names never end")


def deliver_manifest(claim: Claim, outputs: Sequence[Output], outbox: Root) -> RelPath:
    """Write the manifest of a set after all its pictures and sidecars."""
    content = sidecar.manifest(claim, outputs)
    for path in naming.manifest_names(claim.rule.output, claim.source, claim.index):
        try:
            outbox.write_new(path, [content], part=f"{outputs[0].spool_name}.set")
        except FileExistsError:
            if _content(outbox, path) == content:
                return path
        else:
            return path
    raise AssertionError("names never end")


def _content(outbox: Root, path: RelPath) -> bytes:
    """What lies under a name that is taken; nothing, if that is no file, or gone again."""
    try:
        return outbox.read(path, limit=1 << 20)[0]
    except (SourceGone, SourceChanged):
        return b""


def _sidecar_names(path: RelPath) -> Iterator[RelPath]:
    yield f"{path}.json"
    number = 2
    while True:
        yield f"{path}-{number}.json"
        number += 1
