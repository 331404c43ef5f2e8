"""Where a project is found, and which of several."""

import pytest

from zkrollup.artifacts import projects
from zkrollup.artifacts.projects import BrokenProject, Kind, NoContracts, NoProject


@pytest.fixture
def root(tmp_path):
    """A repository's root: the search ends here."""
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch):
    for name in ("FOUNDRY_PROFILE", "FOUNDRY_OUT", "FOUNDRY_CACHE_PATH", "FOUNDRY_TEST", "FOUNDRY_SCRIPT"):
        monkeypatch.delenv(name, raising=False)


def test_forges_defaults_are_taken_where_foundry_toml_says_nothing(root, write):
    write("foundry.toml", "[profile.default]\n")
    (layout,) = projects.find(root)
    assert (layout.kind, layout.root, layout.places) == (Kind.FOUNDRY, root, (root / "out",))
    assert layout.cache == root / "cache" / "solidity-files-cache.json"
    assert layout.tests == ("test", "script")


def test_what_foundry_toml_says_is_taken(root, write):
    write(
        "foundry.toml",
        '[profile.default]\nout = "build"\ncache_path = "kept"\ntest = "checks"\nlibs = ["vendor"]\n',
    )
    (layout,) = projects.find(root)
    assert layout.places == (root / "build",)
    assert layout.cache == root / "kept" / "solidity-files-cache.json"
    assert layout.tests == ("checks", "script")
    assert "vendor" in layout.libraries


def test_a_profile_is_laid_over_the_default_one(root, write, monkeypatch):
    write(
        "foundry.toml", '[profile.default]\nout = "build"\ntest = "checks"\n[profile.ci]\nout = "build-ci"\n'
    )
    monkeypatch.setenv("FOUNDRY_PROFILE", "ci")
    (layout,) = projects.find(root)
    assert layout.places == (root / "build-ci",)
    assert layout.tests == ("checks", "script")


def test_forges_environment_wins(root, write, monkeypatch):
    write("foundry.toml", '[profile.default]\nout = "build"\n')
    monkeypatch.setenv("FOUNDRY_OUT", "elsewhere")
    assert projects.find(root)[0].places == (root / "elsewhere",)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[profile", ""),
        ("[profile.default]\nout = 3\n", "out"),
        ('[profile.default]\nlibs = "lib"\n', "libs"),
        ("profile = 5\n", "profile.default"),
    ],
)
def test_a_broken_foundry_toml_is_refused_by_file_and_field(root, write, text, field):
    file = write("foundry.toml", text)
    with pytest.raises(BrokenProject, match=r"foundry\.toml is broken") as caught:
        projects.find(root)
    assert (caught.value.path, caught.value.field) == (file, field)


@pytest.mark.parametrize("suffix", ["ts", "js", "mjs", "cjs"])
def test_hardhat_is_known_by_its_config(root, write, suffix):
    write(f"hardhat.config.{suffix}", "export default {};")
    (layout,) = projects.find(root)
    assert (layout.kind, layout.places) == (Kind.HARDHAT, (root / "artifacts",))


def test_the_nearest_project_above_is_found_and_forges_first(root, write):
    write("foundry.toml", "")
    write("packages/hardhat.config.ts", "")
    inner = root / "packages" / "tests" / "unit"
    inner.mkdir(parents=True)
    assert projects.find(inner)[0].kind is Kind.HARDHAT
    write("packages/foundry.toml", "")
    assert projects.find(inner)[0].kind is Kind.FOUNDRY
    assert projects.find(inner)[0].root == root / "packages"


def test_the_search_ends_at_the_repositorys_root(tmp_path, write):
    write("foundry.toml", "")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    with pytest.raises(NoProject, match="zk_contracts") as caught:
        projects.find(tmp_path / "repository")
    assert caught.value.start == tmp_path / "repository"


def test_what_is_named_wins_over_what_is_found(root, write):
    write("foundry.toml", "")
    named = write("build/vault.json", {})
    (layout,) = projects.find(root, [named])
    assert (layout.kind, layout.places) == (Kind.FILES, (named,))


def test_sources_artifacts_and_projects_can_be_named_together_and_by_glob(root, write):
    write("packages/token/foundry.toml", "")
    source, second = write("contracts/A.sol", ""), write("contracts/deep/B.vy", "")
    out = write("out/C.sol/C.json", {}).parents[1]
    named = [root / "packages" / "token", out, root / "contracts" / "**" / "*.*", root / "contracts"]
    by_kind = {layout.kind: layout for layout in projects.find(root, named)}
    assert by_kind[Kind.FOUNDRY].root == root / "packages" / "token"
    assert by_kind[Kind.FILES].places == (out,)
    assert by_kind[Kind.SOURCES].places == (source, second, root / "contracts")


@pytest.mark.parametrize("name", ["nothing", "*.json", "empty", "notes.txt"])
def test_a_name_without_contracts_is_refused(root, write, name):
    (root / "empty").mkdir()
    write("notes.txt", "text")
    with pytest.raises(NoContracts, match="zk_contracts names") as caught:
        projects.find(root, [root / name])
    assert caught.value.path == root / name
