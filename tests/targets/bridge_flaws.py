"""Flawed bridges: Bridge.sol with some of its lines replaced, and the tests of the suites that must fail."""

from typing import NamedTuple

EARLY = "test_an_exit_is_not_paid_before_its_batch_is_finished"
ONCE = "test_an_exit_is_paid_once"
EXACT = "test_a_withdrawal_pays_its_recipient_exactly_what_was_burned"
ANYBODY = "test_whoever_sends_a_claim_the_recipient_is_paid"
OTHERS = "test_exits_leave_what_is_others"
SHORT = "test_a_deposit_is_credited_no_more_than_was_sent"
ODD = "test_an_odd_deposit_stops_nobody"
ALTERED = "test_a_claim_of_another_amount_token_or_recipient_pays_nothing"
FABRICATED = "test_an_exit_that_no_batch_burned_is_not_paid"
ALIASED = "test_an_exit_is_not_paid_again_under_another_name_of_a_number"
TRANSFER = "test_a_transfer_is_not_paid_as_an_exit"
LARGE = "test_a_large_amount_comes_in_and_goes_out_whole"
AGAIN = "test_a_recipient_that_claims_again_while_it_is_paid_gets_no_more"
LONG = "test_a_deposit_keeps_no_ether_that_it_does_not_credit"
UNPAYABLE = "test_an_exit_is_not_lost_where_its_recipient_takes_no_ether"
DEPOSITED = "test_a_deposit_is_not_paid_as_an_exit"
FOR_ANOTHER = "test_a_deposit_for_another_is_paid_out_to_them"
EQUAL = "test_equal_deposits_are_each_credited"
POSTER = "test_who_posts_batches_is_paid_nothing_for_the_claims_of_others"
LATE = "test_an_exit_is_paid_however_much_came_after_it"
USURPED = "test_only_who_may_takes_the_next_step"

R = "21888242871839275222246405745257275088548364400416034343698204186575808495617"

CHECK_PATH = "        if (node != root) revert WrongPath(root);\n"
CHECK_ROOT = "        if (postedAt[root] == 0) revert UnknownRoot(root);\n"
CHECK_INDEX = "        if (index >> DEPTH != 0) revert NoSuchLeaf(index);\n"
CLAIMED = "    mapping(uint256 index => bool) public isClaimed;\n"
CHECK_CLAIMED = "        if (isClaimed[index]) revert AlreadyClaimed(index);\n"
CHECK_VALUE = "        if (msg.value != value) revert WrongValue(value, msg.value);\n"
CHECK_UPDATER = "        if (msg.sender != updater) revert NotUpdater(msg.sender);\n"
PULL = "if (!IBridged(token).transferFrom(msg.sender, address(this), amount)) revert TokenRefused();"
MARK = "        isClaimed[index] = true;\n"
PAY = "        _push(token, to, amount);\n"
LEAF = "abi.encode(kind, token, to, amount)"
CREDIT = "emit Deposited(token, to, amount)"
CHECK_SENT = "        if (amount == 0) revert NothingSent();\n"
CAP = f"{CHECK_SENT}        if (amount > 2 ** 50) revert WrongValue(2 ** 50, amount);\n"
CAP_OF_ALL = f"{CHECK_SENT}        if (address(this).balance > 2 ** 51) revert WrongValue(2 ** 51, amount);\n"


class Flaw(NamedTuple):
    """Lines of the honest contract with what stands in their place, and the tests that must fail."""

    replaced: dict[str, str]
    fails: set[str]


