"""What a batch and a claim must prove, and the gadgets they are made of."""
