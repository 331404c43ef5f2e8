// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Takes ETH or refuses it, as told.
contract FussyReceiver {
    error NotToday();

    bool public refusing = true;

    function setRefusing(bool refusing_) external {
        refusing = refusing_;
    }

    receive() external payable {
        if (refusing) revert NotToday();
    }
}

/// @notice Makes a call of the tester's choice when it is paid, keeps what it was answered, and takes the ETH, unless
/// it is told to refuse it.
contract ReentrantReceiver {
    error NotToday();

    event Paid();

    address public target;
    bytes public data;
    bool public refusing;
    bool public called;
    bool public succeeded;
    bytes public answer;

    function setRefusing(bool refusing_) external {
        refusing = refusing_;
    }

    function setCallback(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    receive() external payable {
        if (refusing) revert NotToday();
        _callBack();
    }

    /// @dev What HookToken calls: whoever sends tokens, before they move.
    function tokensToSend() external {
        _callBack();
    }

    /// @dev What HookToken calls: whoever receives tokens, after they moved.
    function tokensReceived() external {
        _callBack();
    }

    function _callBack() private {
        if (target == address(0)) return;
        emit Paid();
        called = true;
        (succeeded, answer) = target.call(data);
    }
}

/// @notice Refuses ETH with an answer as long as its gas allows.
contract BombReceiver {
    receive() external payable {
        assembly {
            revert(0, 200000)
        }
    }
}

/// @notice Sends ETH to an address that may refuse it, by ending its own creation.
contract ForcedSender {
    constructor(address payable to) payable {
        selfdestruct(to);
    }
}

/// @notice Makes several calls in one transaction, and passes the first failure on.
contract Caller {
    function callAll(address[] calldata targets, bytes[] calldata data) external payable {
        for (uint256 i = 0; i < targets.length; ++i) {
            (bool ok, bytes memory answer) = targets[i].call(data[i]);
            if (ok) continue;
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// @notice A contract account: makes what calls anybody tells it to, with its own ETH, and passes a failure on.
contract Wallet {
    receive() external payable {}

    function execute(address target, uint256 value, bytes calldata data) external {
        (bool ok, bytes memory answer) = target.call{value: value}(data);
        if (ok) return;
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }
}