HONEST = "honest"
FLAWS = {
    HONEST: Flaw({}, set()),
    # A Merkle proof that is not checked, or not all of what it is for
    "path_unchecked": Flaw({CHECK_PATH: ""}, {ALTERED, EARLY, TRANSFER, DEPOSITED}),
    "path_of_odd_leaves_unchecked": Flaw(
        {CHECK_PATH: "        if (node != root && index & 1 == 0) revert WrongPath(root);\n"},
        {ALTERED, EARLY},
    ),
    "leaf_without_amount": Flaw({LEAF: "abi.encode(kind, token, to)"}, {ALTERED}),
    "leaf_without_token": Flaw({LEAF: "abi.encode(kind, to, amount)"}, {ALTERED}),
    "leaf_without_recipient": Flaw({LEAF: "abi.encode(kind, token, amount)"}, {ALTERED}),
    # Numbers of fewer bits than they are sent in
    "leaf_with_64_bits_of_amount": Flaw({LEAF: "abi.encode(kind, token, to, uint64(amount))"}, {ALTERED}),
    "leaf_with_32_bits_of_amount": Flaw({LEAF: "abi.encode(kind, token, to, uint32(amount))"}, {ALTERED}),
    "credit_of_64_bits": Flaw({CREDIT: "emit Deposited(token, to, uint64(amount))"}, {LARGE}),
    "payment_of_64_bits": Flaw({PAY: "_push(token, to, uint64(amount));\n"}, {LARGE}),
    # The same below a cap
    "capped_credit_of_40_bits": Flaw(
        {CHECK_SENT: CAP, CREDIT: "emit Deposited(token, to, uint40(amount))"}, {LARGE}
    ),
    "capped_payment_of_48_bits": Flaw(
        {CHECK_SENT: CAP_OF_ALL, PAY: "_push(token, to, uint48(amount));\n"}, {LARGE}
    ),
    "capped_leaf_with_40_bits_of_amount": Flaw(
        {CHECK_SENT: CAP_OF_ALL, LEAF: "abi.encode(kind, token, to, uint40(amount))"}, {ALTERED}
    ),
    # Paid before it is remembered
    "paid_before_marked": Flaw({MARK + PAY: PAY + MARK}, {AGAIN}),
    # Ether that is kept and credited to nobody
    "more_value_kept": Flaw(
        {CHECK_VALUE: "        if (msg.value < value) revert WrongValue(value, msg.value);\n"}, {LONG}
    ),
    "value_beside_a_token_kept": Flaw(
        {
            CHECK_VALUE: (
                "        if (token == address(0) && msg.value != value) revert WrongValue(0, msg.value);\n"
            )
        },
        {LONG},
    ),
    # Any exit root accepted
    "root_unchecked": Flaw({CHECK_ROOT: ""}, {FABRICATED, EARLY}),
    "root_never_posted_is_old": Flaw(
        {CHECK_ROOT: "        if (postedAt[root] > block.timestamp) revert UnknownRoot(root);\n"},
        {FABRICATED, EARLY},
    ),
    "root_posted_by_anybody": Flaw({CHECK_UPDATER: ""}, {USURPED}),
    "root_posted_by_any_person": Flaw(
        {CHECK_UPDATER: "        if (msg.sender != tx.origin) revert NotUpdater(msg.sender);\n"}, {USURPED}
    ),
    "root_after_no_deposit_posted_by_anybody": Flaw(
        {CHECK_UPDATER: CHECK_UPDATER.replace("updater)", "updater && count != 0)")}, {USURPED}
    ),
    "root_posted_by_a_depositor": Flaw(
        {
            CHECK_UPDATER: CHECK_UPDATER.replace("updater)", "updater && !hasDeposited[msg.sender])"),
            CLAIMED: f"    mapping(address => bool) public hasDeposited;\n{CLAIMED}",
            CHECK_SENT: f"{CHECK_SENT}        hasDeposited[msg.sender] = true;\n",
        },
        {USURPED},
    ),
    # A deposit that is claimed as an exit
    "leaf_of_a_deposit_is_an_exit": Flaw(
        {
            CHECK_PATH: (
                "        bytes32 other = leaf(1, token, to, amount);\n"
                "        for (uint256 i = 0; i < DEPTH; ++i) {\n"
                "            other = index >> i & 1 == 0 ? _hash(other, path[i]) : _hash(path[i], other);\n"
                "        }\n"
                "        if (node != root && other != root) revert WrongPath(root);\n"
            )
        },
        {DEPOSITED},
    ),
    # A deposit that is credited to another, or to nobody
    "token_for_another_credited_to_sender": Flaw(
        {CREDIT: "emit Deposited(token, token == address(0) ? to : msg.sender, amount)"}, {FOR_ANOTHER}
    ),
    "equal_deposit_not_credited": Flaw(
        {
            CLAIMED: f"    mapping(bytes32 => bool) private seen;\n{CLAIMED}",
            "        deposits.push(Deposit(token, to, amount));\n": (
                "        if (seen[leaf(0, token, to, amount)]) return;\n"
                "        seen[leaf(0, token, to, amount)] = true;\n"
                "        deposits.push(Deposit(token, to, amount));\n"
            ),
        },
        {EQUAL},
    ),
    # An exit that is lost, or paid to who sends the claim, in some cases alone
    "old_exits_are_lost": Flaw(
        {CHECK_INDEX: CHECK_INDEX.replace("DEPTH != 0", "DEPTH != 0 || index + 1 < taken")}, {LATE}
    ),
    "updater_is_paid": Flaw(
        {PAY: "        _push(token, msg.sender == updater ? msg.sender : to, amount);\n"}, {POSTER}
    ),
    # An exit that is marked as paid, and is not
    "failed_payment_ignored": Flaw(
        {"            if (!sent) revert TokenRefused();\n": "            sent;\n"}, {UNPAYABLE}
    ),
    # A deposit credited beyond what was sent
    "value_unchecked_below": Flaw(
        {CHECK_VALUE: "        if (msg.value > value) revert WrongValue(value, msg.value);\n"}, {SHORT, ODD}
    ),
    "value_of_fewer_bits": Flaw(
        {"== address(0) ? amount : 0;": "== address(0) ? uint128(amount) : 0;"}, {ODD}
    ),
    "token_s_refusal_ignored": Flaw(
        {PULL: "token.call(abi.encodeCall(IBridged.transferFrom, (msg.sender, address(this), amount)));"},
        {SHORT},
    ),
    # A plain transfer claimed as an exit
    "leaf_without_kind": Flaw({LEAF: "abi.encode(token, to, amount)"}, {TRANSFER, DEPOSITED}),
    "leaf_with_half_a_kind": Flaw({LEAF: "abi.encode(kind & 2, token, to, amount)"}, {TRANSFER}),
    # A claim with r, or with bits that nobody reads, added to a word
    "index_of_more_bits": Flaw({CHECK_INDEX: ""}, {ALIASED}),
    "index_modulo_r": Flaw(
        {
            CHECK_INDEX: f"        if (index % {R} >> DEPTH != 0) revert NoSuchLeaf(index);\n",
            "node = index >> i & 1": f"node = (index % {R}) >> i & 1",
        },
        {ALIASED},
    ),
    "amount_modulo_r": Flaw(
        {
            CHECK_CLAIMED: (
                "        if (_paid[keccak256(abi.encode(index, amount))]) revert AlreadyClaimed(index);\n"
                "        _paid[keccak256(abi.encode(index, amount))] = true;\n"
            ),
            "    bytes32 public lastRoot;\n": (
                "    bytes32 public lastRoot;\n    mapping(bytes32 claim => bool) private _paid;\n"
            ),
            "leaf(EXIT, token, to, amount)": f"leaf(EXIT, token, to, amount % {R})",
            PAY: f"_push(token, to, amount % {R});\n",
        },
        {ALIASED},
    ),
    # A queue that one odd deposit stops
    "deposit_of_nothing": Flaw(
        {CHECK_SENT: ""},
        {ODD},
    ),
    "deposit_for_nobody": Flaw({"        if (to == address(0)) revert NoReceiver();\n": ""}, {ODD}),
    # What every suite should see
    "paid_twice": Flaw({CHECK_CLAIMED: ""}, {ONCE, AGAIN}),
    "paid_once_for_each_root": Flaw(
        {
            CHECK_CLAIMED: (
                "        if (paidUnder[keccak256(abi.encode(root, index))]) revert AlreadyClaimed(index);\n"
                "        paidUnder[keccak256(abi.encode(root, index))] = true;\n"
            ),
            CLAIMED: f"    mapping(bytes32 => bool) private paidUnder;\n{CLAIMED}",
        },
        {ONCE},
    ),
    "only_the_last_is_remembered": Flaw(
        {
            CHECK_CLAIMED: (
                "        if (isClaimed[index] && lastIndex == index) revert AlreadyClaimed(index);\n"
                "        lastIndex = index;\n"
            ),
            CLAIMED: f"    uint256 private lastIndex;\n{CLAIMED}",
        },
        {ONCE},
    ),
    "sender_paid": Flaw(
        {PAY: "_push(token, msg.sender, amount);\n"},
        {
            EXACT,
            ONCE,
            EARLY,
            ANYBODY,
            OTHERS,
            ALIASED,
            LARGE,
            AGAIN,
            UNPAYABLE,
            FOR_ANOTHER,
            EQUAL,
            POSTER,
            LATE,
        },
    ),
}


def sources(honest: str) -> dict[str, str]:
    """The source of each bridge, by its name, which its contract has too."""
    found = {}
    for name, flaw in FLAWS.items():
        text = honest.replace("contract Bridge {", f"contract {name} {{")
        for line, other in flaw.replaced.items():
            assert text.count(line) == 1, (name, line)
            text = text.replace(line, other)
        found[name] = text
    return found
