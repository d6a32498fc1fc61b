"""Makes a folder for one demo, filled with its inputs; removes those of earlier demos."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml

from seedwatch.daemon.lockfile import is_owned
from seedwatch.demo.parts import MODEL, PARTS, SIZE, Part

_MARKER: Final = ".seedwatch-demo"
_STATE: Final = "state"
_ACCOUNT: Final = "simulator"
_KEY_FILE: Final = "simulator.key"
_PHOTOS: Final = "photos"


def open_workspace(directory: Path, *, keep_earlier: bool) -> Path:
    """A new folder `run-N` below `directory`; nothing but earlier demos is ever removed.

    Raises:
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    earlier = sorted(_earlier(directory))
    for number in earlier if not keep_earlier else ():
        path = directory / f"run-{number}"
        if (path / _MARKER).is_file() and not is_owned(path / _STATE):
            shutil.rmtree(path)
    number = max(earlier, default=0) + 1
    while True:
        try:
            (directory / f"run-{number}").mkdir()
            break
        except FileExistsError:  # another demo was quicker
            number += 1
    place = directory / f"run-{number}"
    (place / _MARKER).touch()
    return place


def _earlier(directory: Path) -> Iterator[int]:
    for path in directory.glob("run-*"):
        number = path.name.removeprefix("run-")
        if number.isascii() and number.isdigit():
            yield int(number)


def fill(place: Path, simulator_url: str) -> Path:
    """Write the configuration and put every input where a person would drop it.

    Returns the configuration file.
    """
    key = place / _KEY_FILE
    key.touch(mode=0o600)
    key.write_text("any-key-will-do\n", encoding="ascii")
    config = place / "config.yaml"
    config.write_text(_config(simulator_url), encoding="utf-8")
    for part in PARTS:
        _fill_inbox(place / part.name / "inbox", part)
    return config


def _config(simulator_url: str) -> str:
    settings = {
        "state_dir": _STATE,
        "accounts": {
            _ACCOUNT: {
                "provider": "ark",
                "base_url": f"{simulator_url}/ark/api/v3",
                "key": f"file:{_KEY_FILE}",
            }
        },
        "folders": [_folder(part) for part in PARTS],
    }
    return yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)


def _folder(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "inbox": f"{part.name}/inbox",
        "settle": "200ms",
        "rule": {
            "account": _ACCOUNT,
            "mode": part.mode,
            "model": MODEL,
            "size": SIZE,
            **part.rule,
        },
    }


def _fill_inbox(inbox: Path, part: Part) -> None:
    inbox.mkdir(parents=True)
    photos = resources.files("seedwatch.demo") / _PHOTOS
    for name, photo in part.photos.items():
        target = inbox / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((photos / photo).read_bytes())
    for name, text in part.texts.items():
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_text(text, encoding="utf-8")
