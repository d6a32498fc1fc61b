"""The calls of APIMart that start tasks: images and videos (protocols.md 4.2)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from seedwatch.simulator.apimart_answers import ApimartReplies
from seedwatch.simulator.apimart_calls import PROVIDER, check_key, read_body
from seedwatch.simulator.apimart_errors import ApimartRefusal, for_status
from seedwatch.simulator.apimart_images import check_image
from seedwatch.simulator.apimart_inputs import InputReader
from seedwatch.simulator.apimart_requests import ApimartRequest
from seedwatch.simulator.apimart_videos import check_video
from seedwatch.simulator.bodies import BadBodyError, json_object
from seedwatch.simulator.orders import Order, fingerprint
from seedwatch.simulator.task_flow import Outputs, run_task
from seedwatch.simulator.tasks import Task
from seedwatch.simulator.uploads import UploadStore
from seedwatch.simulator.wire import BODY_LIMIT, Exchange
from seedwatch.simulator.world import World

_ID_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,191}")

Check = Callable[[Mapping[str, Any], InputReader], ApimartRequest]


class ApimartSubmits:
    """Checks a body, then starts a task or finds the one that the same key started."""

    def __init__(self, world: World, uploads: UploadStore) -> None:
        self._world = world
        self._uploads = uploads

    async def images(self, exchange: Exchange, request_id: str) -> None:
        """POST: pictures."""
        await self._submit(exchange, request_id, check_image)

    async def videos(self, exchange: Exchange, request_id: str) -> None:
        """POST: a video."""
        await self._submit(exchange, request_id, check_video)

    async def _submit(self, exchange: Exchange, request_id: str, check: Check) -> None:
        body = await read_body(exchange, BODY_LIMIT)
        key = check_key(exchange)
        replay_key = _replay_key(exchange, key)
        digest = await self._world.check(_digest, exchange.path, body)
        earlier = self._earlier(replay_key, digest)
        if earlier is None:
            request = await self._world.check(self._checked, body, check)
            # The same key may have started its task while this body was checked.
            earlier = self._earlier(replay_key, digest)
        del body
        if earlier is not None:
            request = earlier.request
        elif self._world.switches["apimart.balance"] == "empty":
            raise for_status(402)
        order = self._order(exchange, request, key, request_id)
        task = self._new_task(request, order, replay_key, digest)
        version = exchange.header("x-apimart-response-version")
        replies = ApimartReplies(request_id, version, self._world.switches)
        outputs = _outputs(task)
        await run_task(exchange, self._world, order, task, outputs, replies, replayed=earlier)

    def _checked(self, body: bytes, check: Check) -> ApimartRequest:
        switches = self._world.switches
        reader = InputReader(self._uploads, switches["apimart.data_uri"] == "accept")
        try:
            return check(json_object(body), reader)
        except BadBodyError as error:
            raise ApimartRefusal(400, str(error)) from error

    def _new_task(
        self, request: ApimartRequest, order: Order, replay_key: str | None, digest: str
    ) -> Task:
        word = "".join(secrets.choice(_ID_LETTERS) for _ in range(24))
        return Task(
            provider=PROVIDER,
            id=f"task_01{word}",
            request=request,
            created_at=self._world.clock(),
            latency_s=self._world.latency_s,
            link_lifetime_s=order.link_lifetime_s,
            replay_key=replay_key,
            body_sha256=digest,
        )

    def _earlier(self, replay_key: str | None, digest: str) -> Task | None:
        """The task that the same idempotency key started before.

        Raises:
            ApimartRefusal: 409, it came with another body; the real status is not known.
        """
        if replay_key is None:
            return None
        earlier = self._world.tasks.replayed(PROVIDER, replay_key)
        if earlier is not None and earlier.body_sha256 != digest:
            message = "This Idempotency-Key was used with another request."
            raise ApimartRefusal(409, message, "Idempotency-Key")
        return earlier

    def _order(
        self, exchange: Exchange, request: ApimartRequest, key: str, request_id: str
    ) -> Order:
        return Order(
            provider=PROVIDER,
            path=exchange.path,
            model=request.model,
            prompt=request.prompt,
            size=request.size,
            references=request.references,
            key=key,
            idempotency_key=exchange.header("idempotency-key"),
            request_id=request_id,
            folder=f"{PROVIDER}/{request.family}",
            link_lifetime_s=self._world.switches["apimart.expiry_s"],
        )


def _replay_key(exchange: Exchange, key: str) -> str | None:
    """Account and idempotency key of a call; None if it has none.

    Raises:
        ApimartRefusal: 400, the header has not the form of a key.
    """
    given = exchange.header("idempotency-key")
    if given is None:
        return None
    if _IDEMPOTENCY_KEY.fullmatch(given) is None:
        message = "Idempotency-Key must be 1 to 191 visible ASCII characters."
        raise ApimartRefusal(400, message, "Idempotency-Key")
    return f"{fingerprint(key)} {given}"


def _digest(path: str, body: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\n" + body).hexdigest()


def _outputs(task: Task) -> Outputs:
    request: ApimartRequest = task.request
    files = tuple(
        (f"{task.id}_{number}.{request.suffix}", drawing)
        for number, drawing in enumerate(request.drawings)
    )
    return Outputs(files, billed_count=len(files))
