"""What a tester may do to a chain and nobody else can.

Owns the names: time, balances, storage and code, other people's transactions, calls that mocks answer. They
are Foundry's and Hardhat's where those have one. What they do is `engine.cheating`'s.
No cheat but `mine` and `travel` makes a block; a snapshot taken before undoes all but what a context holds.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

from zkrollup.arguments import UNITS, WrongArgumentType, WrongArgumentValue, integer
from zkrollup.errors import ZkRollupError
from zkrollup.evm.abi import Signature
from zkrollup.evm.contract import Method
from zkrollup.evm.engine.mocks import Answer
from zkrollup.evm.parties import Impersonated, address_bytes, data_bytes
from zkrollup.evm.reverts import encode_message
from zkrollup.evm.state import State
from zkrollup.evm.words import TooLarge, View, find_word
from zkrollup.locking import locked
from zkrollup.native import Ether

WEI: Final = "pass a whole number of wei, such as 5 or ether('1.5')"
"""What to pass as ether."""
_BALANCE_OF: Final = Signature("balanceOf", ({"name": "account", "type": "address"},))
_TOTAL_SUPPLY: Final = Signature("totalSupply", ())


class InvalidTravel(ZkRollupError):
    """Time that would not move forward.

    Attributes:
        seconds: asked for.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"cannot travel {seconds} s: a block is at least one second after its parent")


class InvalidMock(ZkRollupError):
    """A mock of which nobody can say what it answers, or where.

    Attributes:
        function: to be mocked.
    """

    def __init__(self, function: str, rule: str) -> None:
        self.function = function
        super().__init__(f"cannot mock {function}: {rule}")


