"""What a model sees of Outreach: the tools, the engine that runs them, and the catalogue of facts."""
