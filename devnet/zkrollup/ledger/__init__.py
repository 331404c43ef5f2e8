"""Models of layer 2's state: pure transitions, no chain, no proof."""
