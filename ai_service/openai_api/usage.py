import re

from ai_service.engine import EngineRequest

_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\s\u3400-\u9fff\uf900-\ufaff]+")


def usage(asked: EngineRequest, reply: str) -> dict[str, int]:
    """An estimate: a word counts as a token, and so does a Chinese character."""
    texts = [asked.system or "", *(entry.content for entry in asked.history), asked.message]
    prompt, completion = sum(map(_tokens, texts)), _tokens(reply)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _tokens(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))
