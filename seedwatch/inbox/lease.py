"""One daemon for each inbox, also from two hosts: a small file beside the marker, kept alive.

It names who works here and a counter that goes up every few seconds. Whoever finds a counter that
goes on leaves the inbox alone; one that stood still for several of these times is taken over. Its
age is what our own clock measured since we saw it first: no clock of another machine is believed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import secrets
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Literal

import structlog

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.inbox.markers import install_id
from seedwatch.junk import LEASE_NAME
from seedwatch.paths import PART_PREFIX, Root
from seedwatch.texts import say
from seedwatch.threads import RootThreads

BEAT_S: Final = 10.0
STALE_S: Final = 45.0
"""A counter that stood still so long is that of a daemon which is gone."""
FRESH_S: Final = 30.0
"""Without a beat for so long we do nothing more: others may soon take us for gone."""
_MAX_BYTES: Final = 4096
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PATIENCE_S: Final = 5.0

log = structlog.get_logger()


def uptime() -> float:
    """Seconds by a clock that nobody sets, and that goes on while the machine sleeps."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A daemon that works on an inbox.

    `home` is its state directory by device and inode: whoever owns that one, by its lock, knows
    that earlier tenants with the same home, installation and boot are gone.
    """

    install: str
    home: str
    boot: str
    run: str
    host: str
    pid: int
    beat: int = 0

    def written(self) -> bytes:
        """As it stands in the file; always of the same length for one daemon."""
        told = asdict(self) | {"beat": f"{self.beat:012}"}
        return json.dumps(told, ensure_ascii=False).encode() + b"\n"

    def lived_as(self, other: Tenant) -> bool:
        """Whether the other was an earlier run of this very daemon, which is over."""
        mine, theirs = (self.install, self.home, self.boot), (other.install, other.home, other.boot)
        return mine == theirs


def tenant_of(content: bytes) -> Tenant | None:
    """Who wrote this; None: nobody that can be told."""
    try:
        told = json.loads(content)
        return Tenant(**(told | {"beat": int(told["beat"]), "pid": int(told["pid"])}))
    except (ValueError, TypeError, KeyError):
        return None


Step = Literal["beat", "take", "take over", "wait"]


def decide(content: bytes | None, me: Tenant, stood_still_s: float) -> Step:
    """What to do about what lies there; pure.

    `stood_still_s`: for how long, by our own clock, it has been just this content.
    """
    if content is None:
        return "take"
    found = tenant_of(content)
    if found is not None and found.run == me.run:
        return "beat"
    is_over = found is not None and me.lived_as(found)
    return "take over" if is_over or stood_still_s >= STALE_S else "wait"


class Lease:
    """The lease of one inbox. Everything but `is_fresh` blocks as long as the share does."""

    def __init__(self, me: Tenant, clock: Callable[[], float] = uptime) -> None:
        self.me = me
        self._clock = clock
        self._seen: bytes | None = None
        self._seen_at = 0.0
        self._held_at = float("-inf")
        self.is_undecided = False
        """somebody else's lies there, and whether it is kept alive is not known yet"""
        self._has_beaten = False
        self.beat_count = 0
        """how often something of ours was written"""
        self._lock = threading.Lock()

    @property
    def is_fresh(self) -> bool:
        """Whether nobody else can work on the inbox just now."""
        return self._clock() - self._held_at < FRESH_S

    def check(self) -> bool:
        """`is_fresh`, for those who ask later."""
        return self.is_fresh

    @property
    def is_due(self) -> bool:
        """Whether it is time for a beat in passing, or for a look at that of somebody else."""
        return self._clock() - self._held_at >= BEAT_S * 0.8

    @property
    def is_overdue(self) -> bool:
        """Whether nobody came to beat in time."""
        return self._clock() - self._held_at >= BEAT_S * 1.2

    def attend(self, root: Root) -> str:
        """Keep it alive, or take it where it may be taken; returns who else has it, in words.

        Raises:
            OSError: the share failed; whose it is now is not known.
        """
        with self._lock:
            return self._attend(root)

    def _attend(self, root: Root) -> str:
        began = self._clock()
        content = self._beat(root)
        is_alive = self._seen is not None and content != self._seen
        if content != self._seen:
            self._seen, self._seen_at = content, began
        step = decide(content, self.me, began - self._seen_at)
        is_ours = step == "beat"
        self.is_undecided = step == "wait" and not is_alive and not self._has_beaten
        self._has_beaten = step == "wait" and (is_alive or self._has_beaten)
        if step == "take over":
            is_ours = self._put_aside(root, content) and self._take(root)
        elif step == "take":
            is_ours = self._take(root)
        self.beat_count += is_ours
        self._held_at = began if is_ours else float("-inf")
        return "" if is_ours else self._named(root, content)

    def keep(self, root: Root) -> bool:
        """Keep it alive where it is ours, and tell so; nothing is taken, whatever lies there.

        Raises:
            OSError: the share failed.
        """
        with self._lock:
            began = self._clock()
            is_ours = decide(self._beat(root), self.me, 0.0) == "beat"
            if is_ours:
                self._held_at = began
                self.beat_count += 1
            return is_ours

    def release(self, root: Root) -> None:
        """The next may come at once; does nothing where it is not ours.

        Raises:
            OSError: the share failed.
        """
        self._held_at = float("-inf")
        with contextlib.suppress(SourceGone, SourceChanged):
            found = tenant_of(root.read(LEASE_NAME, _MAX_BYTES)[0])
            if found is not None and found.run == self.me.run:
                root.unlink(LEASE_NAME)

    def _beat(self, root: Root) -> bytes | None:
        """What lies there; ours is counted up in the same step."""
        self.me = replace(self.me, beat=self.me.beat + 1)

        def beaten(found: bytes) -> bytes | None:
            return self.me.written() if decide(found, self.me, 0.0) == "beat" else None

        try:
            return root.rewrite(LEASE_NAME, beaten)
        except SourceGone:
            return None

    def _take(self, root: Root) -> bool:
        try:
            root.write_new(LEASE_NAME, [self.me.written()])
        except FileExistsError:
            return False  # somebody else was there first
        return True

    def _put_aside(self, root: Root, content: bytes | None) -> bool:
        """Remove the lease of one who is gone, and no other that came to its place just now."""
        aside = f"{PART_PREFIX}{self.me.run}"
        try:
            root.move(LEASE_NAME, root, aside)
        except FileNotFoundError:
            return True
        is_the_same = root.read(aside, _MAX_BYTES)[0] == content
        if not is_the_same:
            with contextlib.suppress(FileExistsError):
                root.move(aside, root, LEASE_NAME)
                return False
        root.unlink(aside)
        return is_the_same

    def _named(self, root: Root, content: bytes | None) -> str:
        """Who has it: what was found, or who was quicker just now."""
        with contextlib.suppress(SourceGone, SourceChanged):
            content = content or root.read(LEASE_NAME, _MAX_BYTES)[0]
        found = tenant_of(content or b"")
        if found is None:
            return say("inbox.lease_unknown")
        return say("inbox.lease_who", host=found.host, pid=found.pid)


