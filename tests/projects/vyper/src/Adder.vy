# pragma version ~=0.4.3
"""
@title An ERC-20 whose deployer may mint
"""

from ethereum.ercs import IERC20
from .lib import owned

implements: IERC20
initializes: owned
exports: owned.owner

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256

name: public(constant(String[5])) = "Adder"
symbol: public(constant(String[3])) = "ADD"
decimals: public(immutable(uint8))
CAP: public(immutable(uint256))

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
totalSupply: public(uint256)


@deploy
def __init__(places: uint8, cap: uint256):
    owned.__init__()
    decimals = places
    CAP = cap


@external
def mint(to: address, amount: uint256):
    owned.check()
    assert self.totalSupply + amount <= CAP, "more than the cap"
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log Transfer(sender=empty(address), receiver=to, value=amount)


@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@internal
def _move(sender: address, to: address, amount: uint256):
    if to == empty(address):
        raise "nobody receives it"
    self.balanceOf[sender] -= amount
    self.balanceOf[to] += amount
    log Transfer(sender=sender, receiver=to, value=amount)
