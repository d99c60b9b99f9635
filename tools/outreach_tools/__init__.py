"""Outreach as a model sees it: the tools, the engine that runs them, and the catalogue of facts."""
