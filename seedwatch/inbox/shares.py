"""The health of a root: there, ours, writable, answering; a share may come and go at any time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, ParamSpec, TypeVar

from seedwatch.inbox.looks import Pulse
from seedwatch.inbox.markers import (
    Marker,
    RootFacts,
    install_id,
    look_at_root,
    write_marker,
)
from seedwatch.paths import Root
from seedwatch.store.base import Adoption, TaskStore
from seedwatch.texts import say
from seedwatch.threads import RootThreads

P = ParamSpec("P")
T = TypeVar("T")
RootState = Literal["ok", "unavailable", "foreign", "read-only"]

DEADLINE_S: Final = 20.0
"""How long a root may be silent before it counts as away."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a root is; `message` says what a person can do about it (empty: nothing to do)."""

    state: RootState
    message: str = ""
    key: tuple[int, int] = (0, 0)
    is_failing: bool = False
    """the file system reports errors or nothing at all: ask it less and less often"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from the facts: the health, or that the root is to be adopted."""

    health: Health
    adopts: Literal["no", "new", "found"] = "no"


def judge(facts: RootFacts, adoption: Adoption | None, ours: str, path: str) -> Verdict:
    """Decide on a root by its facts and what is remembered of it; pure.

    A root that lost its marker is not there: it may be the bare mount point (promises.md 11).
    A marker of this installation that is not remembered was written just before a crash.
    """
    if not facts.is_there:
        return _stopped("unavailable", "not_there", path)
    if facts.marker is None and adoption is not None:
        return _stopped("unavailable", "marker_missing", path)
    if facts.marker is not None and not _is_ours(facts.marker, adoption, ours):
        return _stopped("foreign", "marker_foreign", path)
    if facts.is_read_only:
        return _stopped("read-only", "read_only", path)
    if adoption is not None:
        return Verdict(Health("ok", key=facts.key))
    return Verdict(Health("ok", key=facts.key), "new" if facts.marker is None else "found")


def _is_ours(marker: Marker, adoption: Adoption | None, ours: str) -> bool:
    if adoption is not None:
        return marker.marker_id == adoption.marker_id
    return marker.marker_id != "" and marker.install_id == ours


def _stopped(state: RootState, sentence: str, path: str) -> Verdict:
    return Verdict(Health(state, say(f"inbox.{sentence}", path=path)))


def failing(path: str, error: OSError | None) -> Health:
    """The health of a root that reports an error, or does not answer (None)."""
    if error is None or isinstance(error, TimeoutError):
        return Health("unavailable", say("inbox.silent", path=path), is_failing=True)
    why = error.strerror or type(error).__name__
    return Health("unavailable", say("inbox.root_failed", path=path, why=why), is_failing=True)


class Share:
    """Asks a root how it is, adopts it where that is due, and keeps what was remembered of it."""

    def __init__(self, root: Root, folder: str, state_dir: Path, store: TaskStore) -> None:
        self.root = root
        self.folder = folder
        self.state_dir = state_dir
        self.store = store
        self.adoption: Adoption | None = None
        self._install_id = ""

    async def check(self, threads: RootThreads) -> Health:
        """How the root is now; an error or a silence of it is `unavailable`."""
        path = os.fspath(self.root.path)
        if not self._install_id:
            self._install_id = await asyncio.to_thread(install_id, self.state_dir)
        try:
            facts = await threads.call(look_at_root, self.root)
            verdict = judge(facts, self.adoption, self._install_id, path)
            if self.adoption is None or verdict.health.state != "ok":
                # A person may have adopted it by the command line in the meantime.
                self.adoption = await self.store.adoption(self.folder)
                verdict = judge(facts, self.adoption, self._install_id, path)
            if verdict.adopts != "no":
                await self._adopt(threads, facts, verdict)
        except TimeoutError:
            return failing(path, None)
        except OSError as error:
            return failing(path, error)
        return verdict.health

    async def _adopt(self, threads: RootThreads, facts: RootFacts, verdict: Verdict) -> None:
        """The marker first: a crash before it is remembered leaves one that is `found`."""
        marker = facts.marker
        if verdict.adopts == "new" or marker is None:
            marker = await threads.call(write_marker, self.root, self.folder, self._install_id)
        await self._remember(Adoption(marker.marker_id, is_complete=False))

    async def first_listing_recorded(self) -> None:
        """Everything that lay there at adoption has been recorded."""
        if self.adoption is not None and not self.adoption.is_complete:
            await self._remember(replace(self.adoption, is_complete=True))

    async def _remember(self, adoption: Adoption) -> None:
        await self.store.save_adoption(self.folder, adoption)
        self.adoption = adoption


async def adopt(store: TaskStore, root: Root, folder: str, state_dir: Path) -> None:
    """Accept a root whose marker is missing or foreign, as the command `adopt` does.

    What lies there counts as found at a first adoption: `cold_start` applies.

    Raises:
        OSError: the root is not there or cannot be written.
    """
    marker = await asyncio.to_thread(write_marker, root, folder, install_id(state_dir))
    await store.save_adoption(folder, Adoption(marker.marker_id, is_complete=False))


async def while_beating(
    start: Callable[[], Awaitable[T]], pulse: Pulse, silence_s: float = DEADLINE_S
) -> T:
    """Await long work on a root as long as it makes steps.

    Raises:
        TimeoutError: it made none for `silence_s`; its thread is left to itself.
    """
    task = asyncio.ensure_future(start())
    try:
        while True:
            beats = pulse.beats
            done, _ = await asyncio.wait({task}, timeout=silence_s)
            if done:
                return task.result()
            if pulse.beats == beats:
                raise TimeoutError
    finally:
        task.cancel()
