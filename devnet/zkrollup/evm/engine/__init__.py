"""The engine under the chain: own state and blocks over py-evm's opcodes. Knows no JSON-RPC and no ABI."""
