"""A mapping with one item more, which knows what it was made from."""

import gc
import weakref

from zkrollup.operator.grown import Grown


def test_it_has_the_items_of_its_base_and_its_own():
    base = Grown({}, 3, "three")
    grown = Grown(base, 5, "five")
    assert dict(grown) == {3: "three", 5: "five"}
    assert (len(grown), grown[3], grown.get(7), grown.key) == (2, "three", None, 5)
    assert grown == Grown({3: "three"}, 5, "five")
    assert base == {3: "three"}


def test_a_value_that_is_set_again_takes_the_place_of_the_old_one():
    grown = Grown(Grown({}, 3, "three"), 3, "drei")
    assert dict(grown) == {3: "drei"}


def test_it_knows_its_base_from_mappings_that_are_equal():
    base, equal = Grown({}, 3, "three"), Grown({}, 3, "three")
    grown = Grown(base, 5, "five")
    assert grown.grew_from(base)
    assert not grown.grew_from(equal)
    assert not base.grew_from(grown)


def test_it_does_not_keep_its_base_alive():
    base = Grown({}, 3, "three")
    grown, seen = Grown(base, 5, "five"), weakref.ref(base)
    del base
    gc.collect()
    assert seen() is None
    assert not grown.grew_from(None)
