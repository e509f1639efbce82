import ast
import io
import tokenize
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [*sorted(ROOT.glob("madlen/**/*.py")), *sorted(ROOT.glob("pages/**/*.py")), ROOT / "app.py"]

BELOW = {
    "madlen": "",
    "types": "",
    "errors": "",
    "lenient": "",
    "settings": "types errors",
    "catalogue": "types errors lenient",
    "images": "types errors",
    "transcript": "types errors",
    "tracing": "types errors votes",
    "guard": "types errors settings",
    "rarely": "",
    "days": "",
    "logs": "rarely",
    "viewport": "",
    "providers": "types errors lenient settings catalogue tracing",
    "origins": "",
    "history": "types",
    "store": "types errors origins history settings catalogue tracing votes lane_sets prompt_sets "
    "judgements presets prompt_library remarks track_records holdings usage spendings",
    "beginnings": "types",
    "lane_sets": "types errors names",
    "comparison": "types errors beginnings votes",
    "conversation": "types catalogue images",
    "figures": "types",
    # Of runs, what their files say: checks and figures.
    "files": "types errors lenient beginnings comparison figures images votes prompt_sets judgements "
    "batch.checks batch.overview batch.results batch.summary",
    "votes": "types",
    "judgements": "types votes",
    "duels": "types judgements store votes",
    "prompt_sets": "types",
    "strengths": "votes",
    "ratings": "strengths votes",
    "differences": "",
    "blind": "types",
    "estimates": "types catalogue conversation",
    "race": "types",
    "shelf": "types errors origins history beginnings store hub",
    "titles": "types errors beginnings generation chat",
    "checkpoints": "types errors tracing store",
    "deadlines": "errors",
    "tasks": "",
    "generation": "types errors checkpoints deadlines images transcript tracing providers store failures",
    "replicas": "types errors transcript store generation",
    "hub": "types errors checkpoints deadlines tasks transcript tracing providers store generation replicas "
    "budget costs",
    "chat": "types errors beginnings catalogue comparison conversation images tracing providers store "
    "generation hub votes lane_sets",
    "batch": "types days errors origins lenient beginnings catalogue comparison conversation differences "
    "estimates figures images judgements prompt_sets tracing providers store generation hub chat "
    "votes",
    "__main__": "errors settings store",
    "then_now": "types",
    "archives": "types errors origins beginnings comparison files store generation chat then_now",
    "run_files": "errors origins archives batch files prompt_sets store",
    "services": "types errors logs deadlines settings catalogue images tracing providers store generation "
    "hub chat archives batch run_files shelf titles editing budget traces",
    "api": "types errors history settings catalogue images transcript tracing guard generation hub chat "
    "services archives comparison votes ratings files lane_sets viewport prompt_sets batch "
    "judgements duels presets prompt_library remarks editing usage traces disliked",
    # Of the providers, what is drawn: how far an embedded model is, and which models there are.
    "ui": "types days errors history blind catalogue comparison differences estimates figures images "
    "judgements lane_sets prompt_sets race ratings transcript viewport votes generation chat "
    "batch services archives files origins then_now providers.local providers.directory "
    "beginnings conversation names presets prompt_library temporary text_files remarks "
    "track_records holdings disclosure erasure usage budget prices traces disliked tracing",
    "pages": "types errors history blind catalogue duels estimates images judgements prompt_sets ratings "
    "votes generation chat batch services ui archives providers.local providers.directory "
    "comparison figures track_records disclosure usage traces",
    "app": "types errors services api ui",
    "names": "errors",
    "presets": "types errors names",
    "prompt_library": "errors names",
    "temporary": "types errors beginnings",
    "text_files": "errors",
    "remarks": "",
    "editing": "types errors origins remarks beginnings tracing chat",
    "disclosure": "settings",
    "track_records": "",
    "holdings": "",
    "erasure": "store hub",
    "usage": "types days catalogue",
    "spendings": "days",
    "prices": "types catalogue estimates",
    "budget": "types days errors catalogue estimates figures prices providers spendings store",
    "failures": "types errors",
    "costs": "types errors budget comparison providers store",
    # Of the store, the one import of SQLite: two libraries on one file would not see each other's locks.
    "traces": "errors tracing store.library",
    "disliked": "store votes",
}
"""What each module or package may import of ours, besides its own package. A new one needs a row."""

OWNERS = {
    "streamlit": "app pages ui",
    "httpx": "providers",
    "sqlite_utils": "store",
    "sqlite3": "store",
    "psycopg": "store",
    "psycopg_pool": "store",
}
"""The only modules and packages that may import these libraries."""

ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
LOADING = "madlen.ui.loading"
"""Draws the one piece of markup that there is, a constant."""
ADDRESS = "madlen.ui.address"
"""Knows what it last was; a browser may ask with the one before."""
UNSAFE = {"unsafe_allow_html", "unsafe_allow_javascript", "html", "iframe", "components"}
"""Streamlit's ways to draw markup, where a model's words could run as a script; others may not use them."""
NAMELESS = {"utils", "util", "helpers", "helper", "core", "base", "manager", "common", "constants", "misc"}

