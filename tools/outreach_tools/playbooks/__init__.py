"""Playbooks: ten pieces of daily work, each written once, for prompts, skills and documents alike."""
