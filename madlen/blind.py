"""Comparing without knowing who wrote what: lanes shuffled and lettered, and names out of their text.

A mask knows names alone. It hides more rather than less, other models' names as well, for one that
stays would say who it is not. What a manner of writing gives away stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from madlen.types import Model

MASK = "(hidden)"
"""Stands for a name of any length."""


def _names_in(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


_UNMISTAKABLE = _names_in(
    "ChatGPT|GPT|Claude|Gemma|Mixtral|Codestral|Devstral|Pixtral|Ministral|Qwen|QwQ|Tongyi Qianwen|Tongyi"
    "|DeepSeek|Kimi|Hunyuan|Doubao|ChatGLM|GLM|MiniMax|Nemotron|SmolLM|Le Chat|OpenAI|Anthropic|DeepMind"
    "|Google DeepMind|Mistral AI|Meta AI|xAI|Alibaba Cloud|Zhipu AI|Zhipu|Z.ai|Moonshot AI|Cohere"
    "|Hugging Face|AI21|Nous Research"
    "|通义千问|通义|千问|文心一言|豆包|智谱清言|智谱|混元|深度求索|月之暗面|阿里云|字节跳动"
)
"""Models and makers whose names mean nothing else."""

_PROPER = _names_in("Gemini|Bard|Llama|Mistral|Magistral|Grok|Copilot|ERNIE")
"""Names that mean something else in small letters."""

_COMMON = _names_in(
    "Google|Meta|Microsoft|Amazon|AWS|Apple|NVIDIA|IBM|Alibaba|Baidu|Tencent|ByteDance|Xiaomi|Together|Liquid"
    "|Moonshot|Perplexity|Command|Phi|Falcon|Granite|Hermes|Nova|Sonar|Aya|Jamba|Vicuna|Owl|North|Flux|Palm"
    "|Solar|Trinity|Mercury|Inception|Relace|Magnum|Morph|Spotlight|Virtuoso|Maestro|Arcee"
    "|百度|腾讯|阿里巴巴|阿里|谷歌|微软|华为"
)
"""Names that answers use for other reasons; they go where a model speaks of itself."""

_WORDS = _names_in(
    "the|free|auto|pareto|body|models|image|black|local|deep|coder|writer|router|step|seed|ring|ling|nano|weaver"
    "|intellect|reflection|switchpoint|mini|small|large|text|open"
)
"""First words of names that are words before all; they go with the whole name alone."""

_PERSON = (
    r"\b(?:I|me|my|myself|as an?|ich|mein\w*|mich|bin|als|je|mon|moi|suis|tant|yo|soy|mi|mis|sono|mio|eu|sou"
    r"|meu|ben|benim|adım|ik|jestem|mnie|я|меня|мной|мне|моя)\b"
    r"|\w(?:[ıiuü]m|m[ae]y[ıi]m)\b|\bj['’]|我|本人|本模型|私|わたし|僕|当モデル|저는|나는|제가|أنا"
    r"|^\W*(?:(?:made|trained|developed|built|created|powered|by|model|name)\b|由)"
)
_IDENTITY = (
    r"\b(?:AI|A\.I\.|KI|IA|LLM|ИИ|I am|I['’]m|ich bin|je suis|soy|sono|sou|ik ben|jestem|ben|by|name[ds]?"
    r"|called|yapay zek[aâ]\w*|\w*bot|\w*assistant\w*|asistan\w*|asistente|assistente|\w*assistent\w*"
    r"|\w*model\w*|modèle|train\w*|develop\w*|made|built|powered|entwick\w*|trainier\w*|heiße|développ\w*|entraîn\w*"
    r"|conçu\w*"
    r"|créé\w*|appelle|desarroll\w*|entrena\w*|crea\w*|llamo|svilupp\w*|addestra\w*|chiamo|desenvolv\w*|treina\w*"
    r"|cria\w*|chamo|geliştir\w*|eğit\w*|oluştur\w*|adım|ontwikkel\w*|getraind|stworz\w*|разработ\w*|обуч\w*"
    r"|созда\w*|модел\w*|зовут)\b"
    r"|我是|模型|助手|人工智能|开发|開發|训练|訓練|由|開発|モデル|アシスタント|学習|私は|모델|개발|인공지능|نموذج|طور"
)
_OF_ITSELF = re.compile(rf"(?=.*?(?:{_PERSON}))(?=.*?(?:{_IDENTITY}))", re.IGNORECASE | re.DOTALL)
_SIGNED = re.compile(
    r"\b(?:generated|written|created|made|answered|built|author\w*|model|assistant|name|I am|I['’]m)\b",
    re.IGNORECASE,
)

_SENTENCES = re.compile(r"(?:[^\n.!?。！？]|[.!?](?=\w))+[\n.!?。！？]*|[\n.!?。！？]+")
_BLOCK = re.compile(
    r"(^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\2[`~]*[ \t]*$|\Z))", re.MULTILINE | re.DOTALL
)
_VARIANT = (
    r"(?:[ \-‑_:.]?(?:v?\d[\w.]*\w|v?\d|opus|sonnet|haiku|fable|instant|flash|pro|mini|nano|ultra|lite|turbo"
    r"|large|medium|small|plus|max|instruct|chat|coder?|thinking|preview|latest|oss|omni|vl|scout|maverick|free)"
    r"(?![A-Za-z]))*"
)
_SEVERAL = re.compile(rf"{re.escape(MASK)}(?:[ :/\-]*{re.escape(MASK)})+")


def labels(count: int) -> list[str]:
    """Letters that stand for so many lanes: A, B, C …, and after Z two of them."""
    letters = [chr(ord("A") + number) for number in range(26)]
    doubled = (one + other for one in letters for other in letters)
    return [*letters, *doubled][:count]


def order(turn_id: str, lane_names: Iterable[str]) -> list[str]:
    """The lanes shuffled: always the same for one turn, however they came, and another for the next turn."""
    return sorted(lane_names, key=lambda name: hashlib.sha256(f"{turn_id}\0{name}".encode()).digest())


def masked(text: str, models: Iterable[Model]) -> str:
    """The text without the names of these models and their makers, nor of those that are widely known.

    A name that is also a word, or that of a company with other fame, goes only from sentences in which
    the writer speaks of itself. In a fenced block whole names of these models go, others only from
    lines that name a writer: a program that calls somebody's API stays a program.
    """
    names = _names(tuple(models))
    pieces = []
    # The pattern has two groups, so every third piece is a block and the one after it its fence.
    parts = _BLOCK.split(text)
    for place, part in enumerate(parts):
        if place % 3 == 0:
            pieces += [names.hidden(sentence) for sentence in _SENTENCES.findall(part)]
        elif place % 3 == 1:
            pieces += [names.hidden_in_code(line) for line in part.splitlines(keepends=True)]
    return _SEVERAL.sub(MASK, "".join(pieces))


@dataclass(frozen=True, slots=True)
class _Names:
    whole: re.Pattern[str]
    """Names and ids of models in full, which nobody writes for another reason."""
    unmistakable: re.Pattern[str]
    proper: re.Pattern[str]
    common: re.Pattern[str]

    def hidden(self, sentence: str) -> str:
        about = _OF_ITSELF.match(sentence)
        patterns = [self.whole, self.unmistakable, self.proper, *([self.common] if about else [])]
        return self._without(patterns, sentence)

    def hidden_in_code(self, line: str) -> str:
        signed = _SIGNED.search(line) or _OF_ITSELF.match(line)
        patterns = [self.unmistakable, self.proper, self.common] if signed else []
        return self._without([self.whole, *patterns], line)

    @staticmethod
    def _without(patterns: Iterable[re.Pattern[str]], text: str) -> str:
        for pattern in patterns:
            text = pattern.sub(MASK, text)
        return text


@lru_cache(maxsize=64)
def _names(models: tuple[Model, ...]) -> _Names:
    whole = {name for model in models for name in _whole(model)}
    words = {word for model in models for word in _words(model) if word.casefold() not in _WORDS}
    ambiguous = {name.casefold() for name in _COMMON | _PROPER}
    fresh = {word for word in words if word.casefold() not in ambiguous and len(word) > 2}
    return _Names(
        whole=_any(whole, variants=False, flags=re.IGNORECASE),
        unmistakable=_any(_UNMISTAKABLE | fresh, flags=re.IGNORECASE),
        proper=_any({spelling for name in _PROPER for spelling in (name, name.upper())}),
        common=_any(_COMMON | _PROPER | words, flags=re.IGNORECASE),
    )


def _whole(model: Model) -> Iterator[str]:
    slug = model.id.rpartition("/")[2].partition(":")[0]
    name = model.name.rpartition(": ")[2].partition(" (")[0].strip()
    yield from (model.id, model.name)
    # One word could be any word: "auto", "free".
    yield from (title for title in (slug, name) if re.search(r"\w[\s\-_.]+\w|\d", title) and len(title) > 2)


def _words(model: Model) -> Iterator[str]:
    """The maker of a model and the first word of its name, as its id and its name have them."""
    maker, _, slug = model.id.lstrip("~").rpartition("/")
    titled, _, name = model.name.rpartition(": ")
    yield from (maker, maker.replace("-", " "), titled)
    for title in (slug, name):
        if (first := re.match(r"[^\W\d_]+", title)) is not None:
            # "o1" is a name, "o" is not.
            yield first[0] if len(first[0]) > 2 else re.split(r"[\s\-_:]", title)[0]


def _any(names: Iterable[str], *, variants: bool = True, flags: int = 0) -> re.Pattern[str]:
    """Any of the names, the longest first, with what follows one of a model's variants: "GPT-4o mini"."""
    spelled = []
    for name in sorted(filter(None, names), key=lambda name: (-len(name), name)):
        pattern = re.sub(r"(?:\\?[\s\-_])+", r"[\\s\\-‑_]*", re.escape(name))
        latin = name[0].isascii()
        spelled.append(rf"(?<![A-Za-z0-9]){pattern}(?:s|AI|(?![A-Za-z]))" if latin else pattern)
    if not spelled:
        return re.compile(r"(?!)")
    return re.compile(rf"(?:{'|'.join(spelled)})" + (rf"(?i:{_VARIANT})" if variants else ""), flags)
