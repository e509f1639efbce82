"""The SQLite schema, one numbered step per change, in the order in which they are taken."""

from __future__ import annotations

from madlen.store import schema_budget, schema_chats, schema_comparing, schema_history, schema_presets
from madlen.store.library import Migrations

migrations = Migrations("madlen")

for step in (
    schema_chats.m001_sessions_and_messages,
    schema_chats.m002_images,
    schema_chats.m003_search,
    schema_chats.m004_choices,
    schema_chats.m005_stop_requests,
    schema_comparing.m006_comparisons,
    schema_comparing.m007_lane_sets,
    schema_comparing.m008_prompt_sets,
    schema_comparing.m009_judgements,
    schema_comparing.m010_origins,
    schema_history.m011_history,
    schema_presets.m012_presets,
    schema_history.m013_remarks,
    schema_budget.m014_usage_and_budget,
    schema_history.m015_even_commits,
):
    migrations()(step)
