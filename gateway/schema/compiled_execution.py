"""Where graphql-core, executing an operation, makes a value the compiled way, and where its own."""

from collections.abc import Awaitable
from operator import attrgetter
from typing import Any, Final, cast

from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.info import Info

from gateway.schema.awaited import AwaitedField, awaited
from gateway.schema.completion import Asked, compiled
from gateway.schema.variants import Completion, Completions

_node: Final = attrgetter("node")


class CompiledExecution(StrawberryGraphQLCoreExecutionContext):
    """The execution of one operation by graphql-core, with compiled completion wherever that is possible."""

    _has_objects = False
    """Whether variables hold input objects, not what graphql-core makes of these."""

    def __init__(self, *args: Any, completions: Completions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._variant = completions.under(self.variable_values.coerced)
        self._infos: dict[int, Info[Any, Any]] = {}

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """The completed value of a field of an object."""
        field = self._awaited(parent_type, field_details_list) if self._has_objects else None
        given = None if field is None else field.arguments(self.variable_values.coerced)
        if field is None or given is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        return self._resolved(field, source, given, field_details_list, path)

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The selected fields of an object."""
        completion = self._completion(return_type, field_details_list)
        done = completion and self._attempt(completion, result)
        if completion is None or done is None:
            args = return_type, field_details_list, path, result, position_context
            return super().collect_and_execute_subfields(*args)
        if not completion.left:
            return done
        rest = self.execute_fields(return_type, result, path, completion.left, position_context)
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
        completion = self._completion(return_type, field_details_list)
        done = completion and self._attempt(completion, result)
        if done is None:
            args = return_type, field_details_list, info, path, result, position_context
            return super().complete_list_value(*args)
        return done

    def info_of(self, asked: Asked) -> Info[Any, Any]:
        """What a resolver may know of the operation: one for all rows, and so without a path."""
        if id(asked) not in self._infos:
            definition, nodes, parent, field = asked
            raw = self.build_resolve_info(definition, nodes, parent, cast("Path", None))
            self._infos[id(asked)] = Info(_raw_info=raw, _field=field)
        return self._infos[id(asked)]

    def _awaited(self, parent: GraphQLObjectType, details: FieldDetailsList) -> AwaitedField | None:
        key, known = (parent, *map(id, map(_node, details))), self._variant.awaited
        if key not in known:
            known[key] = awaited(parent, [it.node for it in details])
        return known[key]

    async def _resolved(
        self, field: AwaitedField, source: Any, given: dict[str, Any], details: FieldDetailsList, path: Path
    ) -> Any:
        """The completed value of a field that awaits it."""
        definition = field.definition
        raw = self.build_resolve_info(definition, field.nodes, field.parent, path)
        try:
            value = await field.resolver(source, info=Info(_raw_info=raw, _field=field.field), **given)
            if value.__class__ is field.made:
                completed = self.collect_and_execute_subfields(field.shown, details, path, value, None)
            else:
                completed = self.complete_value(definition.type, details, raw, path, value, None)
            return await completed if self.is_awaitable(completed) else completed
        except Exception as error:  # noqa: BLE001 - graphql-core locates it
            self.handle_field_error(error, definition.type, details, path)
            return None

    def _completion(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Completion | None:
        key = (type_, *map(id, map(_node, details)))
        if key not in self._variant:
            self._variant[key] = compiled(self, type_, details)
        return self._variant[key]

    def _attempt(self, completion: Completion, value: Any) -> Any:
        """The completed value, less what is left of it. None where graphql-core is to complete it."""
        try:
            return completion.complete(value, self)
        except Exception:  # noqa: BLE001 - graphql-core comes to it again, and says where
            return None


async def _joined(done: dict[str, Any], rest: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return done | await rest
