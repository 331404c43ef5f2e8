// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IBridged {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// @notice A bridge without a circuit: deposits wait in a queue, an updater posts the root of everything that ever
/// happened on the other side, and exits are paid by Merkle proofs. The updater is trusted with what the root says.
contract Bridge {
    struct Deposit {
        address token;
        address to;
        uint256 amount;
    }

    error NothingSent();
    error NoReceiver();
    error WrongValue(uint256 expected, uint256 value);
    error TokenRefused();
    error NotUpdater(address caller);
    error UnknownRoot(bytes32 root);
    error NoSuchLeaf(uint256 index);
    error WrongPath(bytes32 root);
    error AlreadyClaimed(uint256 index);

    event Deposited(address indexed token, address indexed to, uint256 amount);

    uint256 private constant EXIT = 3;
    uint256 private constant DEPTH = 6;

    address public immutable updater;
    bytes32 public lastRoot;
    uint256 public taken;
    Deposit[] public deposits;
    mapping(bytes32 root => uint256 time) public postedAt;
    mapping(uint256 index => bool) public isClaimed;

    constructor(bytes32 genesis) {
        updater = msg.sender;
        lastRoot = genesis;
    }

    function deposit(address token, uint256 amount, address to) external payable {
        if (amount == 0) revert NothingSent();
        if (to == address(0)) revert NoReceiver();
        uint256 value = token == address(0) ? amount : 0;
        if (msg.value != value) revert WrongValue(value, msg.value);
        if (token != address(0)) _pull(token, amount);
        deposits.push(Deposit(token, to, amount));
        emit Deposited(token, to, amount);
    }

    /// @notice Posts the root after the next `count` deposits, and whatever else has happened.
    function post(bytes32 root, uint256 count) external {
        if (msg.sender != updater) revert NotUpdater(msg.sender);
        for (uint256 end = taken + count; taken < end; ++taken) {
            Deposit storage next = deposits[taken];
            require(next.amount != 0 && next.to != address(0));
        }
        lastRoot = root;
        postedAt[root] = block.timestamp;
    }

    /// @notice Pays the exit at `index` of the tree under a root that was posted.
    function claim(
        uint256 index,
        bytes32 root,
        address token,
        address to,
        uint256 amount,
        bytes32[6] calldata path
    ) external {
        if (postedAt[root] == 0) revert UnknownRoot(root);
        if (index >> DEPTH != 0) revert NoSuchLeaf(index);
        bytes32 node = leaf(EXIT, token, to, amount);
        for (uint256 i = 0; i < DEPTH; ++i) {
            node = index >> i & 1 == 0 ? _hash(node, path[i]) : _hash(path[i], node);
        }
        if (node != root) revert WrongPath(root);
        if (isClaimed[index]) revert AlreadyClaimed(index);
        isClaimed[index] = true;
        _push(token, to, amount);
    }

    function leaf(uint256 kind, address token, address to, uint256 amount) public pure returns (bytes32) {
        return keccak256(abi.encode(kind, token, to, amount));
    }

    function _pull(address token, uint256 amount) private {
        if (!IBridged(token).transferFrom(msg.sender, address(this), amount)) revert TokenRefused();
    }

    function _push(address token, address to, uint256 amount) private {
        if (token != address(0)) {
            if (!IBridged(token).transfer(to, amount)) revert TokenRefused();
        } else {
            (bool sent,) = to.call{value: amount}("");
            if (!sent) revert TokenRefused();
        }
    }

    function _hash(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encode(left, right));
    }
}