class Cheats(State):
    """The part of a `Chain` that cheats."""

    # --- blocks and time

    def mine(self, n: int = 1) -> None:
        """Mine empty blocks.

        Raises:
            WrongArgument: n is no number, or negative.
        """
        count = integer(n, "n", "pass how many blocks")
        if count < 0:
            raise WrongArgumentValue("n", n, "pass how many blocks, 0 or more")
        self.engine.mine(count)

    @locked
    def travel(self, seconds: int) -> None:
        """Mine a block that many seconds after the latest.

        Raises:
            InvalidTravel: seconds is below one.
            InvalidTime: it leads beyond 64 bits.
        """
        seconds = integer(seconds, "seconds", "pass a whole number of seconds")
        if seconds < 1:
            raise InvalidTravel(seconds)
        self.engine.mine(timestamp=self.timestamp + seconds)

    def warp(self, timestamp: int) -> None:
        """Fix the time of the next block, in seconds. Calls see the latest block's until it is mined.

        Raises:
            InvalidTime: it is not after the latest block, or beyond 64 bits.
        """
        self.engine.set_next_block_timestamp(integer(timestamp, "timestamp", "pass Unix time in seconds"))

    # --- state

    def set_balance(self, address: object, wei: int) -> None:
        """Set a balance.

        Raises:
            OutOfRange: it is no 256-bit amount.
        """
        self.engine.set_balance(address_bytes(address), integer(wei, "wei", WEI))

    def set_nonce(self, address: object, nonce: int) -> None:
        """Set a nonce, which decides the address of the next contract that the account creates.

        Raises:
            OutOfRange: it is no 64-bit number.
        """
        self.engine.set_nonce(address_bytes(address), integer(nonce, "nonce"))

    def set_code(self, address: object, code: bytes | str) -> None:
        """Set the code that runs at an address, as bytes or hex; balance and storage stay."""
        self.engine.set_code(address_bytes(address), data_bytes(code))

    def set_storage(self, address: object, slot: int, value: int) -> None:
        """Set a storage word.

        Raises:
            OutOfRange: slot or value is no word.
        """
        self.engine.set_storage(address_bytes(address), integer(slot, "slot"), integer(value, "value"))

    @locked
    def deal(self, token: object, to: object, amount: int, *, adjust: bool = False) -> None:
        """Give an account just so much of an ERC-20, whatever it had; no Transfer is emitted.

        The storage word of the balance is found by what ``balanceOf`` reads, behind a proxy too. Bits of that
        word that hold something else stay as they are.

        Args:
            token: contract, or its address.
            to: whose balance.
            amount: of the smallest unit.
            adjust: whether the total supply moves by the difference.

        Raises:
            WrongArgument: the token is ETH, whose balances `set_balance` sets.
            NoSingleWord: balance, or supply, is computed from several words. Nothing changed.
            TooLarge: the contract keeps fewer bits for it. Nothing changed.
        """
        if isinstance(token, Ether):
            raise WrongArgumentType("token", token, "pass an ERC-20; chain.set_balance gives ether")
        address, holder = address_bytes(token), address_bytes(to)
        amount = integer(amount, "amount", UNITS)
        balance = self._view(address, _BALANCE_OF, to_checksum_address(holder))
        word, supply = find_word(balance), None
        if adjust:
            total = self._view(address, _TOTAL_SUPPLY)
            supply = find_word(total)
            after = (total.answer() or 0) - (balance.answer() or 0) + amount
            if not 0 <= after < 1 << supply.bits:
                raise TooLarge(after, supply.bits)
        word.write(amount)
        if supply is not None:
            supply.write(after)

    def _view(self, address: bytes, function: Signature, *args: Any) -> View:
        data = function.selector + function.encode(args)
        return View(self.engine, address, data, function.name)

    # --- other people's transactions

    @contextmanager
    def impersonate(self, address: object) -> Iterator[Impersonated]:
        """Let an address send without a key, a contract's too, inside the context.

        Such transactions are mined like others and pay no gas, unless they name a fee through `w3`; a value
        they send must be there. The
        sender's nonce moves, so a contract's next CREATE address does too. Through `w3` the address
        can be `from` as well.
        """
        raw = address_bytes(address)
        with self.engine.impersonating(raw):
            yield Impersonated(to_checksum_address(raw))

    def add_account(self, account: LocalAccount) -> None:
        """Let the chain sign for an account, so that its address alone can send. It gets no ether.

        Raises:
            WrongArgument: it is no account with a key.
        """
        if not isinstance(account, LocalAccount):
            rule = "pass an account with its key, as eth_account's Account.create() makes one"
            raise WrongArgumentType("account", account, rule)
        self.engine.add_key(bytes(account.key))

    # --- mocks

    def mock(
        self, function: Method, *args: Any, returns: Any = None, reverts: bytes | str | None = None
    ) -> AbstractContextManager[None]:
        """Answer calls of a function inside the context, tests' own and those that contracts make.

            with chain.mock(oracle.price, returns=1009):
            with chain.mock(token.balanceOf, alice, returns=5):
            with chain.mock(token.transfer, reverts="paused"):
            with chain.mock(token.transfer, reverts=token.encode_error("Paused", until=7)):

        Value that a call sends is transferred all the same. Where mocks overlap, the one with arguments
        counts, then the latest.

        Args:
            function: of a contract: ``token.balanceOf``, or ``token["f(uint256)"]``.
            args: for calls with just these; by default for all.
            returns: the result, a sequence or mapping where there are several; None where there is none.
            reverts: what the calls fail with instead: a revert string, or revert data.

        Raises:
            InvalidMock: of another chain's contract, of several overloads, or both answers were given.
            MockForbidden: a run that forbids mock proofs refuses an answer in a verifier's place.
            InvalidArgument: an argument or the result has no encoding.
            WrongArgument: ``reverts`` is neither text nor bytes.
        """
        if not isinstance(function, Method):
            raise WrongArgumentType(
                "function", function, "pass a contract's function, such as token.balanceOf"
            )
        contract = function.contract
        if contract.chain is not self:
            raise InvalidMock(f"{function.name}", f"its contract is on {contract.chain}, not on {self}")
        if returns is not None and reverts is not None:
            raise InvalidMock(function.name, "it cannot both return and revert")
        if args:
            signature = function.choose(args)
            beginning = signature.selector + signature.encode(args)
        else:
            signature = _only(function)
            beginning = signature.selector
        if reverts is None:
            answer = Answer(signature.encode_result(returns))
        else:
            data = encode_message(reverts) if isinstance(reverts, str) else data_bytes(reverts, "reverts")
            answer = Answer(data, reverts=True)
        return self.engine.mock_call(address_bytes(contract), beginning, answer)

    def mock_call(
        self,
        to: object,
        data: bytes | str,
        *,
        returns: bytes | str | None = None,
        reverts: bytes | str | None = None,
    ) -> AbstractContextManager[None]:
        """Answer calls whose data begins so inside the context; `mock` without an ABI.

        Args:
            to: address called, or whose code is borrowed by DELEGATECALL.
            data: how the calldata begins, as bytes or hex; b"" for any call.
            returns: returned data, as bytes or hex.
            reverts: revert data, in its place.

        Raises:
            InvalidMock: not one of the two answers was given.
            WrongArgument: data or the answer is neither bytes nor hex.
        """
        address = address_bytes(to)
        if returns is not None and reverts is None:
            answer = Answer(data_bytes(returns, "returns"))
        elif reverts is not None and returns is None:
            answer = Answer(data_bytes(reverts, "reverts"), reverts=True)
        else:
            raise InvalidMock(to_checksum_address(address), "give either returns= or reverts=, as bytes")
        return self.engine.mock_call(address, data_bytes(data), answer)


def _only(function: Method) -> Signature:
    if len(function.overloads) != 1:
        known = ", ".join(each.canonical for each in function.overloads)
        raise InvalidMock(function.name, f"choose one of its overloads by contract['name(types)']: {known}")
    return function.overloads[0]
