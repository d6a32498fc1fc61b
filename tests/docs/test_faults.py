"""docs/faults.md says of every row of the fault catalogue where it is tested, or why it is not."""

from __future__ import annotations

from tests.docs import fault_table
from tests.docs.fault_rows import FAULTS, NOTES
from tests.docs.reading import ROOT, document


def test_the_table_is_current() -> None:
    """Run `python -m tests.docs.fault_table` after marking a test."""
    assert document("faults").read_text("utf-8") == fault_table.current()


def test_every_row_is_tested_or_says_why_not() -> None:
    """A row without a test has a note, or is open."""
    tested = {mark.row for mark in fault_table.marks()}
    assert set(FAULTS) == set(range(1, 101))
    assert set(FAULTS) - tested - set(NOTES) - fault_table.open_rows() == set()


def test_open_rows_are_open() -> None:
    """A row that has a test or a note is taken off the list of open rows; no mark is off it."""
    tested = {mark.row for mark in fault_table.marks()}
    assert fault_table.open_rows() & (tested | set(NOTES)) == set()
    assert (tested | set(NOTES)) - set(FAULTS) == set()


def test_every_mark_stands_at_a_test() -> None:
    """A mark in a shared variable would be no row of the table."""
    modules = (ROOT / "tests").rglob("test_*.py")
    assert [module.name for module in modules if fault_table.stray(module)] == []
