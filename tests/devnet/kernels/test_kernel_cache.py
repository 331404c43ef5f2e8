"""The cache of machine code, damaged, full, read-only, moved or of others: used as far as it is good."""

import os
import pickle
import re
import shutil
import sys
from pathlib import Path

import pytest
from tests.devnet import faults
from tests.devnet.conftest import SAY

import zkrollup
from zkrollup.kernels import codefile, jit, vectors
from zkrollup.kernels.codefile import DamagedCodeFile

LOADED, COMPILED = "load kernels\n", "compile kernels\n"
BOTH = "load kernels, compile kernels\n"

posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no modes and no limits on a file's size"
)


def code_of(cache: Path, name: str = "vectors._fill_powers") -> Path:
    (file,) = cache.glob(f"kernels/*/{name}-*.code")
    return file


def flipped(position: int):
    def flip(content: bytes) -> bytes:
        damaged = bytearray(content)
        damaged[position] ^= 16
        return bytes(damaged)

    return flip


# Damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[:-1],
        flipped(9_000),
        lambda _: pickle.dumps("of another format"),
    ],
    ids=["empty", "truncated", "one bit", "another format"],
)
@posix
def test_a_damaged_file_is_one_warning_and_is_compiled_again(warm, damage):
    file = code_of(warm)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    first = faults.run(SAY, warm)
    (warning,) = faults.warnings_of(first)
    assert str(file) in warning
    assert "DamagedKernelWarning: compiling again" in warning
    assert first.stdout == BOTH
    second = faults.run(SAY, warm)
    assert (second.stdout, faults.warnings_of(second)) == (LOADED, [])


@posix
def test_damage_that_is_made_an_error_ends_one_run_and_not_the_next(warm):
    code_of(warm).write_bytes(b"")
    as_error = "import warnings\nfrom zkrollup.kernels.jit import DamagedKernelWarning\n"
    as_error += "warnings.simplefilter('error', DamagedKernelWarning)\n"
    first = faults.run(as_error + SAY, warm)
    assert first.returncode == 1
    assert "DamagedKernelWarning: compiling again" in first.stderr
    second = faults.run(as_error + SAY, warm)
    assert (second.stdout, faults.warnings_of(second)) == (LOADED, [])


@posix
@pytest.mark.parametrize("place", ["a pipe", "200 GB"])
def test_what_can_be_no_code_is_not_read_and_is_replaced(warm, place):
    file = code_of(warm)
    if place == "a pipe":
        file.unlink()
        os.mkfifo(file)
    else:
        os.truncate(file, 200 * 2**30)
    (warning,) = faults.warnings_of(faults.run(SAY, warm))
    assert ("no regular file" if place == "a pipe" else "of at most") in warning
    second = faults.run(SAY, warm)
    assert (second.stdout, faults.warnings_of(second)) == (LOADED, [])


@posix
def test_several_damaged_files_are_one_warning(warm):
    for name in ("vectors._fill_powers", "vectors.multiply"):
        code_of(warm, name).write_bytes(b"")
    done = faults.run(SAY, warm)
    (warning,) = faults.warnings_of(done)
    assert "(and 1 more)" in warning


