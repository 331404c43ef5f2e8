from pytest_zkrollup import ETH, reverts


def test_deposit_transfer_withdraw(rollup, alice, bob):
    rollup.deposit(ETH, 501, sender=alice)  # locked on L1
    rollup.settle()  # a real proof, verified on L1
    assert rollup.mint(ETH).balanceOf(alice) == 501

    rollup.transfer(ETH, 207, sender=alice, to=bob)
    exit_ = rollup.withdraw(ETH, 103, sender=bob)
    batch = rollup.settle()
    assert rollup.contract.stateRoot() == batch.root_after

    before = bob.l1_balance(ETH)
    exit_.claim(sender=alice)  # anybody may send it; bob is paid
    assert bob.l1_balance(ETH) == before + 103
    with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        exit_.claim(sender=alice)
