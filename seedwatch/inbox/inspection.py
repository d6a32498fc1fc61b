"""Reads an input to its end: digest, decoded pictures, prompts; what is wrong with it, if it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import Final, Literal, Protocol

from seedwatch.errors import SourceChanged, SourceError, SourceForeign, SourceGone
from seedwatch.inbox.forms import Kind, is_picture_name, role_in_set
from seedwatch.inbox.natural import natural_key
from seedwatch.inbox.prompts import (
    MAX_FILE_BYTES,
    PromptText,
    lines_of,
    read_prompt_text,
    too_large,
    whole_of,
)
from seedwatch.media.inspect import Incomplete, Picture, inspect, inspect_bytes, sniff
from seedwatch.media.kinds import HEAD_BYTES
from seedwatch.paths import Identity, Root, chunks_of
from seedwatch.records import Member, MemberRole, RelPath, Rule, Source, SourceKind, name_of
from seedwatch.texts import say

Trouble = Literal["gone", "changed", "unreadable", "foreign"]

MAX_PICTURE_BYTES: Final = 1_000_000_000
_IN_MEMORY_BYTES: Final = 32_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A settled input to be read: the files it consists of, and the rule it falls under.

    `shared_with` is another picture that the same prompt file could belong to (empty: none).
    """

    path: RelPath
    kind: Kind
    members: tuple[RelPath, ...]
    rule: Rule
    shared_with: RelPath = ""


@dataclass(frozen=True, slots=True)
class Inspected:
    """An input as it was read. `pictures` go with the source's picture members, in order.

    `prompts` are what it brings itself; None: nothing. With `error` it cannot be used (as it is
    now, if that is an `Incomplete`).
    """

    source: Source
    pictures: tuple[Picture, ...] = ()
    prompts: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class NotInspected:
    """Why an input could not be read to its end just now, or need not be."""

    trouble: Trouble
    why: str = ""


@dataclass(slots=True)
class _File:
    """One file as it was read."""

    path: RelPath
    identity: Identity
    sha256: str
    role: MemberRole
    picture: Picture | None = None
    text: PromptText | None = None
    error: SourceError | None = None

    def member(self) -> Member:
        identity = self.identity
        return Member(
            self.path,
            identity.byte_count,
            identity.mtime_ns,
            identity.ino,
            self.sha256,
            self.role,
        )


class _Foreign(Exception):
    """A file that nobody would take for a picture, and is none."""


class Decoder(Protocol):
    """Decodes pictures that were read; both methods raise as `media.inspect.inspect` does."""

    def content(self, content: bytes) -> Picture:
        """A picture that is in memory."""

    def file(self, file: BufferedReader, root: Root, path: RelPath, identity: Identity) -> Picture:
        """One that is too large for that: open, and where it lies."""


class InPlace:
    """Decodes in the process that reads."""

    def content(self, content: bytes) -> Picture:
        """As `Decoder` says."""
        return inspect_bytes(content)

    def file(self, file: BufferedReader, root: Root, path: RelPath, identity: Identity) -> Picture:  # noqa: ARG002
        """As `Decoder` says."""
        return inspect(file)


IN_PLACE: Final = InPlace()


def inspect_input(
    root: Root, folder: str, wanted: Wanted, decoder: Decoder = IN_PLACE
) -> Inspected | NotInspected:
    """Read all files of an input; blocks as long as the root does, raises nothing of it."""
    try:
        files = [file for path in wanted.members if (file := _read(root, path, wanted, decoder))]
    except SourceGone as error:
        is_foreign = isinstance(error, SourceForeign)
        return NotInspected("foreign" if is_foreign else "gone", error.message)
    except SourceChanged as error:
        return NotInspected("changed", error.message)
    except _Foreign:
        return NotInspected("foreign", say("inbox.unknown_type"))
    except OSError as error:
        return NotInspected("unreadable", say("inbox.unreadable", why=error.strerror or error))
    if wanted.kind == "set":
        files = _in_order(files)
        if not any(file.role == "picture" for file in files):
            return NotInspected("foreign", say("inbox.no_pictures"))
    return _put_together(folder, wanted, files)


def _in_order(files: Sequence[_File]) -> list[_File]:
    """A set: its pictures as people count them, its prompt last."""
    return sorted(files, key=lambda file: (file.role != "picture", natural_key(file.path)))


