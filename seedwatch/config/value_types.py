"""The types of single settings: how each is written, checked and described to an editor."""

from __future__ import annotations

import re
import sys
import zoneinfo
from typing import Annotated, Any, Final, Literal
from unicodedata import category

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from seedwatch.catalog import PROVIDERS, kind_of, normal_size
from seedwatch.config import units, urls
from seedwatch.texts import say

if sys.platform != "win32":
    import pwd

MAX_PROMPT_BYTES: Final = 65_536
_KEY = re.compile(r"keyring|none|(env|cred):[A-Za-z0-9_][A-Za-z0-9_.-]*|file:.+")
_PLACEHOLDER = re.compile(r"\{(?:stem|index)\}")
_FORBIDDEN_IN_NAMES = re.compile(r'[<>:"/\\|?*{}\x00-\x1f\x7f]')
_INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories of what breaks a line or cannot be written; spaces of any kind may stay."""
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_CODEC = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def _as_text(written: object) -> object:
    """`2024` and `true` are read as a number and a boolean; where text is due they are text."""
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, float):
        raise ValueError(say("config.quote_it"))  # noqa: TRY004 - pydantic collects ValueErrors
    return str(written) if isinstance(written, int) else written


def _one_line(text: str) -> str:
    if not text.strip() or any(category(letter) in _INVISIBLE for letter in text):
        raise ValueError(say("config.not_one_line"))
    return text.strip()


def _name(text: str) -> str:
    if any(mark in text for mark in "/\\"):
        raise ValueError(say("config.slash_in_name"))
    return text


def _key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise ValueError(say("config.inline_key"))
    return text


def _currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text):
        raise ValueError(say("config.not_a_currency"))
    return text.upper()


def _owner(written: object) -> int:
    """The number of a user of this machine."""
    if isinstance(written, int) and not isinstance(written, bool) and written >= 0:
        return written
    if isinstance(written, str) and sys.platform != "win32":
        try:
            return pwd.getpwnam(written).pw_uid
        except KeyError:
            raise ValueError(say("config.no_such_user", name=written)) from None
    raise ValueError(say("config.not_an_owner"))


def _timezone(text: str) -> str:
    if text == "local":
        return text
    try:
        return zoneinfo.ZoneInfo(text).key
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError(say("config.not_a_timezone")) from None


def _cold_start(written: object) -> int | None:
    if written == units.UNLIMITED:
        return None
    if isinstance(written, bool) or not isinstance(written, int) or written < 0:
        raise ValueError(say("config.not_a_cold_start"))
    return written


def _not_empty(listed: tuple[Any, ...]) -> tuple[Any, ...]:
    if not listed:
        raise ValueError(say("config.list_empty"))
    return listed


def _pixel_range(counts: tuple[int, ...]) -> tuple[int, ...]:
    if len(counts) != 2 or not 0 < counts[0] <= counts[1]:
        raise ValueError(say("config.not_a_pixel_range"))
    return counts


def at_least(seconds: float) -> AfterValidator:
    """A duration must not be shorter than this."""

    def check(given: float) -> float:
        if given < seconds:
            raise ValueError(say("config.too_short", limit=seconds))
        return given

    return AfterValidator(check)


def _timeout(written: object) -> float | None:
    if written == "auto":
        return None
    seconds = units.duration(written)
    if seconds < 1:
        raise ValueError(say("config.too_short", limit=1))
    return seconds


def _listed(written: object) -> object:
    """One entry may stand without its list."""
    return written if isinstance(written, (list, tuple, dict)) else [written]


def _prompt(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError(say("config.prompt_empty"))
    if len(text.encode()) > MAX_PROMPT_BYTES:
        raise ValueError(say("config.prompt_too_long", limit=MAX_PROMPT_BYTES))
    return text


def _size(text: str) -> str:
    size = normal_size(text)
    if kind_of(size) is None:
        raise ValueError(say("config.not_a_size"))
    return size


def _resolution(text: str) -> str:
    tier = normal_size(text)
    if kind_of(tier) != "tier":
        raise ValueError(say("config.not_a_tier"))
    return tier


def _output(template: str) -> str:
    rest = _PLACEHOLDER.sub("", template)
    if rest == template:
        raise ValueError(say("config.output_constant"))
    if "{" in rest or "}" in rest:
        raise ValueError(say("config.output_placeholder"))
    if _FORBIDDEN_IN_NAMES.search(rest) or template.startswith("."):
        raise ValueError(say("config.output_characters", forbidden='< > : " / \\ | ? *'))
    return template


def _encoding(name: str) -> str:
    try:
        if _CODEC.fullmatch(name):
            b"a".decode(name)
            return name
    except UnicodeError:
        return name  # the codec exists; one byte alone is no text in it
    except LookupError:
        pass  # said below, as for a name of a wrong form
    raise ValueError(say("config.not_an_encoding"))


def _schema(pattern: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern})$", **more})


def _or_number(pattern: str) -> WithJsonSchema:
    """For text that an editor's YAML 1.1 reads as a number (`16:9`)."""
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, {"type": "number"}]})


_SPAN = r"[0-9]+(\.[0-9]+)? ?(ms|s|m|h)"
Text = Annotated[str, BeforeValidator(_as_text)]
Line = Annotated[Text, AfterValidator(_one_line), Field(max_length=4096)]
Name = Annotated[Line, AfterValidator(_name), Field(max_length=100)]
KeyText = Annotated[Line, AfterValidator(_key)]
BaseUrl = Annotated[Line, AfterValidator(urls.base_url)]
Proxy = Annotated[str | None, BeforeValidator(lambda w: urls.proxy(_one_line(str(_as_text(w)))))]
Timezone = Annotated[Line, AfterValidator(_timezone)]
Duration = Annotated[float, PlainValidator(units.duration), _schema(_SPAN)]
Timeout = Annotated[float | None, PlainValidator(_timeout), _schema(f"auto|{_SPAN}")]
Rate = Annotated[
    float | None, PlainValidator(units.rate), _schema("unlimited|[1-9][0-9]*/(s|min|h)")
]
BurstLimit = Annotated[
    units.Burst | None, PlainValidator(units.burst), _schema(f"unlimited|[1-9][0-9]*/{_SPAN}")
]
ColdStart = Annotated[
    int | None,
    PlainValidator(_cold_start),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"const": "unlimited"}]}),
]
Amount = Annotated[
    int,
    PlainValidator(units.amount),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}),
]
NotEmpty = AfterValidator(_not_empty)
PixelRange = AfterValidator(_pixel_range)
Price = Annotated[
    int,
    PlainValidator(units.price),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}),
]
Provider = Annotated[
    Name, WithJsonSchema({"anyOf": [{"enum": list(PROVIDERS)}, {"type": "string"}]})
]
MediaType = Literal["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff"]
Currency = Annotated[Line, AfterValidator(_currency), _schema("[A-Z]{3}")]
Owner = Annotated[
    int,
    PlainValidator(_owner),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}),
]
Prompts = Annotated[
    tuple[Annotated[Text, AfterValidator(_prompt)], ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    Field(max_length=1000),
]
Lines = Annotated[
    tuple[Line, ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    Field(max_length=100),
]
Size = Annotated[Text, AfterValidator(_size), _or_number("auto|adaptive|[KkPp]|[x×*X:：]")]
Resolution = Annotated[
    Text, AfterValidator(_resolution), _schema(r"[1-9](\.5)?[kK]|[1-9][0-9]{2,3}[pP]")
]
Output = Annotated[Line, AfterValidator(_output)]
Encoding = Annotated[Line, AfterValidator(_encoding)]
