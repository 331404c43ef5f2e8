"""The in-process chain behind web3.py. The only importer of py-evm and eth-tester; knows no rollup."""
