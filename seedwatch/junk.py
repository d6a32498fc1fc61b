"""Names that are never inputs: junk of systems and NAS boxes, temporary files, our own files."""

from __future__ import annotations

import re
from typing import Final

RULE_NAME: Final = "rule.yaml"
MARKER_NAME: Final = ".seedwatch"
LEASE_NAME: Final = ".seedwatch-lease"
OWN_PREFIX: Final = ".seedwatch-"
"""what we write ourselves, but for the marker"""
ERROR_SUFFIX: Final = ".error.txt"
RULE_ERROR_NAME: Final = RULE_NAME + ERROR_SUFFIX

# Everything is compared in lower case. Hidden names (a dot first) are junk before these are asked.
_DIRECTORIES: Final = frozenset(
    {
        "@eadir",  # Synology thumbnails
        "@recycle",  # QNAP
        "@recently-snapshot",  # QNAP
        "@tmp",
        "@sharebin",
        "#recycle",  # Synology
        "#snapshot",
        "~snapshot",  # NetApp
        "$recycle.bin",
        "recycler",
        "recycled",
        "system volume information",
        "lost+found",
        "lost+found-btrfs",
        "network trash folder",  # classic macOS over AFP
        "temporary items",
        "thevolumesettingsfolder",
        "__macosx",  # macOS archives
        "__pycache__",
    }
)
_FILES: Final = frozenset(
    {
        "thumbs.db",
        "thumbs.db:encryptable",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "icon\r",  # macOS folder icons
        "folder.htt",
        "picasa.ini",
        "zbthumbnail.info",
        "pspbrwse.jbf",
        "sync.ffs_db",
        "ws_ftp.log",
        "4913",  # vim tries whether it may write
        "aquota.user",
        "aquota.group",
    }
)
_PREFIXES: Final = (
    "~$",  # Office owner files
    "~wrl",  # Word temporary files
    "~wrd",
    "~syncthing~",
    "synctoy_",
    "__rclone_temp__",
)
_SUFFIXES: Final = (
    "~",  # editor backups
    ".tmp",
    ".temp",
    ".part",  # Firefox, curl, wget wrappers
    ".partial",  # Internet Explorer, rclone
    ".filepart",  # WinSCP
    ".crdownload",  # Chromium
    ".download",  # Safari
    ".opdownload",  # Opera
    ".aria2",
    ".!ut",
    ".!qb",
    ".bc!",
    ".!sync",
    ".ftp_tmp",
    ".ffs_tmp",
    ".ffs_lock",
    ".lftp-pget-status",
    ".swp",
    ".swo",
    ".swx",
    ".kate-swp",
    ".autosave",
    ".laccdb",
    ".lock",
    ".lck",
    ".smbdelete",
    ".icloud",
    ERROR_SUFFIX,  # our cards, moved back together with their source
)
_UNFINISHED: Final = (".download", ".crdownload", ".partial")  # downloads that are directories
_PATTERNS: Final = re.compile(
    r"""
      \#.*\#                                   # emacs auto-save
    | .*\.sb-[0-9a-f]{8}-[0-9a-z]{6}           # macOS safe saves
    | .*\.crswap                               # Chromium's file system API
    | .*\.~[0-9a-z]{1,8}~?                     # numbered backups
    """,
    re.VERBOSE,
)


def is_junk(name: str) -> bool:
    """Whether a file of this name is never looked at (edge-cases.md 38); `name` has no slash."""
    if name.startswith("."):
        return True
    lower = name.lower()
    return (
        lower in _FILES
        or lower.endswith(_SUFFIXES)
        or lower.startswith(_PREFIXES)
        or _PATTERNS.fullmatch(lower) is not None
    )


def is_junk_directory(name: str) -> bool:
    """Whether a directory of this name is never entered."""
    lower = name.lower()
    return lower.startswith(".") or lower in _DIRECTORIES or lower.endswith(_UNFINISHED)
