"""Turns the bytes of a prompt file into prompts: decoding, cleaning, limits, filling `{text}`."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from seedwatch.errors import SourceError
from seedwatch.media.inspect import Incomplete
from seedwatch.texts import say

MAX_FILE_BYTES: Final = 8_000_000
MAX_LINES: Final = 20_000
MAX_PROMPT_BYTES: Final = 65_536
TEXT_PLACE: Final = "{text}"

_GB2312_SHARE: Final = 0.8
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Control characters but tab and line ends; marks that reorder text on a screen; stray BOMs.
_UNWANTED: Final = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class PromptText:
    """The text of a prompt file; `notes` say in words what was taken out of it."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def read_prompt_text(content: bytes, encoding: str | None = None) -> PromptText:
    """Decode and clean the content of a prompt file (contract.md 3, `text`).

    `encoding` is the rule's; without it: a BOM, UTF-8, else GB18030 if it looks like Chinese.

    Raises:
        Incomplete: empty, binary, or not decodable: as it is now.
        SourceError: more bytes than a prompt file may have.
    """
    if len(content) > MAX_FILE_BYTES:
        raise too_large(len(content))
    if not content.strip():
        raise Incomplete(say("inbox.empty"), advice=say("inbox.empty_advice"))
    text, used = _decoded(content, encoding)
    if "\0" in text:
        raise Incomplete(say("inbox.binary"), advice=say("inbox.encoding_advice"))
    cleaned, count = _UNWANTED.subn("", text)
    notes = (say("inbox.cleaned", count=count),) if count else ()
    return PromptText(cleaned, used, notes)


def too_large(byte_count: int) -> SourceError:
    """The error for a prompt file beyond `MAX_FILE_BYTES`, which need not be read to say so."""
    return SourceError(
        say("inbox.too_large", byte_count=byte_count, limit=MAX_FILE_BYTES),
        advice=say("inbox.split_advice"),
    )


def _decoded(content: bytes, encoding: str | None) -> tuple[str, str]:
    for bom, name in _BOMS:
        if content.startswith(bom) and encoding is None:
            content, encoding = content[len(bom) :], name
    if encoding is not None:
        try:
            return content.decode(encoding), encoding
        except UnicodeError:
            raise Incomplete(
                say("inbox.not_encoding", encoding=encoding), advice=say("inbox.encoding_advice")
            ) from None
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass  # not UTF-8: the question below decides
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if not _looks_chinese(text):
        raise Incomplete(say("inbox.no_encoding"), advice=say("inbox.encoding_advice"))
    return text, "gb18030"


def _looks_chinese(text: str) -> bool:
    """Whether most two-byte characters lie in the everyday set GB2312.

    Nearly any bytes decode as GB18030; but text of another encoding gives characters that hardly
    anyone writes.
    """
    pair_count = everyday_count = 0
    for character, count in Counter(text).items():
        if ord(character) < 0x80 or len(character.encode("gb18030")) != 2:
            continue
        pair_count += count
        try:
            character.encode("gb2312")
        except UnicodeEncodeError:
            continue
        everyday_count += count
    return pair_count > 0 and everyday_count >= _GB2312_SHARE * pair_count


def lines_of(text: str) -> tuple[str, ...]:
    """One prompt for each line that is neither empty nor a comment.

    Raises:
        Incomplete: there is none.
        SourceError: too many lines, or one that is too long.
    """
    lines = _LINE_END.split(text.rstrip("\r\n"))
    if len(lines) > MAX_LINES:
        raise SourceError(
            say("inbox.too_many_lines", count=len(lines), limit=MAX_LINES),
            advice=say("inbox.split_advice"),
        )
    found = []
    for number, line in enumerate(lines, 1):
        prompt = line.strip()
        if prompt and not prompt.startswith("#"):
            _check_length(prompt, say("inbox.line", number=number))
            found.append(prompt)
    if not found:
        raise Incomplete(say("inbox.no_prompts"), advice=say("inbox.no_prompts_advice"))
    return tuple(found)


def whole_of(text: str) -> str:
    """The whole text as one prompt.

    Raises:
        Incomplete: there is nothing but white space.
        SourceError: it is too long.
    """
    prompt = _LINE_END.sub("\n", text).strip()
    if not prompt:
        raise Incomplete(say("inbox.no_prompts"), advice=say("inbox.no_prompts_advice"))
    _check_length(prompt, say("inbox.the_text"))
    return prompt


def filled(prompts: tuple[str, ...], text: str | None) -> tuple[str, ...]:
    """The prompts for an input that brings `text` (None: it brings none), in the rule's order.

    The text takes the place of `{text}`; where no prompt has that place, it is the prompt.

    Raises:
        SourceError: there is no prompt at all, a place stays open, or one becomes too long.
    """
    has_place = any(TEXT_PLACE in prompt for prompt in prompts)
    if text is None:
        if has_place:
            raise SourceError(say("inbox.no_text"), advice=say("inbox.no_text_advice"))
        return prompts
    if not has_place:
        return (text,)
    whole = tuple(prompt.replace(TEXT_PLACE, text) for prompt in prompts)
    for prompt in whole:
        _check_length(prompt, say("inbox.filled"))
    return whole


def _check_length(prompt: str, what: str) -> None:
    byte_count = len(prompt.encode())
    if byte_count > MAX_PROMPT_BYTES:
        raise SourceError(
            say("inbox.prompt_too_long", what=what, byte_count=byte_count, limit=MAX_PROMPT_BYTES),
            advice=say("inbox.prompt_too_long_advice"),
        )
