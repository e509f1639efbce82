"""What a client of OpenRouter must survive, in 20 points, and the tests that see it survive each.

Each point has tests of the client alone, of the API, and of the pages where a person would see it. A
test is named by its file under ``tests`` and its name.
"""

from __future__ import annotations

from typing import NamedTuple


class Seen(NamedTuple):
    """Where a point is tested; no page where a person would see nothing of it."""

    client: str
    api: str
    page: str


_API = "api/test_scenarios test_an_answer_as_it_comes_is_chunks_and_a_problem_where_it_fails"
_PAGE = "pages/test_scenarios test_an_answer_is_shown_as_what_it_is"

POINTS: dict[str, Seen] = {
    "1 unknown keys, values and null; one bad entry": Seen(
        "test_catalogue test_an_entry_with_an_id_is_a_model_whatever_else_it_says",
        "api/test_list_scenarios test_a_list_with_quirks_has_each_entry_that_can_be_read",
        "pages/test_list_scenarios test_a_list_with_quirks_shows_each_entry_that_can_be_read_and_runs_none",
    ),
    "2 decimal prices, variable and unknown ones": Seen(
        "test_listed_prices test_a_price_that_the_routed_model_decides_varies",
        "api/test_list_scenarios test_a_list_with_quirks_has_each_entry_that_can_be_read",
        "pages/test_picker test_a_price_that_varies_is_told_from_one_that_is_unknown",
    ),
    "3 what a picker hides, and saved ids that go on": Seen(
        "test_selection test_a_chat_is_offered_neither_batch_variants_nor_models_that_write_no_text",
        "api/test_list_scenarios test_the_list_has_the_models_that_write_text_and_is_narrowed_by_the_query",
        "pages/test_picker test_a_chat_goes_on_with_a_model_that_has_expired_and_says_so",
    ),
    "4 server-sent events byte by byte": Seen(
        "providers/test_every_stream test_cutting_any_answer_anywhere_changes_nothing_of_it", _API, _PAGE
    ),
    "5 usage from any chunk, the last one": Seen(
        "providers/test_chunks test_the_last_usage_wins",
        "api/test_scenarios test_usage_is_what_was_said_and_nothing_more",
        "pages/test_scenarios test_who_really_answered_and_what_it_cost_stand_with_the_answer",
    ),
    "6 no choice where one is expected": Seen(
        "providers/test_chunks test_a_chunk_that_says_nothing_is_passed_over", _API, _PAGE
    ),
    "7 an error in any chunk or in a body": Seen(
        "providers/test_chunk_streams test_what_comes_beside_an_error_is_kept", _API, _PAGE
    ),
    "8 an end that came early, and an answer without content": Seen(
        "providers/test_chunk_streams test_a_stream_that_just_ends_was_cut_off",
        _API,
        "pages/test_scenarios test_an_answer_without_words_is_said_to_be_empty_and_can_be_asked_for_again",
    ),
    "9 a body that is no JSON": Seen(
        "providers/test_refusals test_a_page_of_a_proxy_is_as_good_as_its_status", _API, _PAGE
    ),
    "10 the provider's own reason, capped, never the key": Seen(
        "providers/test_keys test_a_key_that_is_cut_with_the_sentence_leaves_no_part_of_it",
        "api/test_survival test_a_raw_reason_is_capped_and_holds_no_key",
        "e2e/test_openrouter test_the_key_goes_to_openrouter_and_nowhere_else",
    ),
    "11 each cause told from the others": Seen(
        "providers/test_refusals test_each_message_is_the_error_it_stands_for",
        _API,
        "pages/test_offers test_another_model_is_one_click_away_without_choosing_it",
    ),
    "12 tries again that are few, seen and can be stopped": Seen(
        "providers/test_retries test_a_wait_ends_at_once_when_it_is_cancelled",
        "api/test_survival test_a_wait_for_the_next_try_can_be_stopped",
        "pages/test_scenarios test_a_wait_before_the_next_try_is_told_while_it_lasts",
    ),
    "13 a cancel that hangs up, and its cost later": Seen(
        "providers/test_openrouter test_closing_the_stream_hangs_up",
        "api/test_scenarios test_a_stopped_message_hangs_up_and_its_cost_is_told_when_it_is_known",
        "pages/test_scenarios test_a_stopped_answer_keeps_its_words_and_tells_its_cost_once_it_is_known",
    ),
    "14 time limits of each kind": Seen(
        "providers/test_patience test_the_deadline_of_the_settings_is_the_one_that_ends_a_silent_answer",
        _API,
        _PAGE,
    ),
    "15 a token limit, and images that were checked": Seen(
        "providers/test_keys test_no_longer_answer_is_asked_for_than_the_listed_model_writes",
        "api/test_scenarios test_an_image_reaches_a_model_that_sees_and_counts_in_its_prompt",
        "pages/test_picker test_a_model_that_cannot_see_is_said_before_anything_is_sent",
    ),
    "16 thoughts for the same model, unmodified": Seen(
        "test_conversation test_thoughts_go_back_only_where_the_same_model_is_sure_to_answer",
        "api/test_survival test_thoughts_go_back_unmodified_to_their_model_and_to_no_other",
        "",
    ),
    "17 who really answered": Seen(
        "test_scenarios test_who_answered_is_known_from_the_headers_alone",
        "api/test_scenarios test_the_model_that_a_router_picked_is_named",
        "pages/test_scenarios test_who_really_answered_and_what_it_cost_stand_with_the_answer",
    ),
    "18 headers of ASCII, and a key that stays where it is": Seen(
        "providers/test_openrouter test_a_header_is_printable_ascii",
        "api/test_scenarios test_attribution_comes_to_openrouter_with_every_question",
        "e2e/test_openrouter test_the_key_goes_to_openrouter_and_nowhere_else",
    ),
    "19 a cost in any form, or none": Seen(
        "providers/test_chunk_bodies test_a_cost_is_read_to_its_last_digit",
        "api/test_scenarios test_usage_is_what_was_said_and_nothing_more",
        "pages/test_scenarios test_a_cost_that_is_not_known_is_not_shown_as_nothing",
    ),
    "20 an id that differs, is absent or repeats": Seen(
        "test_scenarios test_who_answered_is_known_from_the_headers_alone",
        "api/test_survival test_an_id_that_repeats_or_is_another_in_the_headers_costs_no_answer",
        "",
    ),
}

