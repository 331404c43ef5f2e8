"""Machine code for fields, curves, NTT and Poseidon, compiled by Numba. Knows no protocol."""
