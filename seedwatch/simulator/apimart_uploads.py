"""The call of APIMart that takes pictures: /uploads/images (protocols.md 4.4)."""

from __future__ import annotations

from typing import Final

from seedwatch.simulator.apimart_answers import json_answer
from seedwatch.simulator.apimart_calls import check_key, read_body, too_large
from seedwatch.simulator.apimart_errors import ApimartRefusal
from seedwatch.simulator.bodies import BadBodyError
from seedwatch.simulator.multipart import FormFile, read_form
from seedwatch.simulator.uploads import UploadStore, inspected, sniffed
from seedwatch.simulator.wire import BODY_LIMIT, Exchange
from seedwatch.simulator.world import World

_LIMIT: Final = 20 * 1024 * 1024
_FRAMING: Final = 64 * 1024
"""More than the boundaries and headers of a form with one file ever need."""


class ApimartUploads:
    """Takes pictures into a store, from which a later submit reads them."""

    def __init__(self, world: World, store: UploadStore) -> None:
        self._world = world
        self._store = store

    async def upload(self, exchange: Exchange, _: str) -> None:
        """POST: one file of a form."""
        # Read to the end, so that the client is there for the refusal of what is too large.
        body = await read_body(exchange, BODY_LIMIT)
        check_key(exchange)
        if len(body) > _LIMIT + _FRAMING:
            raise too_large()
        file = await self._world.check(_file, exchange.header("content-type"), body)
        del body
        kind = sniffed(file.content)
        if kind is None:
            message = "Only JPEG, PNG, WebP and GIF images are supported."
            raise ApimartRefusal(400, message, "file")
        upload = await self._world.check(inspected, file.content)
        link = self._store.add(upload, file.content, kind)
        shown = {
            "url": f"{exchange.origin}{link}",
            "filename": file.filename,
            "content_type": f"image/{kind}",
            "bytes": len(file.content),
            "created_at": int(self._world.clock()),
        }
        await exchange.reply(json_answer(shown))


def _file(content_type: str | None, body: bytes) -> FormFile:
    try:
        form = read_form(content_type, body)
    except BadBodyError as error:
        raise ApimartRefusal(400, str(error)) from error
    file = next((file for file in form.files if file.name == "file"), None)
    if file is None:
        raise ApimartRefusal(400, "The form needs one file named 'file'.", "file")
    if len(file.content) > _LIMIT:
        raise too_large()
    return file
