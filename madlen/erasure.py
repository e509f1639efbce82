"""Letting go of what was kept, for good."""

from __future__ import annotations

from madlen.hub import Hub
from madlen.store import Store


def all_chats(store: Store, hub: Hub, number: int) -> None:
    """Deletes every chat and comparison, of which there must be ``number``, and stops what is in flight.

    Prompt sets and their runs stay. Raises ``Unacceptable`` where the number is another by now.
    """
    for session_id in store.delete_chats(number):
        hub.stop_session(session_id)
