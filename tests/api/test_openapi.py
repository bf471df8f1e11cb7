from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.openapi.models import OpenAPI

from tests.api.steps import CODES, ERROR, accepted
from tests.api.test_access import OK, TABLE

Schema = dict[str, Any]
NEEDS_NOBODY = {"/health", "/ready"}


@pytest.fixture
def schema(shared: httpx2.Client) -> Schema:
    return accepted(shared.get("/openapi.json"))


def operations(schema: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def inside(node: Any) -> Iterator[Schema]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from inside(child)


def test_the_document_is_valid_openapi(schema: Schema) -> None:
    """By its model, with every reference resolved and every operation named once."""
    OpenAPI.model_validate(schema)
    components = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    references = {node["$ref"] for node in inside(schema) if "$ref" in node}
    names = [operation["operationId"] for _, _, operation in operations(schema)]

    assert schema["openapi"].startswith("3.1")
    assert references == components
    assert len(names) == len(set(names))


def test_path_parameters_are_those_of_the_path(schema: Schema) -> None:
    """Each is declared, required, and explained as all other parameters are."""
    for _, path, operation in operations(schema):
        parameters = operation.get("parameters", [])
        declared = {f"{{{p['name']}}}" for p in parameters if p["in"] == "path" and p["required"]}
        assert declared == {part for part in path.split("/") if part.startswith("{")}
        assert all(parameter["description"] for parameter in parameters), path


def test_every_operation_is_described(schema: Schema) -> None:
    """In words, under a tag, with what security it asks for."""
    for _, path, operation in operations(schema):
        assert operation["summary"]
        assert operation["description"], path
        assert operation["tags"], path
        assert (path in NEEDS_NOBODY) is ("security" not in operation)


def test_every_answer_is_typed(schema: Schema) -> None:
    """200 by a schema of its own, refusals by the one envelope; nothing is ever a 422."""
    for _, path, operation in operations(schema):
        answers = operation["responses"]
        assert "422" not in answers
        assert "$ref" in content(answers["200"])["schema"], path
        for status, answer in answers.items():
            assert answer["description"]
            if status != "200" and path not in NEEDS_NOBODY:
                assert content(answer)["schema"]["$ref"].endswith("/ErrorResponse")


def content(answer: Schema) -> Schema:
    found: Schema = answer["content"]["application/json"]
    return found


def test_every_refusal_is_shown_as_it_comes(schema: Schema) -> None:
    """With an example for each number, in the envelope."""
    for _, path, operation in operations(schema):
        if path in NEEDS_NOBODY:
            continue
        for status, answer in operation["responses"].items():
            if status == "200":
                continue
            examples = content(answer)["examples"]
            assert examples, path
            for code, example in examples.items():
                error = example["value"]["error"]
                assert set(error) == ERROR
                assert code == error["code"] == CODES[error["number"]]
                assert code in answer["description"]


def test_what_callers_are_refused_with_is_documented(schema: Schema) -> None:
    """All that the table of access tells, and what may happen to any call."""
    for method, path, operation in operations(schema):
        if path in NEEDS_NOBODY:
            continue
        told = operation["responses"]
        for status, number in TABLE[method, path][2]:
            if (status, number) != OK:
                assert CODES[number] in content(told[str(status)])["examples"], path
        assert {"400", "401", "403", "500", "503"} <= set(told), path
        assert ("requestBody" in operation) is ("413" in told), path


def test_requests_and_answers_have_examples(schema: Schema) -> None:
    """Each with every field that is always there, and none that is unknown."""
    for name, component in schema["components"]["schemas"].items():
        if any("$ref" in node for node in inside(component)):
            continue
        assert component["examples"], name
        nullable = {n for n, p in component["properties"].items() if {"type": "null"} in inside(p)}
        for example in component["examples"]:
            assert set(component.get("required", ())) - nullable <= set(example), name
            assert set(example) <= set(component["properties"]), name


def test_examples_of_requests_are_taken(schema: Schema, shared: httpx2.Client) -> None:
    """By the service itself: whatever they name may be missing, but their form is right."""
    for method, path, operation in operations(schema):
        if "requestBody" not in operation:
            continue
        (name,) = (
            node["$ref"].rpartition("/")[2]
            for node in inside(operation["requestBody"])
            if "$ref" in node
        )
        url = path.replace("{", "").replace("}", "")
        for example in schema["components"]["schemas"][name]["examples"]:
            answer = shared.request(method, url, json=example)
            assert answer.status_code != 400, (path, answer.text)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_can_be_read(shared: httpx2.Client, path: str) -> None:
    """As a page that loads the document."""
    page = shared.get(path)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "/openapi.json" in page.text
