"""Kaia recordings: recorded meetings."""

from outreach_tools.engine.declaration import GetTool, ListTool, Resource

KAIA_RECORDING = Resource(
    type="kaiaRecording",
    toolset="meetings",
    columns=("title", "startTime", "endTime", "participantCount", "state", "provider", "transcriptUrl"),
    tools=(
        ListTool(
            "list_kaia_recordings",
            "Find the recording of a meeting (demo, customer call): video meetings, calls that Kaia recorded, with "
            "transcripts. Newest first.",
            sort="-startTime",
        ),
        GetTool(
            "get_kaia_recording",
            "kaia_recording_id",
            "One recorded meeting (Kaia): what was said (transcript, summary), who took part, talked, topics, link.",
        ),
    ),
)
