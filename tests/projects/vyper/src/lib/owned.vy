# pragma version ~=0.4.3

owner: public(address)


@deploy
def __init__():
    self.owner = msg.sender


@internal
@view
def check():
    assert msg.sender == self.owner, "only the owner"
