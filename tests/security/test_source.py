"""What the source may not do: run text, read foreign pickles, use a shell (T7, T14)."""

from __future__ import annotations

import ast
import importlib.metadata
import logging
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedwatch import logs

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "seedwatch"
FORBIDDEN = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.spawnv"),
    *("pickle.load", "pickle.loads", "marshal.load", "marshal.loads", "shelve.open", "yaml.load"),
    *("yaml.unsafe_load", "yaml.full_load", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("asyncio.create_subprocess_shell", "tempfile.mktemp", "ssl._create_unverified_context"),
}
ALLOWED = {
    ("children/child.py", "pickle.loads"),  # orders of its own parent
    ("catalog/loader.py", "yaml.load"),  # the catalog of the program, by the safe loader
}
MODULES = sorted(SOURCE.rglob("*.py"))


def _named(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name):
            return name
        case ast.Attribute(ast.Name(module), name):
            return f"{module}.{name}"
    return ""


def _sins(path: Path, tree: ast.AST) -> Iterator[str]:
    where = path.relative_to(SOURCE).as_posix()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _named(node)
        if name in FORBIDDEN and (where, name) not in ALLOWED:
            yield f"{where}:{node.lineno}: {name}"
        for given in node.keywords:
            is_true = isinstance(given.value, ast.Constant) and given.value.value is True
            is_false = isinstance(given.value, ast.Constant) and given.value.value is False
            if (given.arg == "shell" and is_true) or (given.arg == "verify" and is_false):
                yield f"{where}:{node.lineno}: {given.arg}"
            if given.arg in {"show_locals", "capture_locals"} and not is_false:
                yield f"{where}:{node.lineno}: {given.arg}"


def test_nothing_runs_text() -> None:
    """No eval, no foreign pickle, no shell, no locals in traces, TLS is checked (T3, T7)."""
    sins = [
        sin
        for path in MODULES
        for sin in _sins(path, ast.parse(path.read_text("utf-8"), str(path)))
    ]
    assert sins == []


def test_the_search_finds_what_it_looks_for() -> None:
    """The negative control of the test above."""
    source = "import os\nos.system('x')\neval('1')\nrun('x', shell=True)\nget(u, verify=False)\n"
    assert len([*_sins(SOURCE / "x.py", ast.parse(source))]) == 4


def test_sql_is_never_put_together_from_text() -> None:
    """Statements stand in their files: no module writes a value into one (T7)."""
    verbs = re.compile(r"\b(SELECT .* FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
    written = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr) and verbs.search(ast.unparse(node))
    ]
    assert written == []


def test_no_debugger_of_a_library_talks() -> None:
    """Httpx and httpcore tell headers and links at their lower levels: pinned to warnings (T3)."""
    before = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logs.set_up()
    assert all(logging.getLogger(name).level >= logging.WARNING for name in before)


def _lowest(name: str) -> tuple[int, ...]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    (found,) = (line for line in told if re.match(rf"{name}\b", line))
    version = re.search(r">=([\d.]+)", found)
    assert version is not None, found
    return tuple(map(int, version[1].split(".")))


@pytest.mark.parametrize(
    ("name", "fixed"), [("pillow", (12,)), ("httpx", (0, 28)), ("apsw", (3, 53)), ("pyyaml", (6,))]
)
def test_old_libraries_are_not_accepted(name: str, fixed: tuple[int, ...]) -> None:
    """The lowest versions that are allowed have the faults mended that we know of (T14)."""
    assert _lowest(name) >= fixed
    installed = importlib.metadata.version(name).split(".")
    assert tuple(map(int, installed[: len(fixed)])) >= fixed


_IMPORTS = """
import sys
def forbid(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind"}:
        raise SystemExit(f"{event} {args}")
sys.addaudithook(forbid)
import pkgutil, importlib, seedwatch
for found in pkgutil.walk_packages(seedwatch.__path__, "seedwatch."):
    if not found.name.endswith(("__main__", ".child")):
        importlib.import_module(found.name)
print("fine")
"""


@pytest.mark.nightly
def test_nothing_calls_at_import() -> None:
    """All modules can be imported without a connection, a look-up or a listener (T14)."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTS], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "fine", done.stderr[-2000:]
