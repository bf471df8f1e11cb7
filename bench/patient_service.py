"""This service, with patients among those who are connected: their messages are for the AI."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.clients.group_patient import GroupPatient
from bench.clients.tally import Tally
from bench.clients.transcript import Transcript
from bench.clients.user import Place, User
from bench.groups import Group, stored_in
from bench.patients import (
    DOCTOR,
    PATIENT,
    Record,
    create_patients,
    records_of,
    said_by_patients,
    silence_ai,
)
from bench.service import ImService, Seat


@dataclass(frozen=True)
class PatientService(ImService):
    """So many in each group are `patients`, the others doctors."""

    patients: int = 1
    groups: list[Group] = field(default_factory=list)

    async def create_groups(self, count: int, size: int) -> list[Group]:
        roles = [PATIENT] * self.patients + [DOCTOR] * (size - self.patients)
        self.groups.extend(await create_patients(self.http, count, roles))
        return self.groups

    async def stored_in(self, groups: Sequence[Group]) -> list[int]:
        """The AI's replies too; it says nothing any more, so that these numbers stay true."""
        await silence_ai(self.http, groups)
        return await stored_in(self.http, groups)

    async def records(self) -> list[Record]:
        return await records_of(self.http, self.groups)

    async def said_by_patients(self) -> int:
        return await said_by_patients(self.http, self.groups)

    def member(self, place: Place, tally: Tally, seat: Seat) -> User:
        assert isinstance(seat.room, Transcript)  # noqa: S101 - made by the base
        return GroupPatient(place, tally, seat.room, seat.number)
