import inspect
import re
from collections.abc import Iterator

import pytest

from madlen import errors
from madlen.errors import MadlenError, OutOfCredit, RateLimited, UpstreamError

STATUSES = {
    "internal": 500,
    "bad-setting": 500,
    "invalid": 422,
    "too-large": 413,
    "unsupported": 400,
    "not-found": 404,
    "store-unavailable": 503,
    "upstream": 502,
    "upstream-auth": 502,
    "over-budget": 402,
    "out-of-credit": 402,
    "refused": 403,
    "spending-limit": 403,
    "model-gone": 404,
    "data-policy": 404,
    "context-length": 400,
    "rejected": 400,
    "rate-limited": 429,
    "rate-limited-minute": 429,
    "rate-limited-daily": 429,
    "overloaded": 503,
    "upstream-defect": 502,
    "upstream-timeout": 504,
    "interrupted": 502,
    "model-unavailable": 503,
}
"""The table of errors in the REST contract."""


def family(kind: type[MadlenError], depth: int = 0) -> Iterator[tuple[int, type[MadlenError]]]:
    """A class and what is under it in this module, each with its depth."""
    yield depth, kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from family(child, depth + 1)


ALL = [kind for _, kind in family(MadlenError)]


def drawn() -> list[tuple[int, str]]:
    """The tree in the module's docstring, each name with its depth."""
    tree = re.findall(r"^    ([│ ]*[├└]── )?([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    return [(len(branch) // 4, name) for branch, name in tree]


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    assert drawn() == [(depth, kind.__name__) for depth, kind in family(MadlenError)]


def test_every_class_of_the_module_is_in_the_tree() -> None:
    classes = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}
    assert classes == set(ALL)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_status_in_the_docstring_is_the_status_of_the_class(kind: type[MadlenError]) -> None:
    line = re.search(rf"[ ─]{kind.__name__}\b(.*)$", errors.__doc__ or "", re.MULTILINE)
    assert line is not None
    noted = re.search(r"\((\d{3})\)|\b(\d{3}),", line[1])
    if noted:
        assert int(noted[1] or noted[2]) == kind.status


def test_statuses_are_those_of_the_contract() -> None:
    assert {kind.kind: kind.status for kind in ALL} == STATUSES


def test_every_kind_is_one_class() -> None:
    assert len({kind.kind for kind in ALL}) == len(ALL)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_class_has_a_title_and_a_kind_of_its_own(kind: type[MadlenError]) -> None:
    assert {"kind", "title"} <= vars(kind).keys()
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.kind)
    assert not kind.title.endswith(".")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_error_is_its_sentence(kind: type[MadlenError]) -> None:
    assert str(kind("It broke. Mend it.")) == "It broke. Mend it."


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_error_about_which_no_more_is_known_adds_nothing(kind: type[MadlenError]) -> None:
    assert kind("It broke.").extra() == {}


def test_a_wait_that_is_known_is_added() -> None:
    assert UpstreamError("Busy.", retry_after=2.5).extra() == {"retry_after": 2.5}


def test_no_wait_at_all_is_a_wait_that_is_known() -> None:
    assert RateLimited("Busy.", retry_after=0).extra() == {"retry_after": 0}


def test_what_one_can_afford_is_added_beside_the_wait() -> None:
    error = OutOfCredit("Too dear.", retry_after=3, affordable_tokens=0)
    assert error.extra() == {"retry_after": 3, "affordable_tokens": 0}
