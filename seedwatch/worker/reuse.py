"""`again: reuse`: delivers the stored result of an earlier task instead of paying once more."""

from __future__ import annotations

from dataclasses import replace

from seedwatch.errors import ResultGone
from seedwatch.paths import Root, chunks_of
from seedwatch.records import Claim, Output
from seedwatch.texts import say
from seedwatch.worker.collect import save_named
from seedwatch.worker.workplace import Workplace


async def reuse(claim: Claim, place: Workplace) -> Claim:
    """Bring the earlier outputs into the spool and name them anew; nothing is sent.

    Raises:
        ResultGone: the earlier result is neither in the spool nor in the outbox any more.
    """
    assert claim.reuse_of is not None
    folder = place.folders[claim.source.folder]
    earlier = await place.store.outputs_of(claim.reuse_of)
    copied = [
        await folder.threads.call(_copied, claim, output, folder.roots.outbox, place)
        for output in earlier
    ]
    if not copied:
        raise ResultGone(say("worker.reuse_gone"), advice=say("worker.reuse_gone_do"))
    return replace(claim, outputs=tuple(await save_named(claim, copied, None, place)))


def _copied(claim: Claim, output: Output, outbox: Root, place: Workplace) -> Output:
    if output.error:
        return output
    name = place.spool.picture_name(claim.token, output.n)
    with place.spool.writing(name) as file:
        if place.spool.has(output.spool_name):
            with place.spool.path(output.spool_name).open("rb") as spooled:
                file.write_all(chunks_of(spooled))
        elif outbox.exists(output.path):
            with outbox.open_source(output.path) as (delivered, _):
                file.write_all(chunks_of(delivered))
        if file.sha256 != output.sha256:
            raise ResultGone(say("worker.reuse_gone"), advice=say("worker.reuse_gone_do"))
        file.keep()
    return replace(output, spool_name=name, path="", is_delivered=False)
