"""Where graphql-core, executing an operation, completes a value the compiled way, and where its own."""

from collections.abc import Awaitable
from typing import Any, cast

from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.info import Info

from gateway.schema.completion import Asked, compiled
from gateway.schema.variants import Completions


class CompiledExecution(StrawberryGraphQLCoreExecutionContext):
    """The execution of one operation by graphql-core, with compiled completion wherever that is possible."""

    def __init__(self, *args: Any, completions: Completions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._variant = completions.under(self.variable_values.coerced)
        self._infos: dict[int, Info[Any, Any]] = {}

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The selected fields of an object."""
        attempt = self._attempt(return_type, field_details_list, result)
        if attempt is None:
            args = return_type, field_details_list, path, result, position_context
            return super().collect_and_execute_subfields(*args)
        done, left = attempt
        rest = self.execute_fields(return_type, result, path, left, position_context) if left else {}
        return _joined(done, rest) if self.is_awaitable(rest) else done | rest

    def complete_list_value(  # noqa: PLR0917 - graphql-core's
        self,
        return_type: GraphQLList[Any],
        field_details_list: FieldDetailsList,
        info: Any,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The items of a list."""
        attempt = self._attempt(return_type, field_details_list, result)
        if attempt is None:
            args = return_type, field_details_list, info, path, result, position_context
            return super().complete_list_value(*args)
        return attempt[0]

    def info_of(self, asked: Asked) -> Info[Any, Any]:
        """What a resolver may know of the operation: one for all rows, and so without a path."""
        if id(asked) not in self._infos:
            definition, nodes, parent, field = asked
            raw = self.build_resolve_info(definition, nodes, parent, cast("Path", None))
            self._infos[id(asked)] = Info(_raw_info=raw, _field=field)
        return self._infos[id(asked)]

    def _attempt(
        self, type_: GraphQLOutputType, details: FieldDetailsList, value: Any
    ) -> tuple[Any, GroupedFieldSet] | None:
        """The completed value, and the fields left out of it. None where graphql-core is to complete it."""
        key = (type_, *[id(it.node) for it in details])
        if key not in self._variant:
            self._variant[key] = compiled(self, type_, details)
        if (completion := self._variant[key]) is None:
            return None
        try:
            return completion[0](value, self), completion[1]
        except Exception:  # noqa: BLE001 - graphql-core comes to it again, and says where
            return None


async def _joined(done: dict[str, Any], rest: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return done | await rest
