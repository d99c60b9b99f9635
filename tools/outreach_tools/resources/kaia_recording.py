"""Kaia recordings: recorded meetings."""

from outreach_tools.engine.declaration import Resource

KAIA_RECORDING = Resource(
    type="kaiaRecording",
    toolset="meetings",
    columns=("title", "startTime", "endTime", "participantCount", "state", "provider", "transcriptUrl"),
)
