import dataclasses

import pytest

from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR, g1_multiply
from zkrollup.kernels.montgomery import P
from zkrollup.snark.keys import InvalidKey, VerificationKey

# On the twist with x = 2 + u, but not of order r.
OUTSIDE_SUBGROUP = (
    (2, 1),
    (
        7292567877523311580221095596750716176434782432868683424513645834767876293070,
        19659275751359636165940301690575149581329631496732780143538578556285923319774,
    ),
)
TWICE_G2 = (
    (
        18029695676650738226693292988307914797657423701064905010927197838374790804409,
        14583779054894525174450323658765874724019480979794335525732096752006891875705,
    ),
    (
        2140229616977736810657479771656733941598412651537078903776637920509952744750,
        11474861747383700316476719153975578001603231366361248090558603872215261634898,
    ),
)


@pytest.fixture
def vk():
    ic = tuple(g1_multiply(G1_GENERATOR, k) for k in (11, 13, 17))
    return VerificationKey(g1_multiply(G1_GENERATOR, 7), G2_GENERATOR, G2_GENERATOR, TWICE_G2, ic)


def test_a_sound_key_passes(vk):
    vk.check()
    vk.check(n_public=2)
    assert vk.n_public == 2


@pytest.mark.parametrize("n_public", [0, 1, 3])
def test_a_key_for_another_number_of_inputs_is_refused(vk, n_public):
    with pytest.raises(InvalidKey) as caught:
        vk.check(n_public=n_public)
    assert caught.value.field == "ic"


def test_a_key_without_any_input_point_is_refused(vk):
    with pytest.raises(InvalidKey, match="ic = 0 points"):
        dataclasses.replace(vk, ic=()).check()


def test_a_key_whose_gamma_is_delta_is_refused(vk):
    with pytest.raises(InvalidKey, match="forge") as caught:
        dataclasses.replace(vk, delta=vk.gamma).check()
    assert caught.value.field == "delta"


@pytest.mark.parametrize("field", ["alpha", "beta", "gamma", "delta"])
def test_a_key_with_a_point_at_infinity_is_refused(vk, field):
    with pytest.raises(InvalidKey) as caught:
        dataclasses.replace(vk, **{field: None}).check()
    assert caught.value.field == field


@pytest.mark.parametrize("index", [0, 2])
def test_an_input_point_at_infinity_is_refused_since_it_binds_nothing(vk, index):
    ic = list(vk.ic)
    ic[index] = None
    with pytest.raises(InvalidKey) as caught:
        dataclasses.replace(vk, ic=tuple(ic)).check()
    assert caught.value.field == f"ic[{index}]"


@pytest.mark.parametrize("point", [(1, 3), (1 + P, 2), (0, 0)])
def test_a_g1_point_off_the_curve_or_out_of_range_is_refused(vk, point):
    for field, changed in (("alpha", {"alpha": point}), ("ic[1]", {"ic": (vk.ic[0], point, vk.ic[2])})):
        with pytest.raises(InvalidKey) as caught:
            dataclasses.replace(vk, **changed).check()
        assert caught.value.field == field


@pytest.mark.parametrize("field", ["beta", "gamma", "delta"])
def test_a_g2_point_off_the_twist_is_refused(vk, field):
    (x, (y0, y1)) = G2_GENERATOR
    with pytest.raises(InvalidKey, match="twist") as caught:
        dataclasses.replace(vk, **{field: (x, (y0, y1 + 1))}).check()
    assert caught.value.field == field


@pytest.mark.parametrize("field", ["beta", "gamma", "delta"])
def test_a_g2_point_of_the_twist_outside_the_subgroup_is_refused(vk, field):
    with pytest.raises(InvalidKey, match="subgroup") as caught:
        dataclasses.replace(vk, **{field: OUTSIDE_SUBGROUP}).check()
    assert caught.value.field == field
