"""Files that options of a rule name, such as a mask: read as they were when the rule was."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from seedwatch.catalog import Field, Model
from seedwatch.errors import SourceChanged, SourceError, SourceGone
from seedwatch.media.limits import PNG
from seedwatch.paths import Root
from seedwatch.providers.base import Picture
from seedwatch.providers.bodies import DataUri
from seedwatch.records import Generation, NamedFile, named_file
from seedwatch.texts import say
from seedwatch.worker.decoding import Decoding


def with_files(
    generation: Generation, model: Model, pictures: Sequence[Picture], decoding: Decoding
) -> Generation:
    """The generation with the content of each file in place of its name; `pictures` as sent.

    Raises:
        SourceError: one is not there, or is not what the service takes (protocols.md 6.2).
        SourceChanged: it has other bytes than when the rule was read.
    """
    options = dict(generation.options)
    for name, value in generation.options.items():
        known, named = model.fields.get(name), named_file(value)
        if known is not None and known.type == "file" and named is not None:
            options[name] = _overlay(name, known, named, pictures, decoding)
    return replace(generation, options=options)


def _overlay(
    name: str, known: Field, named: NamedFile, pictures: Sequence[Picture], decoding: Decoding
) -> DataUri:
    """A PNG with an alpha channel, of the size of the first picture."""
    content = _read(named)
    picture = decoding.inspect(content)
    is_png = picture.media_type == PNG and picture.has_alpha
    if not is_png or not known.allows(len(content)):
        limit = f"{known.high:,.0f}"
        raise SourceError(
            say("worker.overlay_kind", name=name, limit=limit), advice=say("worker.overlay_do")
        )
    first = pictures[0] if pictures else None
    if isinstance(first, DataUri):
        under = decoding.inspect(first.content)
        if (picture.width, picture.height) != (under.width, under.height):
            raise SourceError(
                say(
                    "worker.overlay_size",
                    name=name,
                    size=f"{picture.width}x{picture.height}",
                    wanted=f"{under.width}x{under.height}",
                ),
                advice=say("worker.overlay_do"),
            )
    return DataUri(PNG, content)


def _read(named: NamedFile) -> bytes:
    folder, _, name = named.path.rpartition("/")
    try:
        content, _ = Root(Path(folder)).read(name)
    except SourceGone as error:
        raise SourceError(
            say("worker.reference_gone", path=named.path), advice=say("worker.reference_do")
        ) from error
    if hashlib.sha256(content).hexdigest() != named.sha256:
        raise SourceChanged(say("worker.source_changed", name=named.path))
    return content
