"""Fuzzes what services answer: bodies, streams, states of tasks, links and pictures, over sockets.

    python -m tests.campaigns.fuzz_answers --seed 1 --count 20000 --out answers.jsonl --resume

Each case is a good answer that a service really gives (tests/data/answers), changed in one to three
ways, and goes the whole way of a paid call. Exit 1 if one made the worker stumble, was paid twice,
ended in no documented way, lost a paid answer, told the key, or wrote control characters.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import sys
import tempfile
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

from seedwatch.logs import one_line
from seedwatch.simulator.clips import Clip
from tests.campaigns.answer_desk import Desk, Ending, Line, Script
from tests.campaigns.fuzzing import Batch, Options, Violation, campaign, chance, options
from tests.campaigns.strange import CANARY, Strange, picture

NAME = "fuzz_answers"
ANSWERS = Path(__file__).parents[1] / "data" / "answers"
LINES = {
    "ark_images": Line("ark", "/ark/api/v3", "doubao-seedream-4-5-251128"),
    "ark_video": Line(
        "ark",
        "/ark/api/v3",
        "doubao-seedance-1-0-pro-250528",
        {"size": "16:9", "resolution": "480p", "options": {"duration": 2}},
        "text-to-video",
    ),
    "dmxapi_seedream": Line("dmxapi", "/dmxapi/v1", "doubao-seedream-4-5-251128", {"size": "2K"}),
    "dmxapi_gpt": Line("dmxapi", "/dmxapi/v1", "gpt-image-1.5", {"size": "1024x1024"}),
    "apimart_images": Line("apimart", "/apimart/v1", "doubao-seedance-4-5", {"size": "1:1"}),
    "openai_images": Line("openai", "/openai/v1", "gpt-image-1.5", {"size": "1024x1024"}),
}
HELD = {"unsure", "unreadable", "expired"}
ERRORS = {
    "failed": {"Rejected", "Moderated", "RemoteFailed"},
    "ready": {
        *("AuthFailed", "QuotaExhausted", "ModelClosed", "RateLimited", "NotSent"),
        *("Unavailable", "RemoteFailed"),
    },
}
FORMS = (
    CANARY,
    CANARY[:12],
    CANARY[-12:],
    b64encode(CANARY.encode()).decode().rstrip("="),
    quote(CANARY, safe=""),
)
_TASK = re.compile(rb"cgt-[0-9]{14}-[0-9a-f]{8}|task_[0-9A-Z]{26}")
STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529, 204, 302, 99)
HEADERS = (
    ("Retry-After", ("7", "-1", "0", "1e9", "soon", "Wed, 21 Oct 2099 07:28:00 GMT", "9" * 400)),
    ("retry-after-ms", ("250", "nan", "inf", "-1")),
    ("x-ratelimit-reset-requests", ("1m30s", "", "9" * 50)),
    ("x-ratelimit-remaining-requests", ("0", "x")),
    ("X-Request-Id", (CANARY, "\x1b[2J", "a" * 9000, "r-1")),
    ("Content-Encoding", ("gzip", "br", "identity", "x")),
    ("Content-Type", ("text/html", "application/json; charset=utf-16", "")),
    ("Location", ("http://169.254.169.254/", "/files/again", "https://10.0.0.1/", "::")),
    ("Set-Cookie", ("a=b; Domain=.com", "\x00")),
)


class Case:
    """Everything one case sends."""

    def __init__(self, chance: random.Random, origin: str) -> None:
        self._chance = chance
        self._others = [path.read_bytes() for path in sorted(ANSWERS.iterdir())]
        self._strange = Strange(chance, origin, self._others)
        self._origin = origin.encode()
        self.line = chance.choice([*LINES])
        self.expected = chance.choice((1, 1, 2, 3))
        self.is_answered = False
        self._number = chance.getrandbits(48)
        self._is_reused = chance.random() < 0.05

    def script(self) -> Script:
        """Which part of it is strange is decided first: the submit, a look, or the picture."""
        part = self._chance.choice(("submit", "submit", "look", "result"))
        submits = self._good("submit") or [
            body for name, body in self._all() if "error" not in name and "list" not in name
        ]
        looks = self._good("look")
        submit = self._chance.choice(submits)
        result = CLIP if "video" in self.line else self._chance.choice(PICTURES)
        if part == "result":
            result = self._strange.picture(result)
        if part == "look" and looks:
            listed = self._changed(self._chance.choice(self._good("list") or looks))
            looks = [self._changed(self._chance.choice(looks)), looks[-1]]
        else:
            listed = self._http((self._good("list") or [b"{}"])[0])
            looks = [self._http(body) for body in looks]
        sent = self._changed(submit) if part == "submit" else self._http(submit)
        self.is_answered = (
            sent.startswith(b"HTTP/1.1 200 Words")
            and b"\x00" not in sent.partition(b"\r\n\r\n")[0]  # no client takes such a head
            and not sent.endswith(b"\r\n\r\n")
        )
        wire = self._wire(result) if part == "result" else self._http(result)
        return Script(
            sent,
            [self._http(look) if look[:4] != b"HTTP" else look for look in looks],
            listed,
            wire,
        )

    def _all(self) -> list[tuple[str, bytes]]:
        line = (
            "ark_images"
            if self.line == "dmxapi_seedream" and self._chance.random() < 0.3
            else self.line
        )
        return [(p.name, self._here(p.read_bytes())) for p in sorted(ANSWERS.glob(f"{line}.*"))]

    def _good(self, kind: str) -> list[bytes]:
        return [body for name, body in self._all() if name.partition(".")[2].startswith(kind)]

    def _here(self, body: bytes) -> bytes:
        """Its links lead to our own service, its task has a name of its own."""
        body = body.replace(b"http://HOST", self._origin)
        return body if self._is_reused else _TASK.sub(b"task_%d" % self._number, body)

    def _changed(self, body: bytes) -> bytes:
        """A strange body; now and then also with a status, headers or framing that are."""
        body = self._strange.body(body)
        if self._chance.random() < 0.4:
            return self._wire(body)
        return self._http(body)

    def _http(self, body: bytes, status: int = 200, more: bytes = b"", length: int = -1) -> bytes:
        told = len(body) if length < 0 else length
        head = f"HTTP/1.1 {status} Words\r\nContent-Length: {told}\r\nConnection: close\r\n"
        return head.encode() + more + b"\r\n" + body

    def _wire(self, body: bytes) -> bytes:
        """A message of which status, headers or framing are strange, too."""
        chance = self._chance
        more = b""
        for _ in range(chance.choice((0, 1, 2))):
            name, ways = chance.choice(HEADERS)
            more += f"{name}: {chance.choice(ways)}\r\n".encode()
        longer, shorter = chance.choice((1, 1000)), chance.choice((1, 50))
        errors = [content for content in self._others if content.startswith(b'{"error"')]
        error = self._strange.body(chance.choice(errors))
        refusal = error if chance.random() < 0.7 else body
        messages = (
            self._http(body, length=len(body) + longer, more=more),
            self._http(body, length=max(0, len(body) - shorter)),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n" + body,
            b"HTTP/1.1 200 OK\r\n\r\n" + body,
            b"HTTP/1.1 200 Flood\r\n" + FLOOD + b"\r\n" + body,
            chance.choice((b"", b"\x16\x03\x01", b"HTTP/9 x\r\n\r\n", body)),
            *[self._http(refusal, status=chance.choice(STATUSES), more=more)] * 2,
        )
        return chance.choice(messages)


FLOOD = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 90) for n in range(2000))
PICTURES = [picture(kind) for kind in ("png", "jpeg", "webp")]
CLIP = Clip(64, 36, 48, "a fox", "m", format="mp4").drawn()


def check(case: Case, ending: Ending, desk: Desk) -> None:
    """What has to hold whatever the service answers.

    Raises:
        Violation: it does not.
    """
    _check_class(ending)
    if "task.broke" in desk.log.getvalue():
        raise Violation(f"the worker stumbled: {desk.log.getvalue()[:3000]}")
    if ending.posts > 1:
        raise Violation(f"{ending.posts} paid requests")
    if one_line(ending.message) != ending.message or len(ending.message) > 5000:
        raise Violation(f"an unfit message: {ending.message[:200]!r}")
    told = desk.told() + desk.log.getvalue()
    if leaked := [form for form in FORMS if form in told]:
        raise Violation(f"{leaked} is told: {_around(told, leaked[0])}")
    if desk.service.keys_at_results:
        raise Violation("a key was sent for a result")
    for line in desk.log.getvalue().splitlines():
        json.loads(line)
    if ending.state == "done":
        _check_results(desk)
    elif ending.state == "held" and case.is_answered and not any(desk.spool.iterdir()):
        raise Violation("a paid answer is gone")


def _check_class(ending: Ending) -> None:
    match ending.state:
        case "done":
            is_known = ending.reason in {"", "partial"}
        case "held":
            is_known = ending.reason in HELD
        case "waiting":
            is_known = True
        case "ready" if ending.reason == "not-sent":
            is_known = True  # a complete list without it, three times
        case _:
            is_known = ending.error in ERRORS.get(ending.state, set())
    if not is_known:
        raise Violation(f"ended as {ending.kind!r}: {ending.message}")


def _check_results(desk: Desk) -> None:
    results = [path for path in desk.outbox.iterdir() if path.suffix != ".json"]
    if not results:
        raise Violation("done without a result")
    for path in results:
        told = json.loads(path.with_name(path.name + ".json").read_bytes())
        if told["result"]["sha256"] != hashlib.sha256(path.read_bytes()).hexdigest():
            raise Violation("a torn result")


def _around(text: str, part: str) -> str:
    at = text.index(part)
    return text[max(0, at - 200) : at + 100]


async def run_batch(seed: int, numbers: range, base: Path) -> Batch:
    """Run some cases at one desk."""
    batch = Batch()
    async with Desk(base, LINES) as desk:
        for number in numbers:
            case = Case(chance(seed, number), desk.origin)
            try:
                ending = await desk.carry(case.line, number, case.script(), case.expected)
                check(case, ending, desk)
                batch.add(number, ending.kind)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
                batch.blame(number, error)
            desk.tidy()
            desk.service.keys_at_results = 0
    return batch


def run(given: Options, numbers: range) -> Batch:
    """Run some cases in a directory of their own, in memory where there is room for it."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as base:
        return asyncio.run(run_batch(given.seed, numbers, Path(base)))


def main() -> int:
    """Run the campaign."""
    given = options(NAME, __doc__)
    return campaign(NAME, given, lambda numbers: run(given, numbers))


if __name__ == "__main__":
    sys.exit(main())
