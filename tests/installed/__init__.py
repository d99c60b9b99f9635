"""The wheel in bare environments, on the oldest and the newest Python and dependencies: `scripts/check_install`."""
