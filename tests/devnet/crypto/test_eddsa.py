import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkrollup.crypto.babyjubjub import (
    BASE8,
    IDENTITY,
    SUBORDER,
    Point,
    add,
    is_in_subgroup,
    multiply,
    negate,
)
from zkrollup.crypto.eddsa import InvalidPrivateKey, InvalidSignature, PrivateKey, Signature, check, verify
from zkrollup.crypto.field import FieldRangeError, R
from zkrollup.crypto.poseidon import poseidon

scalars = st.integers(1, SUBORDER - 1)
messages = st.integers(0, R - 1)
quick = settings(max_examples=15, deadline=None)
GENERATOR = Point(
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)
SMALL_ORDER = [multiply(GENERATOR, SUBORDER * i) for i in range(8)]
KEY = PrivateKey(3**150)
MESSAGE = 5**100 % R
SIGNATURE = KEY.sign(MESSAGE)


def refusal(public, message, signature):
    assert not verify(public, message, signature)
    with pytest.raises(InvalidSignature) as caught:
        check(public, message, signature)
    assert (caught.value.public, caught.value.signature) == (public, signature)
    return caught.value.reason


@given(scalars, messages)
@quick
def test_a_signature_satisfies_circomlibs_equation(scalar, message):
    key = PrivateKey(scalar)
    signature = key.sign(message)
    h = poseidon([*signature.r8, *key.public, message])
    right = add(signature.r8, multiply(multiply(key.public, 8), h))
    assert multiply(BASE8, signature.s) == right
    assert verify(key.public, message, signature)
    check(key.public, message, signature)


def test_a_signature_of_circomlibjs_is_accepted_and_not_for_another_message():
    # circomlibjs, test/eddsa.js: "Sign (using Poseidon) a single 10 bytes from 0 to 9".
    public = Point(
        13277427435165878497778222415993513565335242147425444199013288855685581939618,
        13622229784656158136036771217484571176836296686641868549125388198837476602820,
    )
    signature = Signature(
        Point(
            11384336176656855268977457483345535180380036354188103142384839473266348197733,
            15383486972088797283337779941324724402501462225528836549661220478783371668959,
        ),
        1672775540645840396591609181675628451599263765380031905495115170613215233181,
    )
    # The test's message is the bytes 0..9, read as a little-endian number.
    message = int.from_bytes(bytes(range(10)), "little")
    assert verify(public, message, signature)
    assert refusal(public, message + 1, signature).startswith("S * BASE8 is not")


def test_signing_is_deterministic_and_no_two_messages_or_keys_share_a_nonce():
    assert KEY.sign(MESSAGE) == SIGNATURE
    assert len({k.sign(m).r8 for k in (KEY, PrivateKey(7)) for m in (MESSAGE, MESSAGE + 1, 0)}) == 6


@given(st.integers(0, 253), st.sampled_from(["message", "s", "r8x", "r8y", "ax", "ay"]))
@settings(max_examples=150, deadline=None)
def test_each_flipped_bit_is_refused(bit, part):
    values = {
        "message": MESSAGE,
        "s": SIGNATURE.s,
        "r8x": SIGNATURE.r8.x,
        "r8y": SIGNATURE.r8.y,
        "ax": KEY.public.x,
        "ay": KEY.public.y,
    }
    values[part] ^= 1 << bit
    signature = Signature(Point(values["r8x"], values["r8y"]), values["s"])
    assert refusal((values["ax"], values["ay"]), values["message"], signature)


@pytest.mark.parametrize("multiple", [-1, 1, 2, 7])
def test_s_plus_a_multiple_of_the_order_is_refused_as_a_second_encoding(multiple):
    alias = Signature(SIGNATURE.r8, SIGNATURE.s + multiple * SUBORDER)
    assert multiply(BASE8, alias.s) == multiply(BASE8, SIGNATURE.s)
    assert "second encoding" in refusal(KEY.public, MESSAGE, alias)


def test_coordinates_plus_the_field_order_are_refused():
    r8, public = SIGNATURE.r8, KEY.public
    assert "R8" in refusal(public, MESSAGE, Signature(Point(r8.x + R, r8.y), SIGNATURE.s))
    assert "R8" in refusal(public, MESSAGE, Signature(Point(r8.x, r8.y - R), SIGNATURE.s))
    assert "public key is not a point" in refusal((public.x, public.y + R), MESSAGE, SIGNATURE)
    assert "message" in refusal(public, MESSAGE + R, SIGNATURE)
    assert "message" in refusal(public, MESSAGE - R, SIGNATURE)


@pytest.mark.parametrize("torsion", SMALL_ORDER[1:])
def test_r8_moved_by_a_point_of_small_order_is_refused_even_with_a_matching_challenge(torsion):
    nonce = 11
    moved = add(multiply(BASE8, nonce), torsion)
    h = poseidon([*moved, *KEY.public, MESSAGE])
    forged = Signature(moved, (nonce + 8 * h * KEY.scalar) % SUBORDER)
    assert not is_in_subgroup(moved)
    assert refusal(KEY.public, MESSAGE, forged).startswith("S * BASE8 is not")


@pytest.mark.parametrize("public", SMALL_ORDER)
def test_keys_of_small_order_are_refused_though_the_equation_holds_for_them(public):
    # 8A vanishes, so anybody could sign anything.
    forged = Signature(multiply(BASE8, 13), 13)
    assert "small order" in refusal(public, MESSAGE, forged)


def test_a_key_off_the_curve_is_refused():
    assert "public key is not a point" in refusal((KEY.public.y, KEY.public.x), MESSAGE, SIGNATURE)
    assert "public key is not a point" in refusal((0, 0), MESSAGE, SIGNATURE)


def test_the_trivial_and_the_negated_signature_are_refused():
    assert refusal(KEY.public, MESSAGE, Signature(IDENTITY, 0))
    assert refusal(KEY.public, MESSAGE, Signature(negate(SIGNATURE.r8), SUBORDER - SIGNATURE.s))
    assert refusal(negate(KEY.public), MESSAGE, SIGNATURE)


def test_another_key_did_not_sign():
    assert refusal(PrivateKey(KEY.scalar + 1).public, MESSAGE, SIGNATURE).startswith("S * BASE8 is not")


@pytest.mark.parametrize("scalar", [1, 2, SUBORDER - 1])
def test_every_scalar_below_the_order_but_zero_is_a_key(scalar):
    key = PrivateKey(scalar)
    assert key.public == multiply(BASE8, scalar)
    assert verify(key.public, 17, key.sign(17))


@pytest.mark.parametrize("scalar", [0, -1, SUBORDER, SUBORDER + 1, True, 1.0, "1"])
def test_other_scalars_are_refused_without_being_shown(scalar):
    with pytest.raises(InvalidPrivateKey, match=r"\[1, l\)"):
        PrivateKey(scalar)


def test_a_key_does_not_show_its_scalar():
    assert str(KEY.scalar) not in repr(KEY)
    assert str(KEY.public.x) in repr(KEY)


@pytest.mark.parametrize("message", [-1, R, "7", True])
def test_a_message_that_is_no_field_element_is_not_signed(message):
    with pytest.raises(FieldRangeError, match="message = "):
        KEY.sign(message)
