"""The variants of a document: what its selections come to, as the flags in `@skip` and `@include` have it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import DocumentNode, OperationDefinitionNode, print_ast
from graphql.execution.collect_fields import GroupedFieldSet

if TYPE_CHECKING:
    from gateway.schema.awaited import AwaitedField
    from gateway.schema.compiled_execution import CompiledExecution


class Completion(NamedTuple):
    """What completes a value, and the fields of it that are `left` to graphql-core."""

    complete: Callable[[Any, "CompiledExecution"], Any]
    left: GroupedFieldSet


_MOST: Final = 16
"""Of one document: how many combinations of its flags are kept."""


class Variant(dict[tuple[object, ...], Completion | None]):
    """Completions by type and nodes, None where there is none, and the `first` execution, if one was made.

    `awaited` are the fields that are called directly, by type and nodes, None for all others. `selections`
    are the attributes of events that were found to be selected, by the nodes above them.
    """

    first: "CompiledExecution | None" = None

    def __init__(self) -> None:
        super().__init__()
        self.awaited: dict[tuple[object, ...], AwaitedField | None] = {}
        self.selections: dict[tuple[object, ...], Any] = {}


class Completions:
    """All completions of one document, made when they are first needed."""

    def __init__(self, document: DocumentNode) -> None:
        self.document: Final = document
        operations = [it for it in document.definitions if isinstance(it, OperationDefinitionNode)]
        variables = [it for operation in operations for it in operation.variable_definitions or ()]
        flags = [it for it in variables if print_ast(it.type) in {"Boolean", "Boolean!"}]
        self._conditions = [it.variable.name.value for it in flags]
        self._variants: dict[tuple[object, ...], Variant] = {}

    def under(self, variables: Mapping[str, object]) -> Variant:
        """Those for variables by which `@skip` and `@include` leave out the same."""
        values = tuple(map(variables.get, self._conditions))
        if values not in self._variants:
            if len(self._variants) >= _MOST:
                self._variants.clear()
            self._variants[values] = Variant()
        return self._variants[values]
