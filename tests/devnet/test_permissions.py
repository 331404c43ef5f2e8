"""Whom a cache folder may belong to, and who may write to it."""

import os
import stat
import sys
from types import SimpleNamespace

import pytest

from zkrollup import permissions
from zkrollup.permissions import distrust, modes_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")

ALICE, BOB, TEAM, STAFF = 1001, 1002, 2003, 2004
USERS = {0: "root", ALICE: "alice", BOB: "bob"}
GROUPS = {0: ("root", []), ALICE: ("alice", []), BOB: ("bob", ["bob", "alice"]), TEAM: ("team", ["alice"])}


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine with users, on which this process is alice's."""
    monkeypatch.delenv(permissions.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: ALICE)
    users = {uid: SimpleNamespace(pw_name=name) for uid, name in USERS.items()}
    groups = {gid: SimpleNamespace(gr_name=name, gr_mem=members) for gid, (name, members) in GROUPS.items()}
    monkeypatch.setattr("pwd.getpwuid", users.__getitem__)
    monkeypatch.setattr("grp.getgrgid", groups.__getitem__)


def folder(mode, owner=ALICE, group=ALICE):
    return os.stat_result((stat.S_IFDIR | mode, 7, 8, 2, owner, group, 0, 0, 0, 0))


@pytest.mark.parametrize(
    "mine",
    [
        folder(0o700),
        folder(0o755),
        folder(0o755, group=STAFF),
        folder(0o775),  # the group is alice's own
        folder(0o755, owner=0, group=0),
        folder(0o775, owner=0, group=0),
    ],
)
def test_what_only_its_owner_or_root_may_write_is_trusted(mine):
    assert distrust(mine) is None


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        (folder(0o755, owner=BOB, group=BOB), "another user (uid 1002)"),
        (folder(0o700, owner=BOB, group=ALICE), "another user (uid 1002)"),
        (folder(0o775, group=TEAM), "group 2003 (mode 0775)"),
        (folder(0o2775, owner=0, group=TEAM), "group 2003 (mode 2775)"),
        (folder(0o775, group=BOB), "group 1002"),  # a private group, of somebody else
        (folder(0o775, group=STAFF), "group 2004"),  # a group that has no name here
    ],
)
def test_what_others_may_write_is_refused_unless_they_are_trusted(theirs, reason, monkeypatch):
    refusal = distrust(theirs)
    assert reason in refusal
    assert "ZK_CACHE_SHARED=1" in refusal
    monkeypatch.setenv(permissions.ENVIRONMENT_VARIABLE, "1")
    assert distrust(theirs) is None


@pytest.mark.parametrize("value", ["", "0"])
def test_what_others_may_write_is_refused_where_nobody_is_said_to_be_trusted(value, monkeypatch):
    monkeypatch.setenv(permissions.ENVIRONMENT_VARIABLE, value)
    assert distrust(folder(0o755, owner=1002)) is not None


@pytest.mark.parametrize("value", ["maybe", "true", "01", " 1"])
@pytest.mark.parametrize("ask", [distrust, modes_in])
def test_a_word_that_is_neither_yes_nor_no_is_refused_with_its_value(ask, value, monkeypatch):
    monkeypatch.setenv(permissions.ENVIRONMENT_VARIABLE, value)
    with pytest.raises(
        permissions.InvalidSharing, match=f"ZK_CACHE_SHARED = '{value}' is neither '1'"
    ) as refusal:
        ask(folder(0o755))
    assert refusal.value.value == value


def test_a_private_group_with_another_member_is_not_private(monkeypatch):
    shared = SimpleNamespace(gr_name="alice", gr_mem=["alice", "bob"])
    monkeypatch.setattr("grp.getgrgid", lambda gid: shared)
    assert "group 1001" in distrust(folder(0o775))


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o757, 0o702])
def test_what_everybody_may_write_is_refused_even_among_trusted_users(mode, monkeypatch):
    monkeypatch.setenv(permissions.ENVIRONMENT_VARIABLE, "1")
    assert f"everybody (mode {mode:04o}); run 'chmod o-w'" in distrust(folder(mode))


@pytest.mark.parametrize(
    ("group", "parent", "modes"),
    [
        (ALICE, folder(0o755), (0o664, 0o775)),  # alice's own
        (TEAM, folder(0o755), (0o644, 0o755)),
        (STAFF, folder(0o755), (0o644, 0o755)),
        (ALICE, folder(0o2755, group=TEAM), (0o644, 0o755)),  # the parent hands its group down
        (TEAM, folder(0o2755, group=ALICE), (0o664, 0o775)),
    ],
)
def test_a_group_writes_what_is_made_only_if_it_is_private_or_trusted(group, parent, modes, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "getegid", lambda: group)
    assert modes_in(parent) == modes
    monkeypatch.setenv(permissions.ENVIRONMENT_VARIABLE, "1")
    assert modes_in(parent) == (0o664, 0o775)


@pytest.mark.parametrize("system", ["darwin", "freebsd14"])
def test_macos_and_bsd_hand_a_folders_group_down_without_being_asked(system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(os, "getegid", lambda: ALICE)
    assert modes_in(folder(0o755, group=STAFF)) == (0o644, 0o755)
    assert modes_in(folder(0o755)) == (0o664, 0o775)


def test_where_there_are_no_modes_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "geteuid")
    assert distrust(folder(0o777, owner=BOB)) is None
