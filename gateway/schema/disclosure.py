"""What the schema tells of itself: by introspection, `_service`, and the names that errors suggest."""

import re
from collections.abc import Iterable
from typing import Any, Final

from graphql import FieldNode, GraphQLError, get_named_type, is_introspection_type
from graphql.validation import ASTValidationRule, ValidationRule, specified_rules

from gateway.errors import GatewayError

_SUGGESTION: Final = re.compile(r" Did you mean [^?]*\?")
_SERVICE: Final = "_service"


class Undisclosed(ValidationRule):
    """Refuses fields that tell of the schema. `__typename` tells of the answer, and stays."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        type_ = get_named_type(self.context.get_type())
        if node.name.value == _SERVICE or (type_ and is_introspection_type(type_)):
            message = f"{node.name.value} is not answered here. The setting is limits.introspection."
            self.report_error(GraphQLError(message, node))


def rules(*, introspection: bool) -> tuple[type[ASTValidationRule], ...]:
    """What documents are validated by."""
    return tuple(specified_rules) if introspection else (*specified_rules, Undisclosed)


def leave_out_suggestions(errors: Iterable[GraphQLError]) -> None:
    """Takes names of the schema that were not asked for out of what GraphQL's own errors say."""
    for error in errors:
        if not isinstance(error.original_error, GatewayError):
            error.message = _SUGGESTION.sub("", error.message)
