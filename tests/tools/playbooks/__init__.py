"""Playbooks: their texts hold, and a scripted assistant follows them."""
