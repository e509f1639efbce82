"""Everything that OpenRouter was seen to do, by name; ``SCENARIOS`` has each with a line on what it is."""

from tests.pretend_openrouter.answers import Scenario

# A name is written once, where its scenario is.
from tests.pretend_openrouter.scenarios import failures, good, limits, lists, outages, refusals, transport
from tests.pretend_openrouter.scenarios.failures import *  # noqa: F403
from tests.pretend_openrouter.scenarios.good import *  # noqa: F403
from tests.pretend_openrouter.scenarios.limits import *  # noqa: F403
from tests.pretend_openrouter.scenarios.lists import *  # noqa: F403
from tests.pretend_openrouter.scenarios.outages import *  # noqa: F403
from tests.pretend_openrouter.scenarios.refusals import *  # noqa: F403
from tests.pretend_openrouter.scenarios.transport import *  # noqa: F403

SCENARIOS: dict[str, Scenario] = {
    name.lower(): value
    for module in (good, transport, refusals, limits, outages, failures, lists)
    for name, value in vars(module).items()
    if isinstance(value, Scenario) and not name.startswith("_")
}
