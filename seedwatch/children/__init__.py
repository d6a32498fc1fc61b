"""Child processes for work on what others made: a picture that breaks its decoder ends only one."""

from seedwatch.children.limits import CPU_S, MEMORY_BYTES
from seedwatch.children.pool import ChildLost, Children, NoChild
from seedwatch.children.work import Work

__all__ = ["CPU_S", "MEMORY_BYTES", "ChildLost", "Children", "NoChild", "Work"]
