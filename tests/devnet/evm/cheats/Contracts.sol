// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC20 as SoladyERC20} from "solady/src/tokens/ERC20.sol";

contract PlainToken is ERC20Permit {
    constructor() ERC20("Plain Token", "PLN") ERC20Permit("Plain Token") {
        _mint(msg.sender, 1009);
    }
}

contract SoladyToken is SoladyERC20 {
    constructor() {
        _mint(msg.sender, 1013);
    }

    function name() public pure override returns (string memory) {
        return "Solady Token";
    }

    function symbol() public pure override returns (string memory) {
        return "SLD";
    }
}

/// Storage of ERC-7201, as OpenZeppelin's upgradeable contracts have it.
contract NamespacedToken {
    struct Balances {
        mapping(address => uint256) balance;
        uint256 total;
    }

    function _storage() private pure returns (Balances storage s) {
        assembly {
            s.slot := 0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00
        }
    }

    function balanceOf(address account) external view returns (uint256) {
        return _storage().balance[account];
    }

    function totalSupply() external view returns (uint256) {
        return _storage().total;
    }
}

contract Proxy is ERC1967Proxy {
    constructor(address implementation) ERC1967Proxy(implementation, "") {}

    function _unsafeAllowUninitialized() internal pure override returns (bool) {
        return true;
    }
}

/// Vyper's mappings: the slot is hashed before the key.
contract ReversedToken {
    function balanceOf(address account) external view returns (uint256 held) {
        bytes32 slot = keccak256(abi.encode(uint256(3), account));
        assembly {
            held := sload(slot)
        }
    }
}

/// A balance amid other things, after a flag that is read first.
contract PackedToken {
    struct Holder {
        uint32 since;
        uint96 balance;
        bool known;
    }

    bool public open = true;
    mapping(address => Holder) public holders;

    function meet(address account) external {
        holders[account] = Holder(7, 11, true);
    }

    function balanceOf(address account) external view returns (uint256) {
        require(open, "closed");
        return holders[account].balance;
    }
}

/// A balance is a share of a pool.
contract RebasingToken {
    mapping(address => uint256) public shares;
    uint256 public totalShares = 3;
    uint256 public pool = 5;

    function balanceOf(address account) external view returns (uint256) {
        return shares[account] * pool / totalShares;
    }
}

/// EIP-712 without EIP-5267, and a version of its own.
contract OldDomain {
    string public constant name = "Old Domain";
    string public version;
    bytes32 public immutable DOMAIN_SEPARATOR;

    constructor(string memory version_, string memory signedVersion) {
        version = version_;
        DOMAIN_SEPARATOR = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Old Domain"),
                keccak256(bytes(signedVersion)),
                block.chainid,
                this
            )
        );
    }

    struct Item {
        address seller;
        uint256 price;
    }

    /// Who signed an order of items.
    function signer(address buyer, Item calldata item, uint8 v, bytes32 r, bytes32 s) external view returns (address) {
        bytes32 itemHash =
            keccak256(abi.encode(keccak256("Item(address seller,uint256 price)"), item.seller, item.price));
        bytes32 orderHash = keccak256(
            abi.encode(
                keccak256("Order(address buyer,Item item)Item(address seller,uint256 price)"), buyer, itemHash
            )
        );
        return ecrecover(keccak256(abi.encodePacked("\x19\x01", DOMAIN_SEPARATOR, orderHash)), v, r, s);
    }
}

interface IOracle {
    error Stale(uint256 since);

    function price() external view returns (uint256);
    function quote(uint256 amount, bool exact) external view returns (uint256 low, uint256 high);
    function pay(address from) external payable;
}

contract Oracle is IOracle {
    function price() external pure returns (uint256) {
        return 7;
    }

    function quote(uint256 amount, bool exact) external pure returns (uint256 low, uint256 high) {
        return (amount, exact ? amount + 1 : amount + 2);
    }

    function pay(address from) external payable {}
}

contract Buyer {
    event Bought(address indexed from, uint256 price, uint256 paid);

    function cost(IOracle oracle, uint256 amount) external view returns (uint256) {
        return oracle.price() * amount;
    }

    function quote(IOracle oracle, uint256 amount) external view returns (uint256 low, uint256 high) {
        return oracle.quote(amount, true);
    }

    function buy(IOracle oracle) external payable returns (uint256 price) {
        price = oracle.price();
        oracle.pay{value: msg.value}(msg.sender);
        emit Bought(msg.sender, price, msg.value);
    }

    function priceOr(IOracle oracle, uint256 other) external view returns (uint256) {
        try oracle.price() returns (uint256 price) {
            return price;
        } catch {
            return other;
        }
    }

    function borrow(address code) external returns (bytes memory result) {
        (, result) = code.delegatecall(abi.encodeCall(IOracle.price, ()));
    }
}
