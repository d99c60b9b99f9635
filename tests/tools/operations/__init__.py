"""The operations of the contract, run by their names."""