class Leases:
    """All leases of a daemon, by inbox: they outlive a change of its configuration."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._me: Tenant | None = None
        self._leases: dict[Path, tuple[Lease, Root]] = {}

    def of(self, inbox: Path) -> Lease:
        """The lease of this inbox; nothing is asked of the share yet."""
        if inbox not in self._leases:
            self._leases[inbox] = Lease(self._tenant()), Root(inbox)
        return self._leases[inbox][0]

    def _tenant(self) -> Tenant:
        if self._me is None:
            self._me = new_tenant(self._state_dir)
        return self._me

    async def keep(self) -> None:
        """Until it is cancelled: keep alive what nobody looks after, as what is paid for goes on.

        Watches end before the last answers have come: at a stop, and when a folder was taken out
        of the configuration.
        """
        while True:
            await asyncio.sleep(BEAT_S)
            late = [
                (lease, root)
                for lease, root in self._leases.values()
                if lease.is_fresh and lease.is_overdue
            ]
            await asyncio.gather(*(_quietly(lease.keep, root) for lease, root in late))

    async def release(self, kept: Collection[Path] = ()) -> None:
        """At the end: whoever waits for an inbox need not wait any longer."""
        left = {inbox: held for inbox, held in self._leases.items() if inbox not in kept}
        for inbox in left:
            del self._leases[inbox]
        held = [(lease, root) for lease, root in left.values() if lease.is_fresh]
        await asyncio.gather(*(_quietly(lease.release, root) for lease, root in held))


async def _quietly(step: Callable[[Root], object], root: Root) -> None:
    try:
        await RootThreads(str(root.path), 1, _PATIENCE_S).call(step, root)
    except OSError as error:  # it is taken over in a while, as after a crash
        log.warning("lease.late", inbox=str(root.path), why=str(error))


def new_tenant(state_dir: Path) -> Tenant:
    """This process at work.

    Raises:
        OSError: the state directory cannot be used.
    """
    status = state_dir.stat()
    boot = ""
    with contextlib.suppress(OSError):
        boot = _BOOT_ID.read_text("ascii").strip()
    return Tenant(
        install_id(state_dir),
        f"{status.st_dev}:{status.st_ino}",
        boot,
        secrets.token_hex(8),
        platform.node(),
        os.getpid(),
    )
