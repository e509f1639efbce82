"""The images of a file, each named by its SHA-256 or by the https address that was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from madlen import images
from madlen.errors import MadlenError, Unacceptable
from madlen.files import shapes
from madlen.files.pieces import Piece
from madlen.types import Picture

BY_HASH = "sha256:"


class Album:
    """The images of a file, decoded when they are first shown; those that cannot be are told once."""

    def __init__(self, table: Mapping[str, Piece]) -> None:
        self._table = table
        self._seen: dict[str, Picture | None] = {}
        self.told: list[str] = []

    def shown(self, references: Iterable[str], where: str) -> tuple[Picture, ...]:
        found = []
        for number, reference in enumerate(references):
            if reference not in self._seen:
                self._seen[reference] = self._decoded(reference, f"{where}.images[{number}]")
            picture = self._seen[reference]
            if picture is not None:
                found.append(picture)
        return tuple(found)

    def _decoded(self, reference: str, where: str) -> Picture | None:
        try:
            if not reference.startswith(BY_HASH):
                return images.from_url(reference)
            piece = self._table.get(reference.removeprefix(BY_HASH))
            if piece is None:
                raise Unacceptable("The file does not hold its bytes.")
            image = shapes.Image.model_validate_json(piece.text())
            return images.from_url(f"data:image/png;base64,{image.base64}")
        except ValidationError as error:
            self.told.append(f"{where} was not taken: {shapes.sentence(error.errors(), 'images')}")
        except MadlenError as error:
            self.told.append(f"{where} was not taken: {error}")
        return None