def _put_together(folder: str, wanted: Wanted, files: Sequence[_File]) -> Inspected:
    kinds: dict[Kind, SourceKind] = {"set": "set", "lines": "text"}
    source = Source(
        folder,
        wanted.path,
        kinds.get(wanted.kind, "picture"),
        tuple(file.member() for file in files),
    )
    error = _first_error(files, is_set=wanted.kind == "set")
    if error is None and wanted.shared_with:
        error = SourceError(
            say("inbox.shared_text", other=name_of(wanted.shared_with)),
            advice=say("inbox.shared_text_advice"),
        )
    if error is not None:
        return Inspected(source, error=error)
    text = next((file.text for file in files if file.text), None)
    try:
        prompts = None if text is None else _prompts(text.text, wanted)
    except SourceError as wrong:
        return Inspected(source, error=wrong)
    return Inspected(
        source,
        tuple(file.picture for file in files if file.picture),
        prompts,
        text.notes if text else (),
    )


def _prompts(text: str, wanted: Wanted) -> tuple[str, ...]:
    if wanted.kind == "lines" and wanted.rule.text == "lines":
        return lines_of(text)
    return (whole_of(text),)


def _first_error(files: Sequence[_File], *, is_set: bool) -> SourceError | None:
    """What is wrong; one definite error counts more than files that may still be completed."""
    wrong = [file for file in files if file.error]
    wrong.sort(key=lambda file: isinstance(file.error, Incomplete))
    if not wrong or wrong[0].error is None:
        return None
    error = wrong[0].error
    if not is_set and len(files) == 1:
        return error
    named = say("inbox.in_file", name=name_of(wrong[0].path), message=error.message)
    return type(error)(named, advice=error.advice)


def _read(root: Root, path: RelPath, wanted: Wanted, decoder: Decoder) -> _File | None:
    """One member; None: a file in a set that is no part of it."""
    role = _role(path, wanted)
    with root.open_source(path) as (file, identity):
        if role is None or not is_picture_name(path):
            role = role or ("picture" if _is_picture(file) else None)
            if role is None and wanted.kind == "set":
                return None
            if role is None:
                raise _Foreign
        if role == "picture":
            return _read_picture(file, root, path, identity, decoder)
        return _read_text(file, path, identity, role, wanted.rule.encoding)


def _role(path: RelPath, wanted: Wanted) -> MemberRole | None:
    if wanted.kind == "set":
        return role_in_set(path, wanted.path)
    if wanted.kind == "lines":
        return "lines" if wanted.rule.text == "lines" else "prompt"
    if path != wanted.path:
        return "prompt"
    return "picture" if is_picture_name(path) else None


def _is_picture(file: BufferedReader) -> bool:
    """Whether the first bytes are those of a picture of any kind."""
    media_type = sniff(file.read(HEAD_BYTES))
    file.seek(0)
    return media_type is not None and media_type.startswith("image/")


def _read_picture(
    file: BufferedReader, root: Root, path: RelPath, identity: Identity, decoder: Decoder
) -> _File:
    if identity.byte_count <= _IN_MEMORY_BYTES:
        content = file.read()
        _check_length(path, identity, len(content))
        found = _File(path, identity, hashlib.sha256(content).hexdigest(), "picture")
    else:
        content = None
        found = _File(path, identity, _digest(file, path, identity), "picture")
    try:
        if identity.byte_count > MAX_PICTURE_BYTES:
            raise SourceError(  # noqa: TRY301 - one place takes down what is wrong
                say("inbox.too_large", byte_count=identity.byte_count, limit=MAX_PICTURE_BYTES),
                advice=say("inbox.too_large_advice"),
            )
        if content is None:
            found.picture = decoder.file(file, root, path, identity)
        else:
            found.picture = decoder.content(content)
    except SourceError as error:
        found.error = error
    return found


def _read_text(
    file: BufferedReader,
    path: RelPath,
    identity: Identity,
    role: MemberRole,
    encoding: str | None,
) -> _File:
    if identity.byte_count > MAX_FILE_BYTES:
        sha256 = _digest(file, path, identity)
        return _File(path, identity, sha256, role, error=too_large(identity.byte_count))
    content = file.read()
    _check_length(path, identity, len(content))
    found = _File(path, identity, hashlib.sha256(content).hexdigest(), role)
    try:
        found.text = read_prompt_text(content, encoding)
    except SourceError as error:
        found.error = error
    return found


def _digest(file: BufferedReader, path: RelPath, identity: Identity) -> str:
    sha256 = hashlib.sha256()
    byte_count = 0
    for chunk in chunks_of(file):
        sha256.update(chunk)
        byte_count += len(chunk)
        if byte_count > identity.byte_count:
            break  # it grows while it is read
    _check_length(path, identity, byte_count)
    file.seek(0)
    return sha256.hexdigest()


def _check_length(path: RelPath, identity: Identity, byte_count: int) -> None:
    """A share may show an old size for a while: what counts is the real end (edge-cases.md 4)."""
    if byte_count != identity.byte_count:
        raise SourceChanged(f"{path!r} has {byte_count} bytes, not {identity.byte_count}")
