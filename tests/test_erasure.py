from __future__ import annotations

import pytest

from madlen import erasure
from madlen.errors import Unacceptable
from madlen.types import Lane, Status
from tests.conftest import StartMadlen
from tests.parrot import POLLY, Gate, Parrot


def test_what_is_in_flight_stops_when_all_chats_are_deleted(start_madlen: StartMadlen) -> None:
    madlen = start_madlen(Parrot(["Hello", Gate()]))
    [generation] = madlen.chat.ask("Hi", [Lane(POLLY.id)]).generations
    erasure.all_chats(madlen.store, madlen.hub, 1)
    list(generation.follow(every=0))
    assert generation.reply().status is Status.STOPPED
    assert madlen.store.sessions() == []


def test_an_answer_goes_on_where_the_number_of_chats_is_another(start_madlen: StartMadlen) -> None:
    gate = Gate()
    madlen = start_madlen(Parrot(["Hello", gate, " there"]))
    [generation] = madlen.chat.ask("Hi", [Lane(POLLY.id)]).generations
    with pytest.raises(Unacceptable):
        erasure.all_chats(madlen.store, madlen.hub, 2)
    gate.open()
    list(generation.follow(every=0))
    assert generation.reply().text == "Hello there"
    assert len(madlen.store.sessions()) == 1
