"""The prompts of fixed names that the official conformance suite asks for."""

from mcp_types import (
    ContentBlock,
    ElicitResult,
    GetPromptRequestParams,
    GetPromptResult,
    ImageContent,
    InputRequiredResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

from tests.conformance.fixture_tools import PIXEL, embedded, form, question


def _prompt(name: str, *arguments: str) -> Prompt:
    asked = [PromptArgument(name=each, description=each, required=True) for each in arguments]
    return Prompt(name=name, description=name, arguments=asked or None)


PROMPTS = (
    _prompt("test_simple_prompt"),
    _prompt("test_prompt_with_arguments", "arg1", "arg2"),
    _prompt("test_prompt_with_embedded_resource", "resourceUri"),
    _prompt("test_prompt_with_image"),
    _prompt("test_input_required_result_prompt"),
)


def prompt_of(params: GetPromptRequestParams) -> GetPromptResult | InputRequiredResult | None:
    """Return what a prompt of the suite says, None for any other prompt."""
    given = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            return _said(TextContent(text="This is a simple prompt for testing."))
        case "test_prompt_with_arguments":
            text = f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'"
            return _said(TextContent(text=text))
        case "test_prompt_with_embedded_resource":
            last = TextContent(text="Please process the embedded resource above.")
            return _said(embedded(given["resourceUri"], "text/plain", "Embedded resource content."), last)
        case "test_prompt_with_image":
            image = ImageContent(data=PIXEL, mime_type="image/png")
            return _said(image, TextContent(text="Please analyze the image above."))
        case "test_input_required_result_prompt":
            answer = (params.input_responses or {}).get("user_context")
            if isinstance(answer, ElicitResult) and answer.content:
                return _said(TextContent(text=f"Use the following context: {answer.content['context']}"))
            asked = question("What context should the prompt use?", form("context"))
            return InputRequiredResult(input_requests={"user_context": asked})
        case _:
            return None


def _said(*contents: ContentBlock) -> GetPromptResult:
    return GetPromptResult(messages=[PromptMessage(role="user", content=each) for each in contents])
