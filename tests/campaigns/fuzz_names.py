"""Fuzzes names of files, sets and templates: what results, cards, screens and logs make of them.

    python -m tests.campaigns.fuzz_names --seed 1 --count 20000 --out names.jsonl --resume

Exit 1 if a name leaves its folder, has more than one component, more than 255 bytes or a control
character, if two lines come of one record, or if a name cannot be found again.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import sys
import tempfile
import unicodedata
from itertools import islice
from pathlib import Path

import structlog

from seedwatch import logs
from seedwatch.cli.screen import shown
from seedwatch.logs import one_line
from seedwatch.outbox.cards import card, is_card_of
from seedwatch.outbox.naming import legal, manifest_names, result_names, retired_names
from seedwatch.outbox.sidecar import shown_name, sidecar
from seedwatch.paths import Root
from seedwatch.records import Failure, Member, SettledJob, Source
from seedwatch.store.text import path_to_text, text_to_path
from tests.campaigns.fuzzing import Batch, Options, Violation, campaign, chance, options
from tests.unit import made

NAME = "fuzz_names"
MOST_BYTES = 255
_PIECES = (
    *(
        "photo",
        "a",
        "图片",
        "é",
        "e\u0301",
        "\u00df",
        "İ",
        "ﬀ",
        "👩‍👩‍👧",
        "x" * 120,
        "图" * 90,
        "y" * 254,
    ),
    *(".", "..", "...", "-", "-rf", "~", " ", "\t", "\n", "\r", "\x00", "\x1b[31m", "\x07", "\x7f"),
    *(
        "\x80",
        "\x85",
        "\x9b31m",
        "\u061c",
        "\u200e",
        "\u202e",
        "\u2028",
        "\u2029",
        "\u2066",
        "\u2069",
    ),
    *("\ufeff", "\u200b", "\ud800", "\udcff", "\udc80", "\U000e0041", "\ufffe", "\uff0e", "\u2024"),
    *(
        "con",
        "NUL",
        "com1",
        "lpt\u00b9",
        "conin$",
        "aux.txt",
        "prn ",
        ":",
        "a:b",
        "*",
        "?",
        "<",
        "|",
    ),
    *(
        '"',
        "\\",
        "..\\",
        "\uff0f",
        "%2e%2e",
        "%00",
        "$(id)",
        "`id`",
        "{stem}",
        "{index}",
        "{0}",
        "%s",
    ),
    *(
        "=1+1",
        "@SUM",
        "+1",
        "<script>",
        "'; DROP TABLE tasks;--",
        ".png",
        ".jpg",
        ".txt",
        ".error.txt",
    ),
    *(".json", ".seedwatch", "rule.yaml", "bold[/]", "[red]", "\u0301" * 30, "\u1160", "\u3164"),
)
_TEMPLATES = (
    "{stem}_{index}",
    "{index}",
    "{stem}",
    "fixed",
    "../{stem}",
    "{stem}/{index}",
    "{stem}.",
)
_FOLDERS = ("", "sub", "sub/deeper", "图 片", "-x", "a\u202eb")
_CONTROL = {"Cc", "Zl", "Zp", "Cs"}
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WINDOWS = re.compile(r'[<>:"/\\|?*]|[ .]$|^ ')


def name_of(chance: random.Random) -> str:
    """A name as a directory could list it: no slash, no NUL, neither . nor .."""
    name = "".join(chance.choice(_PIECES) for _ in range(chance.choice((1, 1, 2, 3, 5))))
    if chance.random() < 0.2:
        name += os.fsdecode(chance.randbytes(chance.choice((1, 3, 60))))
    name = name.replace("/", "").replace("\x00", "")
    raw = name.encode(errors="surrogatepass")[:MOST_BYTES]
    name = raw.decode(errors="surrogateescape")
    return name if name not in {"", ".", ".."} else "dots"


def run_case(chance: random.Random, root: Root, log: io.StringIO) -> str:
    """Everything that is made of one name.

    Raises:
        Violation: something is not as it must be.
    """
    folder, name = chance.choice(_FOLDERS), name_of(chance)
    path = f"{folder}/{name}" if folder else name
    kind = chance.choice(("picture", "set", "text"))
    member = Member(path, 7, 1, 1, "0" * 64, "picture")
    source = Source("f", path, kind, (member,))  # type: ignore[arg-type]
    template = chance.choice(_TEMPLATES)
    _check_results(folder, source, template)
    _check_retired(folder, path, is_folder=kind == "set")
    _check_told(source, log)
    if text_to_path(path_to_text(path)) != path:
        raise Violation("the name is not found again")
    path_to_text(path).encode()
    return _delivered(chance, root, source, template)


def _check_results(folder: str, source: Source, template: str) -> None:
    names = [
        *islice(result_names(template, source, 3, 2, 4, "jpeg"), 3),
        *islice(manifest_names(template, source, 3), 2),
    ]
    if len(set(names)) != 5:
        raise Violation("names repeat")
    for full in names:
        name = _component(folder, full)
        _check_bytes(name + ".error.txt")
        odd = [c for c in name if unicodedata.category(c) in _CONTROL or c in _BIDI]
        if odd or _WINDOWS.search(name) or name[0] in "-.":
            raise Violation(f"not fit for every system: {name!r}")
        if legal(name) != name:
            raise Violation(f"{name!r} is made legal twice")


def _check_retired(folder: str, path: str, *, is_folder: bool) -> None:
    for full in islice(retired_names(path, 12, is_folder=is_folder, suffix=".error.txt"), 3):
        _check_bytes(_component(folder, full) + ".error.txt")


def _component(folder: str, full: str) -> str:
    prefix = f"{folder}/" if folder else ""
    name = full.removeprefix(prefix)
    if not full.startswith(prefix) or "/" in name or "\x00" in name or name in {"", ".", ".."}:
        raise Violation(f"not one component below {folder!r}: {full!r}")
    return name


def _check_bytes(name: str) -> None:
    if len(name.encode(errors="surrogateescape" if _is_escaped(name) else "surrogatepass")) > 255:
        raise Violation(f"too long: {name!r}")


def _is_escaped(name: str) -> bool:
    return all(0xDC80 <= ord(c) <= 0xDCFF for c in name if 0xD800 <= ord(c) <= 0xDFFF)


def _check_told(source: Source, log: io.StringIO) -> None:
    name = source.path
    failure = Failure("Rejected", f"said {one_line(name)}", "")
    job = SettledJob(1, source, made.rule(), ("failed",), (failure,), ("",), None, 0)
    content = card(job, Path("/in"), Path("/out"))
    for line in content.decode().split("\n"):
        _check_line(line.replace("\t", " "))
    if not is_card_of(content, source.path):
        raise Violation("its own card is not known")
    claim = made.claim(source=source)
    told = json.loads(sidecar(claim, "ark", made.output(path="a.png"), [made.output()], 1e9))
    if told["source"]["name"] != shown_name(name):
        raise Violation("the sidecar tells another name")
    _check_line(shown(name))
    log.seek(0)
    log.truncate()
    structlog.get_logger().warning("source.stuck", path=name, why=f"about {name}")
    (line,) = log.getvalue().rstrip("\n").split("\n")
    _check_line(line)
    json.loads(line)


def _check_line(line: str) -> None:
    if odd := [c for c in line if unicodedata.category(c) in _CONTROL or c in _BIDI]:
        raise Violation(f"{odd!r} in a line: {line[:300]!r}")
    line.encode()


def _delivered(chance: random.Random, root: Root, source: Source, template: str) -> str:
    """Now and then really write a result of this name; it lies where it should, alone."""
    if chance.random() > 0.2:
        return "named"
    path = next(result_names(template, source, 1, 1, 1, "png"))
    try:
        root.write_new(path, [b"picture"])
    except OSError as error:
        raise Violation(f"{path!r} cannot be written: {error}") from error
    files = [there for there in root.path.rglob("*") if there.is_file()]
    if files != [root.absolute(path)]:
        raise Violation(f"{path!r} became {files!r}")
    root.unlink(path)
    return "written"


def run(given: Options, numbers: range, base: Path | None = None) -> Batch:
    """Run some cases."""
    batch, log, before = Batch(), io.StringIO(), structlog.get_config()
    logs.set_up(log)
    memory = Path("/dev/shm")
    parent = base or (memory if memory.is_dir() else None)
    with tempfile.TemporaryDirectory(dir=parent) as there:
        for number in numbers:
            try:
                batch.add(number, run_case(chance(given.seed, number), Root(Path(there)), log))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
                batch.blame(number, error)
    structlog.configure(**before)
    return batch


def main() -> int:
    """Run the campaign."""
    given = options(NAME, __doc__)
    return campaign(NAME, given, lambda numbers: run(given, numbers))


if __name__ == "__main__":
    sys.exit(main())
