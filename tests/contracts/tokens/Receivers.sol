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

/// @notice Makes a call of the tester's choice when it is paid, keeps the failure's data, and takes the ETH.
contract ReentrantReceiver {
    address public target;
    bytes public data;
    bool public called;
    bool public succeeded;
    bytes public answer;

    function setCallback(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    receive() external payable {
        if (target == address(0)) return;
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
