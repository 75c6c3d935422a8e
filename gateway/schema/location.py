"""Where an event takes place."""

from typing import Self

import strawberry

from gateway.errors import InvalidInput
from gateway.model import event as model
from gateway.schema.enums import LocationType, LocationUniqueIdType, by_name
from gateway.schema.person import plain_address
from gateway.schema.scalars import URL


@strawberry.type(description="A street address.")
class PostalAddress:
    street: str | None = strawberry.field(description="Street and number.")
    city: str | None = strawberry.field(description="City.")
    state: str | None = strawberry.field(description="State or province.")
    country_or_region: str | None = strawberry.field(description="Country or region.")
    postal_code: str | None = strawberry.field(description="Postal code.")

    @classmethod
    def of(cls, address: model.PostalAddress) -> Self:
        return cls(
            street=address.street,
            city=address.city,
            state=address.state,
            country_or_region=address.country_or_region,
            postal_code=address.postal_code,
        )


@strawberry.type(description="A place on earth.")
class Coordinates:
    latitude: float | None = strawberry.field(description="Degrees north.")
    longitude: float | None = strawberry.field(description="Degrees east.")
    altitude: float | None = strawberry.field(description="Metres above sea level.")
    accuracy: float | None = strawberry.field(description="How exact latitude and longitude are, in metres.")
    altitude_accuracy: float | None = strawberry.field(description="How exact the altitude is, in metres.")

    @classmethod
    def of(cls, place: model.Coordinates) -> Self:
        return cls(
            latitude=place.latitude,
            longitude=place.longitude,
            altitude=place.altitude,
            accuracy=place.accuracy,
            altitude_accuracy=place.altitude_accuracy,
        )


@strawberry.type(description="Where an event takes place.")
class EventLocation:
    display_name: str | None = strawberry.field(description="What people call it.")
    address: PostalAddress | None = strawberry.field(description="Its street address.")
    coordinates: Coordinates | None = strawberry.field(description="Its place on earth.")
    email: str | None = strawberry.field(description="Its e-mail address, as rooms have one.")
    uri: URL | None = strawberry.field(description="An address on the web.")
    type: LocationType | None = strawberry.field(description="What kind of place it is.")
    unique_id: str | None = strawberry.field(description="Graph's uniqueId, for internal use.")
    unique_id_type: LocationUniqueIdType | None = strawberry.field(
        description="Graph's uniqueIdType, for internal use."
    )

    @classmethod
    def of(cls, place: model.EventLocation) -> Self:
        return cls(
            display_name=place.display_name,
            address=PostalAddress.of(place.address) if place.address else None,
            coordinates=Coordinates.of(place.coordinates) if place.coordinates else None,
            email=place.email,
            uri=None if place.uri is None else URL(place.uri),
            type=by_name(LocationType, place.location_type),
            unique_id=place.unique_id,
            unique_id_type=by_name(LocationUniqueIdType, place.unique_id_type),
        )


@strawberry.input(description="A street address.")
class PostalAddressInput:
    street: str | None = strawberry.field(default=None, description="Street and number.")
    city: str | None = strawberry.field(default=None, description="City.")
    state: str | None = strawberry.field(default=None, description="State or province.")
    country_or_region: str | None = strawberry.field(default=None, description="Country or region.")
    postal_code: str | None = strawberry.field(default=None, description="Postal code.")

    def to_model(self) -> model.PostalAddress:
        return model.PostalAddress(
            street=self.street,
            city=self.city,
            state=self.state,
            country_or_region=self.country_or_region,
            postal_code=self.postal_code,
        )


@strawberry.input(description="A place on earth.")
class CoordinatesInput:
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")
    altitude: float | None = strawberry.field(default=None, description="Metres above sea level.")
    accuracy: float | None = strawberry.field(
        default=None, description="How exact latitude and longitude are, in metres."
    )
    altitude_accuracy: float | None = strawberry.field(
        default=None, description="How exact the altitude is, in metres."
    )

    def to_model(self) -> model.Coordinates:
        return model.Coordinates(
            latitude=_degrees("latitude", self.latitude, 90),
            longitude=_degrees("longitude", self.longitude, 180),
            altitude=self.altitude,
            accuracy=self.accuracy,
            altitude_accuracy=self.altitude_accuracy,
        )


def _degrees(name: str, value: float, most: int) -> float:
    if abs(value) > most:
        raise InvalidInput(
            f"A {name} of {value:g} is not on earth: it lies between {-most} and {most}.",
            path=("coordinates", name),
        )
    return value


@strawberry.input(description="Where an event takes place.")
class EventLocationInput:
    display_name: str = strawberry.field(description="What people call it.")
    address: PostalAddressInput | None = strawberry.field(default=None, description="Its street address.")
    coordinates: CoordinatesInput | None = strawberry.field(default=None, description="Its place on earth.")
    email: str | None = strawberry.field(default=None, description="Its e-mail address, as rooms have one.")
    uri: str | None = strawberry.field(default=None, description="An address on the web.")
    type: LocationType | None = strawberry.field(default=None, description="What kind of place it is.")
    unique_id: str | None = strawberry.field(default=None, description="Graph's uniqueId.")
    unique_id_type: LocationUniqueIdType | None = strawberry.field(
        default=None, description="Who knows the place by `uniqueId`."
    )

    def to_model(self) -> model.EventLocation:
        if not self.display_name.strip():
            raise InvalidInput("A location needs a name.", path=("displayName",))
        return model.EventLocation(
            display_name=self.display_name,
            address=self.address.to_model() if self.address else None,
            coordinates=self.coordinates.to_model() if self.coordinates else None,
            email=self.email
            and plain_address(self.email, hint="what people call it goes into `displayName`"),
            uri=self.uri,
            location_type=by_name(model.LocationType, self.type),
            unique_id=self.unique_id,
            unique_id_type=by_name(model.LocationUniqueIdType, self.unique_id_type),
        )
