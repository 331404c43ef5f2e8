"""Fields, hashes, curves, signatures and trees: native and pure. The circuits' reference."""