every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))


def dotted(file: Path) -> str:
    """The name under which a file is imported."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {dotted(file) for file in FILES}


def row(name: str) -> str:
    """The row of the table for a module: its package's, or its own."""
    parts = name.split(".")
    return parts[1] if parts[0] == "madlen" and len(parts) > 1 else parts[0]


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))


def imported(file: Path) -> Iterator[str]:
    """Everything that a file imports, wherever in it; modules of ours by their whole names."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in NAMES else str(node.module)


def comments(source: str) -> set[int]:
    """The lines that have one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0] for token in tokens if token.type == tokenize.COMMENT}


def broad(handler: ast.ExceptHandler) -> bool:
    """Whether it catches every error."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or ast.unparse(one) in {"Exception", "BaseException"} for one in caught)


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@every_file
def test_every_module_has_a_row_in_the_table(file: Path) -> None:
    assert row(dotted(file)) in BELOW


def test_every_row_of_the_table_has_a_module() -> None:
    assert BELOW.keys() == {row(name) for name in NAMES}


def test_the_table_points_one_way() -> None:
    graph = {name: {allowed.split(".")[0] for allowed in below.split()} for name, below in BELOW.items()}
    assert set(TopologicalSorter(graph).static_order()) == BELOW.keys()


@every_file
def test_imports_point_one_way(file: Path) -> None:
    own = row(dotted(file))
    ours = {name for name in imported(file) if name.split(".")[0] in {"madlen", "pages", "app"}}
    allowed = BELOW[own].split()
    wrong = {
        name
        for name in ours
        if row(name) != own and row(name) not in allowed and name.removeprefix("madlen.") not in allowed
    }
    assert not wrong


@every_file
def test_a_library_is_imported_only_where_it_belongs(file: Path) -> None:
    libraries = {name.split(".")[0] for name in imported(file)} & OWNERS.keys()
    assert not {name for name in libraries if row(dotted(file)) not in OWNERS[name].split()}


@every_file
def test_only_the_settings_look_at_the_environment(file: Path) -> None:
    found = {
        name
        for node in ast.walk(tree(file))
        for name in (
            [node.attr]
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os"
            else [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom) and node.module == "os"
            else []
        )
    }
    assert dotted(file) == "madlen.settings" or not found & ENVIRONMENT


@every_file
def test_no_page_draws_markup_of_its_own(file: Path) -> None:
    named = {
        name
        for node in ast.walk(tree(file))
        for name in (getattr(node, "arg", None), getattr(node, "attr", None))
        if isinstance(name, str)
    }
    parts = {part for name in imported(file) if name.startswith("streamlit") for part in name.split(".")}
    assert dotted(file) == LOADING or not (named | parts) & UNSAFE


def test_the_one_piece_of_markup_is_a_constant() -> None:
    [file] = [file for file in FILES if dotted(file) == LOADING]
    [drawn] = [
        node
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.html"
    ]
    [markup] = drawn.args
    [said] = [
        node.value
        for node in tree(file).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == ast.unparse(markup)
    ]
    assert isinstance(said, ast.Constant)


@every_file
def test_only_the_address_says_where_a_page_goes(file: Path) -> None:
    if dotted(file) == ADDRESS:
        return
    for node in ast.walk(tree(file)):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="query_params"), ctx=ast.Store() | ast.Del()):
                pytest.fail(f"line {node.lineno}")
            case ast.Attribute(value=ast.Attribute(attr="query_params"), attr=way):
                assert way == "get", f"line {node.lineno}"


@every_file
def test_what_is_drawn_by_itself_leads_nowhere(file: Path) -> None:
    source = file.read_text("utf-8")
    assert "run_every=" not in source or "st.rerun" not in source


@every_file
def test_a_file_is_one_idea_of_at_most_300_lines(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 300


@every_file
def test_a_module_says_what_it_is(file: Path) -> None:
    assert ast.get_docstring(tree(file))


@every_file
def test_a_module_is_named_for_what_it_holds(file: Path) -> None:
    assert not set(dotted(file).split(".")) & NAMELESS


@every_file
def test_catching_every_error_has_a_reason(file: Path) -> None:
    source = file.read_text("utf-8")
    explained = comments(source)
    handlers = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler)]
    silent = [
        handler.lineno
        for handler in handlers
        if broad(handler)
        and not raises_again(handler)
        and not explained & {handler.lineno + 1, handler.lineno + 2}
    ]
    assert not silent
