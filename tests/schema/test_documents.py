"""Documents are understood once per text, and kept; what is above a limit is not executed."""

from graphql import GraphQLError

from gateway.errors import Code, TooMany
from gateway.schema.build import core_schema
from gateway.schema.documents import Documents
from gateway.schema.limits import Limits


def documents(**limits: int) -> Documents:
    return Documents(core_schema(), Limits(**limits))


def code(error: GraphQLError) -> Code:
    assert isinstance(error.original_error, TooMany)
    return error.original_error.problem.code


def test_a_text_is_understood_once():
    known = documents()
    assert known.get("{ __typename }") is known.get("{ __typename }")
    assert known.get("{ __typename  }") is not known.get("{ __typename }")


def test_a_place_in_a_text_is_searched_for_once():
    """A thousand rows may fail at one field, and each says where that is."""
    (error,) = documents().get("{ nothing }").errors
    assert error.source is not None
    assert error.source.get_location(2) is error.source.get_location(2)


def test_a_text_with_errors_is_kept_too():
    known = documents()
    first = known.get("{ nothing }")
    assert first.errors
    assert known.get("{ nothing }") is first


def test_only_the_last_texts_are_kept_and_none_that_is_long():
    known = documents()
    first, long = known.get("{ __typename }"), known.get("{ __typename }" + " " * 20_000)
    for count in range(255):
        known.get(f"{{ a{count}: __typename }}")
    assert known.get("{ __typename }") is first
    assert known.get("{ __typename }" + " " * 20_000) is not long
    for count in range(256):
        known.get(f"{{ b{count}: __typename }}")
    assert known.get("{ __typename }") is not first


def test_of_texts_that_are_not_short_fewer_are_kept():
    known = documents()
    texts = [f"{{ a{count}: __typename }}".ljust(16 * 1024) for count in range(33)]
    first, second = known.get(texts[0]), known.get(texts[1])
    for text in texts:
        known.get(text)
    assert known.get(texts[1]) is second
    assert known.get(texts[0]) is not first


def test_a_document_of_too_many_tokens_names_the_setting():
    (error,) = documents(tokens=10).get("{" + " __typename" * 10 + "}").errors
    assert code(error) is Code.TOO_MANY
    assert "limits.max_tokens" in str(error.original_error.problem.hint)  # type: ignore[union-attr]  # looked at above


def test_what_is_too_big_is_not_validated():
    (error,) = documents(root_fields=1).get("{ nothing nowhere }").errors
    assert code(error) is Code.TOO_MANY


def test_errors_of_validation_are_bounded():
    document = documents(root_fields=1000).get("{" + " ".join(f"nothing{n}" for n in range(500)) + "}")
    assert len(document.errors) == 6  # the last says that there are more
