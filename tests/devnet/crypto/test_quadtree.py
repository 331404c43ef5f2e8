import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zkrollup.crypto.field import FieldRangeError, R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.quadtree import (
    LeafIndexError,
    PathError,
    QuadTree,
    TreeLevelsError,
    empty_hashes,
    root_from_path,
)

LEVELS = 3
leaves = st.dictionaries(st.integers(0, 63), st.integers(0, R - 1), max_size=12)
quick = settings(max_examples=25, deadline=None)


def root_of_dense(values):
    """The root, hashed from all leaves, level by level."""
    while len(values) > 1:
        values = [poseidon(values[i : i + 4]) for i in range(0, len(values), 4)]
    return values[0]


@given(leaves)
@quick
def test_the_root_is_that_of_the_dense_tree(content):
    tree = QuadTree(LEVELS).with_leaves(content.items())
    assert tree.root == root_of_dense([content.get(i, 0) for i in range(64)])


@given(leaves)
@quick
def test_setting_all_at_once_is_setting_one_by_one(content):
    tree = QuadTree(LEVELS)
    for index, leaf in content.items():
        tree = tree.set(index, leaf)
    assert tree == QuadTree(LEVELS).with_leaves(content.items())
    assert dict(tree.leaves()) == {i: leaf for i, leaf in content.items() if leaf}
    assert all(tree.get(i) == content.get(i, 0) for i in range(64))


@given(leaves, st.integers(0, 63), st.integers(0, R - 1))
@quick
def test_a_path_recomputes_the_root_for_its_own_leaf_and_predicts_a_change(content, index, leaf):
    tree = QuadTree(LEVELS).with_leaves(content.items())
    path = tree.path(index)
    assert root_from_path(tree.get(index), index, path) == tree.root
    assert root_from_path(leaf, index, path) == tree.set(index, leaf).root


@given(
    st.lists(st.integers(0, R - 1), min_size=64, max_size=64, unique=True),
    st.integers(0, 63),
    st.integers(0, 63),
    st.integers(1, R - 1),
)
@example(list(range(R - 64, R)), 63, 7, 1)
@quick
def test_a_path_proves_no_other_leaf_and_no_other_place(content, index, other, difference):
    # The leaves are distinct, so no two places look alike; the other leaf is any field element but the leaf.
    tree = QuadTree(LEVELS).with_leaves(enumerate(content))
    path = tree.path(index)
    assert root_from_path(content[index], index, path) == tree.root
    assert root_from_path((content[index] + difference) % R, index, path) != tree.root
    if other != index:
        assert root_from_path(content[index], other, path) != tree.root


@pytest.mark.parametrize("level", range(LEVELS))
@pytest.mark.parametrize("place", range(3))
def test_a_changed_sibling_changes_the_root(level, place):
    tree = QuadTree(LEVELS).with_leaves([(27, 501), (3, 207), (60, 103)])
    path = [list(siblings) for siblings in tree.path(27)]
    path[level][place] += 1
    assert root_from_path(501, 27, path) != tree.root


def test_siblings_come_leaf_level_first_in_child_order_without_the_own_child():
    # Index 27 is child 3, then 2, then 1, from the leaf level up.
    tree = QuadTree(LEVELS).with_leaves([(24, 11), (25, 12), (26, 13), (27, 14), (16, 15), (0, 16), (63, 17)])
    first, second, third = tree.path(27)
    e1, e2 = empty_hashes(2)[1:]
    assert first == (11, 12, 13)
    assert second == (poseidon([15, 0, 0, 0]), e1, e1)
    assert third == (
        poseidon([poseidon([16, 0, 0, 0]), e1, e1, e1]),
        e2,
        poseidon([e1, e1, e1, poseidon([0, 0, 0, 17])]),
    )


@pytest.mark.parametrize("levels", [1, 4, 16])
def test_an_empty_tree_has_the_root_of_zeros_at_every_level(levels):
    expected = 0
    for _ in range(levels):
        expected = poseidon([expected] * 4)
    tree = QuadTree(levels)
    assert (tree.root, tree.capacity) == (expected, 4**levels)
    assert root_from_path(0, tree.capacity - 1, tree.path(tree.capacity - 1)) == expected
    assert list(tree.leaves()) == []


