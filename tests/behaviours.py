"""What OpenRouter was seen to do, in 34 behaviours, and the scenarios that play each of them."""

from __future__ import annotations

BEHAVIOURS: dict[str, str] = {
    "1 the list without a key, narrowed and in pages": "",
    "2 a list in its old shape, with unknown keys and quirks, or empty": "models_bare models_unknown_keys "
    "models_quirks models_empty",
    "3 a list that fails, that hangs or that is stale": "models_down models_down_then_good models_html "
    "models_silent models_stale",
    "4 the list of a user, one model and its endpoints": "",
    "5 what a key may still spend": "key_exhausted key_free_tier key_unknown credits_forbidden",
    "6 an answer in one piece with usage and cost": "json_for_stream",
    "7 comments before and between chunks": "comments",
    "8 usage in each of its shapes, and none": "usage_without_finish usage_without_choices "
    "usage_with_finish usage_nowhere usage_without_cost usage_twice",
    "9 reasoning in fragments": "reasoning reasoning_encrypted",
    "10 tool calls in fragments": "tool_calls tool_calls_odd",
    "11 a picture in one long line": "image",
    "12 images taken, checked, counted and echoed": "ordinary echo",
    "13 attribution recorded, generation and provider named": "ordinary without_id",
    "14 fallbacks and routers": "",
    "15 every finish reason": "finish_length finish_content_filter finish_null finish_empty",
    "16 an empty answer with usage": "empty",
    "17 bytes split anywhere": "byte_by_byte split_letters split_fields one_write",
    "18 line ends, byte order mark and odd data lines": "crlf crlf_split cr bom data_lines no_space "
    "line_ends_in_text",
    "19 silence, with comments and without": "slow_first_token slow_first_token_with_comments silent "
    "silent_with_comments silent_before_headers",
    "20 an end without its mark": "ends_after_finish ends_in_text ends_before_text ends_in_json cut reset "
    "reset_before_text",
    "21 a client that hangs up": "silent",
    "22 line feeds before a body, white space only, gzip": "newlines_before_json whitespace gzip",
    "23 a stream answered with one JSON body": "json_for_stream error_for_stream",
    "24 every status with its text": "bad_model_id context_too_long provider_refused no_key no_header "
    "unknown_user out_of_credit prompt_too_dear moderated no_endpoints unknown_path timed_out too_large "
    "invalid_argument rate_limited_upstream_json server_error bad_gateway unavailable gateway_timeout "
    "edge_timeout overloaded management_only",
    "25 too many requests, by provider, minute and day": "rate_limited_upstream rate_limited_upstream_json "
    "rate_limited_seconds rate_limited_date per_minute per_day per_day_high_balance rate_limited_then_good "
    "rate_limited_upstream_then_good capacity",
    "26 credit for fewer tokens, and credit in flight": "can_only_afford in_flight_budget "
    "in_flight_budget_then_good",
    "27 what is forbidden": "moderated guardrail key_limit budget gated region",
    "28 what nobody can serve": "ordinary bad_model_id no_endpoints no_image_input no_tool_use "
    "no_such_output data_policy data_policy_paid data_policy_new guardrail_restriction none_of_five "
    "model_blocked no_allowed_providers free_variant_ended",
    "29 too large, pages of the edge, an outage that passes": "too_large images_too_large too_large_page "
    "bad_gateway_page empty_gateway edge_timeout_page unavailable_page overloaded unavailable_seconds "
    "unavailable_then_good unavailable_twice_then_good bad_gateway_then_good server_error_then_good "
    "overloaded_then_good",
    "30 a failure with status 200": "error_body choices_null choices_empty choices_missing "
    "choice_with_error content_null",
    "31 an error in a stream, in each form": "error_first error_after_text error_without_done "
    "error_without_choices error_with_null_choices error_alone error_code_text error_plain_text "
    "error_metadata_null error_after_length",
    "32 junk between good chunks": "junk_text junk_object debug",
    "33 a generation that is found late or never": "generation_late generation_never",
    "34 the same ids and clock in every run, and a log": "ordinary",
}
"""The list "A fake server must be able to", and the scenarios of each."""

UNPLAYED: dict[str, tuple[str, ...]] = {
    "1": (
        "test_the_models_are_listed_without_a_key_and_those_that_write_no_text_are_hidden",
        "test_the_list_is_narrowed_by_the_query",
        "test_the_pages_of_the_list_follow_each_other_by_relative_links",
    ),
    "4": (
        "test_the_list_of_a_user_needs_a_key_and_keeps_to_the_accounts_privacy_settings",
        "test_one_model_is_found_by_its_id_or_alias",
        "test_a_model_has_endpoints_and_an_alias_has_none",
    ),
    "14": (
        "test_the_second_model_answers_when_the_first_one_fails",
        "test_a_router_picks_a_concrete_model",
    ),
}
"""What the server does without a scenario, for the request asks for it, and the tests that see it."""

BEYOND: dict[str, str] = {
    "nested_in_provider": "a completion inside a provider object was seen in a client's bug report",
    "html_body": "a proxy before OpenRouter answers for it, with status 200",
    "per_day_body": "the daily limit was seen as a body with status 200",
    "error_per_day": "the daily limit was seen as an event of a stream",
    "code_in_quotes": "a proxy was seen to write the status as a string",
    "unavailable_new": "503 in the shape without code, of which the list asks for the 404 only",
    "junk_fields": "fields that server-sent events may have and OpenRouter does not send",
}
"""Scenarios that no behaviour of the list asks for, and why they are played."""


def number(behaviour: str) -> str:
    return behaviour.partition(" ")[0]


def named(scenario: str) -> str:
    """A scenario with the behaviours that it plays, as the name of a test: ``26: can_only_afford``."""
    numbers = [number(behaviour) for behaviour, names in BEHAVIOURS.items() if scenario in names.split()]
    return f"{'+'.join(numbers) or 'beyond'}: {scenario}"
