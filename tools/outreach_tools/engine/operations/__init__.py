"""The operations of the contract by name: what runs each, what each takes, and which one a user's words mean."""