def test_emptying_every_leaf_gives_back_the_empty_tree():
    tree = QuadTree(LEVELS).with_leaves([(5, 501), (6, 207), (40, 103)])
    emptied = tree.set(5, 0).set(40, 0).set(6, 0)
    assert emptied == QuadTree(LEVELS)
    assert emptied != tree
    assert list(emptied.leaves()) == []
    assert emptied._top is None, "an emptied tree must not keep nodes"


def test_a_change_leaves_the_old_tree_as_it_was():
    old = QuadTree(LEVELS).set(7, 501)
    root = old.root
    new = old.set(7, 207).set(9, 103)
    assert (old.root, old.get(7), old.get(9)) == (root, 501, 0)
    assert (new.get(7), new.get(9)) == (207, 103)


def count_hashes(monkeypatch, change):
    counted = []
    monkeypatch.setattr("zkrollup.crypto.quadtree.poseidon", lambda x: counted.append(x) or poseidon(x))
    change()
    return len(counted)


def test_one_change_hashes_one_node_a_level(monkeypatch):
    tree = QuadTree(8).with_leaves((i * 997, i + 1) for i in range(50))
    assert count_hashes(monkeypatch, lambda: tree.set(54321, 501)) == 8


def test_many_changes_hash_each_shared_node_once(monkeypatch):
    tree = QuadTree(8)
    _ = tree.root
    changes = [(i, i + 1) for i in range(64)]
    assert count_hashes(monkeypatch, lambda: tree.with_leaves(changes)) == 16 + 4 + 1 + 5


def test_no_changes_give_the_same_tree(monkeypatch):
    tree = QuadTree(LEVELS).set(3, 7)
    assert count_hashes(monkeypatch, lambda: tree.with_leaves([])) == 0
    assert tree.with_leaves([]) == tree


def test_the_last_of_two_changes_to_a_leaf_counts():
    assert QuadTree(2).with_leaves([(3, 501), (3, 207)]) == QuadTree(2).set(3, 207)


def test_trees_of_other_levels_or_leaves_differ():
    tree = QuadTree(2).set(3, 501)
    assert tree == QuadTree(2).set(3, 501)
    assert hash(tree) == hash(QuadTree(2).set(3, 501))
    assert tree not in (QuadTree(3).set(3, 501), QuadTree(2).set(2, 501), QuadTree(2).set(3, 502), "tree")


@pytest.mark.parametrize("index", [-1, 64, 4**20, True, 1.0, "3"])
def test_an_index_outside_the_tree_is_refused_everywhere(index):
    tree = QuadTree(LEVELS).set(63, 501)
    for refused in (
        lambda: tree.get(index),
        lambda: tree.set(index, 7),
        lambda: tree.path(index),
        lambda: tree.with_leaves([(3, 5), (index, 7)]),
        lambda: root_from_path(7, index, tree.path(63)),
    ):
        with pytest.raises(LeafIndexError, match="not in \\[0, 64\\)") as refusal:
            refused()
        assert (refusal.value.index, refusal.value.levels) == (index, LEVELS)


@pytest.mark.parametrize("leaf", [-1, R, "7", True])
def test_a_leaf_that_is_no_field_element_is_refused(leaf):
    with pytest.raises(FieldRangeError, match="leaf 3"):
        QuadTree(LEVELS).set(3, leaf)
    with pytest.raises(FieldRangeError, match="leaf = "):
        root_from_path(leaf, 3, QuadTree(LEVELS).path(3))


@pytest.mark.parametrize("levels", [0, -1, True, 2.0, "4"])
def test_a_tree_without_levels_is_refused(levels):
    with pytest.raises(TreeLevelsError, match="1 level or more") as refusal:
        QuadTree(levels)
    assert refusal.value.levels == levels


@pytest.mark.parametrize("siblings", [(1, 2), (1, 2, 3, 4), ()])
def test_a_path_without_three_siblings_a_level_is_refused(siblings):
    with pytest.raises(PathError, match="Level 1") as refusal:
        root_from_path(7, 3, [(1, 2, 3), siblings])
    assert (refusal.value.level, refusal.value.siblings) == (1, siblings)


def test_a_sibling_that_is_no_field_element_is_refused():
    with pytest.raises(FieldRangeError):
        root_from_path(7, 3, [(1, R, 3)])
