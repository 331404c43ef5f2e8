// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the tokens below share. Balances are minted by anyone and allowances are not checked: the tests are
/// about what Lock makes of a token's answers.
abstract contract WeirdToken {
    mapping(address account => uint256 amount) public balanceOf;

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    function _move(address from, address to, uint256 taken, uint256 given) internal {
        balanceOf[from] -= taken;
        balanceOf[to] += given;
    }
}

/// @notice Burns 3% of what is moved.
contract FeeToken is WeirdToken {
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value, value - value * 3 / 100);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        _move(from, to, value, value - value * 3 / 100);
        return true;
    }
}

/// @notice Returns nothing, as the oldest tokens do.
contract NoReturnToken is WeirdToken {
    function transfer(address to, uint256 value) external {
        _move(msg.sender, to, value, value);
    }

    function transferFrom(address from, address to, uint256 value) external {
        _move(from, to, value, value);
    }
}

/// @notice Moves the tokens and returns a word of the tester's choice.
contract AnswerToken is WeirdToken {
    bytes public answer = abi.encode(true);

    function setAnswer(bytes calldata answer_) external {
        answer = answer_;
    }

    function transfer(address to, uint256 value) external {
        _move(msg.sender, to, value, value);
        _return();
    }

    function transferFrom(address from, address to, uint256 value) external {
        _move(from, to, value, value);
        _return();
    }

    function _return() private view {
        bytes memory out = answer;
        assembly {
            return(add(out, 32), mload(out))
        }
    }
}

/// @notice Refuses everything that moves nothing, and everything while it is paused.
contract PausableToken is WeirdToken {
    error Paused();
    error ZeroTransfer();

    bool public paused;

    function setPaused(bool paused_) external {
        paused = paused_;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        return _transfer(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        return _transfer(from, to, value);
    }

    function _transfer(address from, address to, uint256 value) private returns (bool) {
        if (paused) revert Paused();
        if (value == 0) revert ZeroTransfer();
        _move(from, to, value, value);
        return true;
    }
}

/// @notice Takes one more from the sender than the receiver gets, when it is a plain transfer.
contract GreedyToken is WeirdToken {
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value + 1, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        _move(from, to, value, value);
        return true;
    }
}

/// @notice Takes from the receiver's balance instead of adding to it.
contract ShrinkingToken is WeirdToken {
    function transferFrom(address, address to, uint256 value) external returns (bool) {
        balanceOf[to] -= value;
        return true;
    }
}

/// @notice Makes a call of the tester's choice in the middle of each transfer, and passes its failure on.
contract CallbackToken is WeirdToken {
    address public target;
    bytes public data;

    function setCallback(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _callback();
        _move(msg.sender, to, value, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        _callback();
        _move(from, to, value, value);
        return true;
    }

    function _callback() private {
        if (target == address(0)) return;
        (bool ok, bytes memory answer) = target.call(data);
        if (ok) return;
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }
}

/// @notice Calls who sends before the tokens move and who receives after it, as ERC-777 does, and goes on if they fail.
contract HookToken is WeirdToken {
    function transfer(address to, uint256 value) external returns (bool) {
        return _transfer(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        return _transfer(from, to, value);
    }

    function _transfer(address from, address to, uint256 value) private returns (bool) {
        _tell(from, "tokensToSend()");
        _move(from, to, value, value);
        _tell(to, "tokensReceived()");
        return true;
    }

    function _tell(address party, string memory hook) private {
        (bool ok,) = party.call(abi.encodeWithSignature(hook));
        ok;
    }
}

/// @notice Takes any other call for a deposit of ETH, as WETH9 does, and so writes where it should only answer.
contract FallbackToken is WeirdToken {
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        _move(from, to, value, value);
        return true;
    }

    fallback() external payable {
        balanceOf[msg.sender] += msg.value;
    }
}

/// @notice Answers any other call with a word that is 1.
contract AgreeableToken is WeirdToken {
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        _move(from, to, value, value);
        return true;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(1);
    }
}
