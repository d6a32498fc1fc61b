"""Finds the reference pictures of a rule and their digests; a folder's rule stays in its folder."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from seedwatch.catalog import Model
from seedwatch.config import urls
from seedwatch.config.draft import Draft
from seedwatch.config.layers import RuleLayer
from seedwatch.config.where import absolute, regular_file
from seedwatch.errors import Problem, TaskError
from seedwatch.paths import Root
from seedwatch.records import NamedFile
from seedwatch.texts import say

MAX_REFERENCE_BYTES: Final = 200_000_000


def resolve_references(
    draft: Draft, digest: Callable[[Path, Path | None], str]
) -> tuple[tuple[str, ...], tuple[str, ...], list[Problem]]:
    """Absolute paths or URLs, the sha256 of each, and a problem for each that cannot be used."""
    layer = draft.layer_of("references")
    if layer is None:
        return (), (), []
    found: list[str] = []
    digests: list[str] = []
    problems: list[Problem] = []
    for place, written in enumerate(layer.keys.references):
        try:
            where = _located(layer, written)
            if isinstance(where, str):
                digests.append(hashlib.sha256(where.encode()).hexdigest())
            else:
                digests.append(digest(where, None if layer.is_operator else layer.directory))
            found.append(str(where))
        except OSError as error:
            problems.append(layer.problem(("references", place), _why(error)))
        except ValueError as error:
            problems.append(layer.problem(("references", place), str(error)))
    return tuple(found), tuple(digests), problems


def resolve_files(
    draft: Draft, model: Model, digest: Callable[[Path, Path | None], str]
) -> tuple[dict[str, Any], list[Problem]]:
    """The options of a rule that name files, with path and digest, and a problem for each bad one.

    They follow the rules of references; an address is no file.
    """
    layer = draft.layer_of("options")
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, written in draft.value("options").items() if layer is not None else ():
        known = model.fields.get(name)
        if layer is None or known is None or known.type != "file" or not isinstance(written, str):
            continue
        try:
            where = _file(layer, written)
            sha256 = digest(where, None if layer.is_operator else layer.directory)
            found[name] = NamedFile(str(where), sha256).as_option()
        except OSError as error:
            problems.append(layer.problem(("options", name), _why(error)))
        except ValueError as error:
            problems.append(layer.problem(("options", name), str(error)))
    return found, problems


def _file(layer: RuleLayer, written: str) -> Path:
    """Where the file of an option lies.

    Raises:
        ValueError: it is an address, or this file may not name it.
    """
    if urls.is_url(written):
        raise ValueError(say("config.option_file"))
    return Path(_located(layer, written))


def _located(layer: RuleLayer, written: str) -> Path | str:
    """Where a reference lies; text for a URL.

    Raises:
        ValueError: this file may not name it.
    """
    if urls.is_url(written):
        if not layer.is_operator:
            raise ValueError(say("config.reference_url"))
        return urls.reference(written)
    if layer.is_operator:
        return absolute(layer.directory, written)
    posix, windows = PurePosixPath(written), PureWindowsPath(written)
    if posix.is_absolute() or windows.anchor or ".." in windows.parts or written[0] == "~":
        raise ValueError(say("config.reference_outside"))
    return layer.directory / posix


def file_digest(path: Path, beneath: Path | None) -> str:
    """sha256 of a regular file; below `beneath` no symlink is followed.

    Raises:
        OSError: it is not there, not readable, not a regular file, too large, or a symlink.
    """
    if beneath is None:
        with regular_file(path) as (file, status):
            return _sha256(file, status.st_size)
    _look_at_each_step(path, beneath)
    try:
        with Root(beneath).open_source(path.relative_to(beneath).as_posix()) as (file, identity):
            return _sha256(file, identity.byte_count)
    except TaskError as error:  # it changed under our eyes; the next look will see what it is
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error


def _look_at_each_step(path: Path, beneath: Path) -> None:
    """Say precisely what is in the way; that nothing is, is made sure while opening."""
    step, status = beneath, beneath.lstat()
    for name in path.relative_to(beneath).parts:
        step /= name
        status = step.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _sha256(file: BufferedReader, byte_count: int) -> str:
    if byte_count > MAX_REFERENCE_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return hashlib.file_digest(file, "sha256").hexdigest()


def _why(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return say("config.reference_missing")
        case errno.ELOOP:
            return say("config.reference_link")
        case errno.EISDIR:
            return say("config.reference_not_a_file")
        case errno.EFBIG:
            return say("config.reference_too_large", limit=f"{MAX_REFERENCE_BYTES:,}")
        case _:
            why = error.strerror or type(error).__name__
            return say("config.reference_unreadable", why=why)