BEYOND_SCENARIOS: dict[str, Seen] = {
    "1": Seen(
        "providers/test_openrouter test_the_models_are_listed",
        "api/test_list_scenarios test_the_list_has_the_models_that_write_text_and_is_narrowed_by_the_query",
        "pages/test_list_scenarios test_the_free_models_are_shown_first_and_how_many_there_are",
    ),
    "2": Seen(
        "test_catalogue test_every_hostile_entry_with_an_id_is_read_once",
        "api/test_list_scenarios test_a_list_in_another_shape_is_the_same_list",
        "pages/test_list_scenarios test_a_list_in_another_shape_shows_the_same_models",
    ),
    "3": Seen(
        "providers/test_directory test_the_last_good_list_stays_when_a_provider_is_down_and_a_note_says_so",
        "api/test_list_scenarios test_a_list_that_does_not_come_leaves_the_embedded_model",
        "pages/test_list_scenarios test_the_last_good_list_stays_with_its_age_when_openrouter_goes_down",
    ),
    "4": Seen(
        "test_pretend_openrouter "
        "test_the_list_of_a_user_needs_a_key_and_keeps_to_the_accounts_privacy_settings",
        "api/test_list_scenarios test_the_list_keeps_to_the_privacy_settings_of_the_keys_account",
        "pages/test_list_scenarios test_what_the_accounts_privacy_settings_exclude_is_not_offered",
    ),
    "5": Seen(
        "test_scenarios test_what_the_account_may_still_do_is_known",
        "api/test_survival test_a_key_without_credit_is_told_even_for_a_free_model",
        "pages/test_list_scenarios test_what_the_account_may_still_do_stands_where_one_chooses",
    ),
    "14": Seen(
        "test_pretend_answers test_a_router_picks_a_concrete_model",
        "api/test_scenarios test_the_model_that_a_router_picked_is_named",
        "pages/test_scenarios test_who_really_answered_and_what_it_cost_stand_with_the_answer",
    ),
    "33": Seen(
        "test_scenarios test_the_cost_of_a_stopped_answer_is_asked_for_until_it_is_known",
        "api/test_scenarios test_a_stopped_message_hangs_up_and_its_cost_is_told_when_it_is_known",
        "pages/test_scenarios test_a_stopped_answer_keeps_its_words_and_tells_its_cost_once_it_is_known",
    ),
}
"""The behaviours of which a question for a model shows nothing, and where they are seen instead.

All others are played by scenarios that ``CHATS`` has, through the client, the API and the page, each as
a test whose name has the behaviour's number.
"""
