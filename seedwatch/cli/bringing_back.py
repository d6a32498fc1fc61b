"""Moves a failed source back to its inbox, as a person may do by hand (contract.md 2, `retry`)."""

from __future__ import annotations

from collections.abc import Iterator

from seedwatch.cli.boundary import CommandFailed
from seedwatch.config.effective import FolderSettings
from seedwatch.inbox.markers import read_marker
from seedwatch.inbox.sorting import is_picture_name, text_beside
from seedwatch.outbox.cards import CARD_SUFFIX
from seedwatch.outbox.naming import folder_of
from seedwatch.paths import CrossDeviceError, Root, chunks_of
from seedwatch.records import RelPath, name_of
from seedwatch.store.answers import FailedSource
from seedwatch.texts import say


def is_there(source: FailedSource, folder: FolderSettings) -> bool:
    """Whether the source still lies in failed/ (a person may have taken it).

    Raises:
        OSError: failed/ cannot be reached.
    """
    try:
        return Root(folder.failed).exists(source.retired_path)
    except FileNotFoundError:
        return False


def bring_back(source: FailedSource, folder: FolderSettings) -> list[RelPath]:
    """Move the source into its inbox, never over anything; its card is removed.

    A set moves as a whole; a picture takes the prompt file of its pair along. Returns the paths
    that lie in the inbox now.

    Raises:
        CommandFailed: the inbox is not ours to write into, or has something of that name.
        OSError: a folder cannot be reached or written.
    """
    failed, inbox = Root(folder.failed), Root(folder.inbox)
    if not folder.inbox.is_dir() or read_marker(inbox) is None:
        raise CommandFailed(say("cli.retry_no_inbox", inbox=folder.inbox, folder=folder.name))
    moves = list(_moves(source, failed))
    for _, target in moves:
        if inbox.exists(target):
            raise CommandFailed(say("cli.retry_taken", path=inbox.absolute(target)))
    for here, target in moves:
        _move(failed, here, inbox, target)
    failed.unlink(source.retired_path + CARD_SUFFIX)
    return [target for _, target in moves]


def _moves(source: FailedSource, failed: Root) -> Iterator[tuple[RelPath, RelPath]]:
    """From where to where; the main file last, so that it finds its text when it arrives."""
    if is_picture_name(source.path):
        directory = folder_of(source.retired_path)
        text = text_beside(source.retired_path, dict.fromkeys(failed.names(directory)))
        if text is not None:
            stem = name_of(source.path).rpartition(".")[0]
            suffix = text[text.rindex(".") :]
            yield text, _join(folder_of(source.path), stem + suffix)
    yield source.retired_path, source.path


def _join(directory: RelPath, name: str) -> RelPath:
    return f"{directory}/{name}" if directory else name


def _move(failed: Root, here: RelPath, inbox: Root, target: RelPath) -> None:
    try:
        failed.move(here, inbox, target)
    except CrossDeviceError:
        _copy(failed, here, inbox, target)
    except FileExistsError as error:
        raise CommandFailed(say("cli.retry_taken", path=inbox.absolute(target))) from error


def _copy(failed: Root, here: RelPath, inbox: Root, target: RelPath) -> None:
    """Another file system: copy, read back, and only then remove what was copied."""
    if failed.identity(here) is None:
        for name in failed.names(here):
            _copy(failed, f"{here}/{name}", inbox, f"{target}/{name}")
        failed.remove_directory_if_empty(here)
        return
    with failed.open_source(here) as (file, _):
        inbox.write_new(target, chunks_of(file))
    failed.unlink(here)