def test_no_flipped_bit_gets_past_the_digest(tmp_path):
    file, code = tmp_path / "some.code", b"machine code"
    with file.open("wb") as opened:
        codefile.write(opened, b"of this", code)
    whole = file.read_bytes()
    assert codefile.read(file, b"of this") == code
    for position in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[position // 8] ^= 1 << position % 8
        file.write_bytes(damaged)
        with pytest.raises(DamagedCodeFile) as caught:
            codefile.read(file, b"of this")
        assert caught.value.path == file


def test_code_of_something_else_is_damage(tmp_path):
    with (tmp_path / "a.code").open("wb") as opened:
        codefile.write(opened, b"kernel a", b"its code")
    (tmp_path / "a.code").rename(tmp_path / "b.code")
    with pytest.raises(DamagedCodeFile, match=r"b\.code.*checksum"):
        codefile.read(tmp_path / "b.code", b"kernel b")


def test_a_file_that_is_none_is_damage_and_a_missing_one_is_missing(tmp_path):
    (tmp_path / "folder.code").mkdir()
    with pytest.raises(DamagedCodeFile, match="cannot be read"):
        codefile.read(tmp_path / "folder.code", b"")
    with pytest.raises(FileNotFoundError):
        codefile.read(tmp_path / "none.code", b"")


def test_whole_code_that_numba_does_not_take_is_compiled_again(monkeypatch, tmp_path):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    fresh = jit.kernel("int64(int64)")(a_kernel)
    folder = tmp_path / "kernels" / jit.fingerprint()
    folder.mkdir(parents=True)
    with fresh.file(folder).open("wb") as opened:
        codefile.write(opened, fresh.identity, pickle.dumps(("what", "another Numba wrote")))
    with pytest.warns(jit.DamagedKernelWarning, match="Numba cannot use it"):
        jit.prepare([fresh])
    assert fresh(15) == 64


def a_kernel(x):
    return x * 4 + 4


def test_what_is_kept_and_what_is_damaged_can_be_asked(monkeypatch, warm):
    monkeypatch.setenv("ZK_CACHE_DIR", str(warm))
    both = [vectors._fill_powers, vectors.multiply]
    assert jit.kept(both) == (2, [])
    file = code_of(warm, "vectors.multiply")
    file.write_bytes(file.read_bytes()[:-3])
    whole, (damaged,) = jit.kept(both)
    assert (whole, damaged.path) == (1, file)
    file.unlink()
    assert jit.kept(both) == (1, [])


# Labels


@posix
def test_only_what_is_missing_counts_as_compiled(warm):
    code_of(warm, "vectors.multiply").unlink()
    done = faults.run(SAY, warm)
    assert (done.stdout, faults.warnings_of(done)) == (BOTH, [])
    assert code_of(warm, "vectors.multiply").is_file()


def test_fractions_grow_to_one_for_loading_and_for_compiling(monkeypatch, tmp_path):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    for label in ("compile kernels", "load kernels"):
        fresh = [jit.kernel(signature)(a_kernel) for signature in ("int64(int64)", "uint64(uint64)")]
        seen = []
        jit.prepare(fresh, progress=lambda *told, seen=seen: seen.append(told))
        assert {said for said, _ in seen} == {label}
        fractions = [fraction for _, fraction in seen]
        assert fractions == sorted(fractions)
        assert (fractions[0], fractions[1], fractions[-1]) == (0.0, 0.5, 1.0)


def test_kernels_that_are_ready_say_nothing():
    ready = jit.kernel("int64(int64)")(a_kernel)
    assert ready(2) == 12
    jit.prepare([ready], progress=lambda *_: pytest.fail("there is nothing to do"))


# Elsewhere


@posix
@pytest.mark.slow
def test_neither_the_cache_nor_the_installation_is_bound_to_its_place(warm, open_path):
    shutil.copytree(
        Path(zkrollup.__file__).parent, open_path / "site" / "zkrollup", copy_function=shutil.copy
    )
    moved = warm.rename(open_path / "moved")
    where = "import zkrollup; print(zkrollup.__file__)"
    done = faults.run(SAY + where, moved, PYTHONPATH=str(open_path / "site"))
    assert faults.warnings_of(done) == []
    assert done.stdout == LOADED + str(open_path / "site" / "zkrollup" / "__init__.py") + "\n"


@posix
@pytest.mark.slow
def test_code_for_another_processor_stays_and_is_not_used(warm):
    before = code_of(warm).read_bytes()
    generic = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    done = faults.run(SAY, warm, **generic)
    assert (done.stdout, faults.warnings_of(done)) == (COMPILED, [])
    assert len(list(warm.glob("kernels/*"))) == 2
    assert before in [file.read_bytes() for file in warm.glob("kernels/*/vectors._fill_powers-*")]


def test_code_outside_of_this_package_is_named_by_its_own_source(tmp_path, monkeypatch):
    identities = set()
    for line in ("return x * 4", "return x * 5", "return x * 4"):
        (tmp_path / "outside.py").write_text(f"def multiple(x):\n    {line}\n")
        jit._digest_of.cache_clear()
        space = {"__name__": "outside"}
        exec(compile((tmp_path / "outside.py").read_text(), str(tmp_path / "outside.py"), "exec"), space)
        identities.add(jit.kernel("int64(int64)")(space["multiple"]).identity)
    assert len(identities) == 2


def test_a_lambda_is_kept_under_a_name_that_all_systems_take(tmp_path):
    file = jit.kernel("int64(int64)")(lambda x: x).file(tmp_path)
    assert re.fullmatch(r"test_kernel_cache\.lambda-[0-9a-f]{8}\.code", file.name)


def test_a_closure_is_never_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    assert [jit.kernel("int64(int64)")(_times(factor))(3) for factor in (7, 9)] == [21, 27]
    assert not list(tmp_path.rglob("*.code"))


def _times(factor):
    return lambda x: x * factor


# Full and read-only


@posix
def test_a_full_disk_is_one_warning_and_leaves_nothing_half_written(open_path):
    done = faults.run(SAY, open_path / "cache", before=faults.fill_the_disk)
    (warning,) = faults.warnings_of(done)
    assert "UncachedWarning: cannot write to the cache" in warning
    assert str(open_path / "cache" / "kernels") in warning
    assert done.stdout == COMPILED
    assert not list(open_path.rglob("*.code"))
    assert faults.leftovers(open_path) == []


@posix
def test_a_warm_cache_of_root_is_read_by_another_user_without_a_word(warm, nobody):
    done = faults.run(SAY, warm, before=faults.share, under=nobody)
    assert (done.stdout, faults.warnings_of(done)) == (LOADED, [])


@posix
def test_a_cache_that_can_only_be_read_is_one_warning_for_what_it_lacks(warm, nobody):
    code_of(warm, "vectors.multiply").unlink()
    done = faults.run(SAY, warm, before=faults.share, under=nobody)
    (warning,) = faults.warnings_of(done)
    assert "vectors.multiply" in warning
    assert "Permission denied" in warning
    assert done.stdout == BOTH


# Other users


class _Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def poisoned(cache: Path) -> Path:
    """Replace a kernel by what runs code when it is unpickled, as somebody with write access can."""
    mark = cache / "it-ran"
    with code_of(cache).open("wb") as file:
        codefile.write(file, vectors._fill_powers.identity, pickle.dumps(_Evil(mark)))
    return mark


@posix
def test_write_access_to_the_cache_is_code_execution(warm):
    mark = poisoned(warm)
    faults.run(SAY, warm)
    assert mark.is_dir()  # why the tests below matter


@posix
@pytest.mark.parametrize("part", [".", "kernels"])
@pytest.mark.parametrize("consent", ["", "1"])
def test_a_folder_that_everybody_may_write_is_refused_and_its_code_is_not_run(warm, part, consent):
    mark = poisoned(warm)
    (warm / part).chmod(0o1777)
    done = faults.run(SAY, warm, ZK_CACHE_SHARED=consent)
    (warning,) = faults.warnings_of(done)
    assert f"{warm / part} can be written by everybody (mode 1777); run 'chmod o-w'" in warning
    assert done.stdout == COMPILED
    assert not mark.exists()


@posix
@pytest.mark.parametrize(
    ("owner", "group", "mode", "reason"),
    [
        (faults.NOBODY, 0, 0o755, f"belongs to another user (uid {faults.NOBODY})"),
        (0, faults.NOBODY, 0o775, f"can be written by group {faults.NOBODY} (mode 0775)"),
    ],
    ids=["owner", "group"],
)
def test_a_folder_of_others_is_refused_unless_they_are_trusted(warm, nobody, owner, group, mode, reason):
    os.chown(warm / "kernels", owner, group)
    (warm / "kernels").chmod(mode)
    refused = faults.run(SAY, warm)
    (warning,) = faults.warnings_of(refused)
    assert reason in warning
    assert "set ZK_CACHE_SHARED=1" in warning
    trusted = faults.run(SAY, warm, ZK_CACHE_SHARED="1")
    assert (refused.stdout, trusted.stdout, faults.warnings_of(trusted)) == (COMPILED, LOADED, [])


@posix
def test_a_file_that_everybody_may_write_is_not_run(warm):
    mark = poisoned(warm)
    code_of(warm).chmod(0o666)
    done = faults.run(SAY, warm)
    (warning,) = faults.warnings_of(done)
    assert "can be written by everybody" in warning
    assert not mark.exists()


@posix
def test_two_users_who_trust_each_other_share_a_folder_both_ways(open_path, nobody):
    cache = open_path / "shared"
    cache.mkdir()
    os.chown(cache, 0, faults.NOBODY)
    cache.chmod(0o2775)

    first = faults.run(SAY, cache, before=faults.share, ZK_CACHE_SHARED="1")
    assert (first.stdout, faults.warnings_of(first)) == (COMPILED, [])
    second = faults.run(SAY, cache, before=faults.share, under=nobody, ZK_CACHE_SHARED="1")
    assert (second.stdout, faults.warnings_of(second)) == (LOADED, [])
    code_of(cache).unlink()
    third = faults.run(SAY, cache, before=faults.share, under=nobody, ZK_CACHE_SHARED="1")
    assert (third.stdout, faults.warnings_of(third)) == (BOTH, [])
    fourth = faults.run(SAY, cache, before=faults.share, ZK_CACHE_SHARED="1")
    assert (fourth.stdout, faults.warnings_of(fourth)) == (LOADED, [])
    assert code_of(cache).stat().st_uid == faults.NOBODY
