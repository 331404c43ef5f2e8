"""What a batch, a claim and an escape must prove, and the gadgets they are made of."""
