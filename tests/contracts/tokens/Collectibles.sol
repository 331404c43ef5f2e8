// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721 as SoladyERC721} from "solady/src/tokens/ERC721.sol";

/// @notice OpenZeppelin's ERC721, minted by anyone.
contract OpenZeppelinCollectible is ERC721 {
    constructor() ERC721("Zeppelin", "ZEP") {}

    function mint(address to, uint256 id) external {
        _mint(to, id);
    }
}

/// @notice Solady's ERC721, minted by anyone.
contract SoladyCollectible is SoladyERC721 {
    function mint(address to, uint256 id) external {
        _mint(to, id);
    }

    function name() public pure override returns (string memory) {
        return "Solady";
    }

    function symbol() public pure override returns (string memory) {
        return "SOL";
    }

    function tokenURI(uint256) public pure override returns (string memory) {
        return "";
    }
}

/// @notice OpenZeppelin's ERC1155, minted by anyone.
contract OpenZeppelinMulti is ERC1155 {
    constructor() ERC1155("") {}

    function mint(address to, uint256 id, uint256 value) external {
        _mint(to, id, value, "");
    }
}

/// @notice What the drafts below share. They count tokens, say who owns one, and know no ERC-165.
abstract contract DraftCollectible {
    mapping(uint256 id => address owner) public ownerOf;
    mapping(address owner => uint256 count) internal _count;
    mapping(uint256 id => address spender) private _approved;

    function mint(address to, uint256 id) external {
        ownerOf[id] = to;
        _count[to] += 1;
    }

    function approve(address spender, uint256 id) external {
        require(msg.sender == ownerOf[id], "not yours");
        _approved[id] = spender;
    }

    function balanceOf(address owner) external view virtual returns (uint256) {
        return _count[owner];
    }

    function _move(address from, address to, uint256 id) internal {
        require(from == ownerOf[id], "not the owner");
        require(msg.sender == from || msg.sender == _approved[id], "not approved");
        delete _approved[id];
        ownerOf[id] = to;
        _count[from] -= 1;
        _count[to] += 1;
    }
}

/// @notice As CryptoKitties: it has ERC-20's transfer too, and it moves the token of that id.
contract KittyCollectible is DraftCollectible {
    function transfer(address to, uint256 id) external {
        _move(msg.sender, to, id);
    }

    function transferFrom(address from, address to, uint256 id) external {
        _move(from, to, id);
    }
}

/// @notice A draft whose transferFrom says that it went well.
contract AffirmingCollectible is DraftCollectible {
    function transferFrom(address from, address to, uint256 id) external returns (bool) {
        _move(from, to, id);
        return true;
    }
}

/// @notice Counts for nobody.
contract UncountedCollectible is DraftCollectible {
    function transferFrom(address from, address to, uint256 id) external {
        _move(from, to, id);
    }

    function balanceOf(address) external pure override returns (uint256) {
        return 0;
    }
}

/// @notice Each token is also 10^18 units of an ERC-20 that the same contract is, as ERC-404 has it.
contract HybridCollectible is DraftCollectible {
    function transferFrom(address from, address to, uint256 id) external returns (bool) {
        _move(from, to, id);
        return true;
    }

    function balanceOf(address owner) external view override returns (uint256) {
        return _count[owner] * 10 ** 18;
    }
}
