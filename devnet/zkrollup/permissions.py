"""Who else may write to a file or folder whose contents this process would run or rely on.

Owns the rule for the cache folder. Machine code in it is run, so that write access to it is code execution.
The rule is that of ssh and sudo for modes and of git's ``safe.directory`` for owners:

- the owner is this user or root;
- others have no write access, sticky bit or not: it keeps them from replacing files, not from adding some;
- a group has none, unless it is the owner's private group: it bears the owner's name, and lists no other
  member. This is what a umask of 002 gives on distributions where each user has a group.

``ZK_CACHE_SHARED=1`` says that all who own or share the folder through its group are trusted to run code as
this user. Write access for everybody is refused even then.

Folders above the cache's root are not looked at: whoever may write there can put another folder in its place,
but not one that this user owns. Access control lists are seen as far as POSIX shows them in the group's bits.
Windows has no modes: nothing is refused there.
"""

import os
import stat
import sys
from typing import Final, NamedTuple

from zkrollup.errors import ZkRollupError

ENVIRONMENT_VARIABLE: Final = "ZK_CACHE_SHARED"


class InvalidSharing(ZkRollupError):
    """The environment variable for a shared cache says neither yes nor no.

    Attributes:
        value: What it says.
    """

    def __init__(self, value: str) -> None:
        self.value = value
        super().__init__(
            f"{ENVIRONMENT_VARIABLE} = {value!r} is neither '1', which trusts the owner and the group of the "
            "cache folder, nor '0'; set one of them, or unset it"
        )


def shared() -> bool:
    """Whether the user trusts whoever owns the cache folder, and its group.

    Raises:
        InvalidSharing: The environment variable ZK_CACHE_SHARED is neither 1 nor 0, nor empty.
    """
    value = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if value not in ("", "0", "1"):
        raise InvalidSharing(value)
    return value == "1"


class Modes(NamedTuple):
    """Modes of new files and folders before the umask: whatever it is, not everybody may write them."""

    file: int
    folder: int


def modes_in(parent: os.stat_result) -> Modes:
    """Modes under which what this process makes passes :func:`distrust`, in whatever group it comes to be.

    Group write access is left to the umask in the user's private group, and where ``ZK_CACHE_SHARED=1`` asks
    for it; elsewhere the cache would refuse what it has made itself.

    Args:
        parent: Status of the folder in which it is made.
    """
    if sys.platform == "win32" or shared() or _private(os.geteuid(), _group_in(parent)):
        return Modes(0o664, 0o775)
    return Modes(0o644, 0o755)


def _group_in(parent: os.stat_result) -> int:
    """The group that a new file or folder gets: the parent's on macOS and BSD, and where its mode says so."""
    if sys.platform != "linux" or parent.st_mode & stat.S_ISGID:
        return parent.st_gid
    return os.getegid()


def distrust(status: os.stat_result) -> str | None:
    """Why something is not to be relied on, as the end of a sentence with the remedy; None where it is.

    Args:
        status: Of a file or folder, links followed.
    """
    if sys.platform == "win32":
        return None
    mode = stat.S_IMODE(status.st_mode)
    if mode & stat.S_IWOTH:
        return f"can be written by everybody (mode {mode:04o}); run 'chmod o-w' on it"
    if shared():
        return None
    if status.st_uid not in (os.geteuid(), 0):
        return f"belongs to another user (uid {status.st_uid}); {_consent()} if you trust that user"
    if mode & stat.S_IWGRP and not _private(status.st_uid, status.st_gid):
        return (
            f"can be written by group {status.st_gid} (mode {mode:04o}); run 'chmod g-w' on it, "
            f"or {_consent()} if you trust all its members"
        )
    return None


def _consent() -> str:
    return f"set {ENVIRONMENT_VARIABLE}=1"


def _private(user: int, group: int) -> bool:
    """Whether a group is its owner's alone."""
    if sys.platform == "win32":
        return True
    import grp
    import pwd

    try:
        name, known = pwd.getpwuid(user).pw_name, grp.getgrgid(group)
    except KeyError:  # a container need not name its users
        return False
    return known.gr_name == name and set(known.gr_mem) <= {name}
