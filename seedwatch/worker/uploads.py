"""Brings the pictures of a request to the provider before it, where the account says so."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from seedwatch.errors import Rejected
from seedwatch.providers.base import Picture, UploadProtocol
from seedwatch.providers.bodies import DataUri
from seedwatch.worker.accounts import Account
from seedwatch.worker.prepare import Fitted
from seedwatch.worker.workplace import LeaseKeeper

_ANSWER_BYTES = 1 << 20
_UPLOAD_S = 120.0


async def upload_all(
    fitted: Fitted, account: Account, protocol: UploadProtocol, lease: LeaseKeeper
) -> Fitted:
    """The same pictures as links; one that is a link already stays.

    Raises:
        ProviderError: as `Transport.ask`, or the provider refuses a picture.
    """
    links = []
    for picture in fitted.pictures:
        links.append(await _link_of(picture, account, protocol))
        await lease.keep()
    return replace(fitted, pictures=links)


async def _link_of(picture: Picture, account: Account, protocol: UploadProtocol) -> str:
    if not isinstance(picture, DataUri):
        return picture
    name = hashlib.sha256(picture.content).hexdigest()
    known = account.memory.uploaded.link(name)
    if known is not None:
        return known
    reply = await account.transport.ask(
        protocol.upload(picture), most_bytes=_ANSWER_BYTES, timeout_s=_UPLOAD_S
    )
    if not 200 <= reply.status < 300:
        refusal = protocol.refusal(reply)
        is_final = isinstance(refusal, Rejected) and reply.status != 404
        raise refusal if is_final else protocol.unseen(reply)
    link = protocol.uploaded(reply)
    account.memory.uploaded.remember(name, link)
    return link
