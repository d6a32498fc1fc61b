"""Notices that config.yaml was changed while the daemon runs, and reads it anew."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog

from seedwatch import texts
from seedwatch.config.effective import Settings
from seedwatch.config.settings import load_settings
from seedwatch.errors import ConfigError, Problem
from seedwatch.texts import say
from seedwatch.threads import RootThreads

LOOK_S: Final = 2.0
_DEADLINE_S: Final = 60.0

log = structlog.get_logger()

Identity = tuple[int, ...]


class ConfigWatch:
    """Looks at the file now and then; one that is still being written is left alone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = RootThreads("config", places=1, deadline_s=_DEADLINE_S)
        self._decided = _identity(settings.file)
        self._seen = self._decided

    async def changed(self) -> Settings | None:
        """The new settings once they changed, are whole and can be used; else None.

        What cannot be used is said once, and the settings before it stay (promises.md, P15).
        """
        now = _identity(self._settings.file)
        is_quiet, self._seen = now == self._seen, now
        if now == self._decided or not is_quiet:
            return None
        self._decided = now
        try:
            found = await self._threads.call(_load, self._settings)
        except ConfigError as error:
            self.refuse([str(problem) for problem in error.problems])
        except (OSError, TimeoutError) as error:
            self.refuse([str(error) or type(error).__name__])
        else:
            return found if found != self._settings else None
        return None

    def accept(self, settings: Settings) -> None:
        """These are the settings now."""
        self._settings = settings
        log.info("config.loaded", folders=", ".join(folder.name for folder in settings.folders))

    def refuse(self, problems: list[str]) -> None:
        """They cannot be used: the ones before them go on, in their language."""
        texts.use(self._settings.language)
        for problem in problems:
            log.error("config.refused", why=problem, do=say("daemon.config_refused_do"))


def _load(before: Settings) -> Settings:
    found = load_settings(before.file)
    if before.folders and not found.folders:  # what a full disk leaves of a file that was saved
        raise ConfigError([Problem(str(before.file), 0, 0, "folders", say("config.no_folders"))])
    if found.state_dir != before.state_dir:
        message = say("daemon.state_dir_moved", path=before.state_dir)
        raise ConfigError([Problem(str(before.file), 0, 0, "state_dir", message)])
    return found


def _identity(path: Path) -> Identity:
    """What changes with a file; of one that is not there nothing."""
    try:
        facts = path.stat()
    except OSError:
        return ()
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino


async def until(stopping: asyncio.Event) -> None:
    """Wait for the next look, or for the stop."""
    try:
        async with asyncio.timeout(LOOK_S):
            await stopping.wait()
    except TimeoutError:
        return
