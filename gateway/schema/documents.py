"""Documents that were parsed, held against the limits and validated once per text."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    Source,
    SourceLocation,
    parse,
    validate,
)
from strawberry.schema.exceptions import CannotGetOperationTypeError

from gateway.schema.arguments import DirectResolvers
from gateway.schema.disclosure import leave_out_suggestions, rules
from gateway.schema.limits import Limits, check_document, check_numbers, too_many
from gateway.schema.operation import Operation
from gateway.schema.price import Pricing

_KEPT: Final = 256
_LONGEST_KEPT: Final = 16 * 1024
"""In characters: a longer text is one that nobody sends twice, for its values are written into it."""
_MOST_CHARACTERS: Final = 512 * 1024
"""Of all that are kept: what a text is understood as takes up to a hundred bytes for each character of it."""
_MAX_ERRORS: Final = 5
"""Each costs up to four milliseconds, for the suggestions that it makes and the values that it quotes."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it was understood: either its errors, or its operations by their names.

    Under no name there is the only one.
    """

    errors: tuple[GraphQLError, ...] = ()
    operations: Mapping[str | None, Operation] = {}

    def operation(self, name: str | None) -> Operation:
        """The one of that name, or the only one. Raises CannotGetOperationTypeError if there is none."""
        operation = self.operations.get(name)
        if operation is None:
            raise CannotGetOperationTypeError(name)
        return operation


class _Text(Source):
    """A document's text, which is searched for a place once, however many rows fail there."""

    def __init__(self, body: str) -> None:
        super().__init__(body)
        self._places: dict[int, SourceLocation] = {}

    def get_location(self, position: int) -> SourceLocation:
        if position not in self._places:
            self._places[position] = super().get_location(position)
        return self._places[position]


class Documents:
    """The documents of one schema, the last ones kept; a text of its own is a document of its own."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._resolvers = DirectResolvers(schema)
        self._limits = limits
        self._rules = rules(introspection=limits.introspection)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def get(self, text: str) -> Document:
        """What a text says. Its errors are the same each time, and are not raised."""
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
            return document
        document = self._understand(text)
        if len(text) <= _LONGEST_KEPT:
            self._keep(text, document)
        return document

    def _keep(self, text: str, document: Document) -> None:
        self._kept[text] = document
        self._characters += len(text)
        while len(self._kept) > _KEPT or self._characters > _MOST_CHARACTERS:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)

    def _understand(self, text: str) -> Document:
        try:
            ast = parse(_Text(text), max_tokens=self._limits.tokens)
            check_numbers(ast)
            check_document(ast, self._limits)
        except GraphQLSyntaxError as exc:
            return Document(errors=(self._syntax_error(exc),))
        except GraphQLError as exc:
            return Document(errors=(exc,))
        errors = validate(self._schema, ast, self._rules, max_errors=_MAX_ERRORS)
        if not self._limits.suggestions:
            leave_out_suggestions(errors)
        if errors:
            return Document(errors=tuple(errors))
        operations = {it.name: it for it in self._operations(ast)}
        if len(operations) == 1:
            operations[None] = next(iter(operations.values()))
        return Document(operations=operations)

    def _syntax_error(self, error: GraphQLSyntaxError) -> GraphQLError:
        """The error, or that for the limit of tokens, after which the parser stops."""
        if f"more than {self._limits.tokens} tokens" not in error.message:
            return error
        return too_many(self._limits, "tokens", "more")

    def _operations(self, ast: DocumentNode) -> Iterator[Operation]:
        fragments = {it.name.value: it for it in ast.definitions if isinstance(it, FragmentDefinitionNode)}
        pricing = Pricing(self._schema, fragments)
        for node in ast.definitions:
            if isinstance(node, OperationDefinitionNode):
                yield Operation(
                    self._schema,
                    ast,
                    node,
                    fragments=fragments,
                    price=pricing.price(node),
                    resolvers=self._resolvers,
                )
