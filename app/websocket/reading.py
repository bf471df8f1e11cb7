from collections.abc import Collection

from app.db.session import AsyncDoor
from app.repositories.batch import GroupStates
from app.services.core.hub_service import HubService, Stretch
from app.services.core.records import Membership


class HubReader:
    """How the hub asks the database."""

    def __init__(self, door: AsyncDoor) -> None:
        self._door = door

    async def between(self, group_id: str, after: int, before: int) -> Stretch:
        return await self._door.read(lambda db: HubService(db).between(group_id, after, before))

    async def states(self, group_ids: Collection[str]) -> GroupStates:
        return await self._door.read(lambda db: HubService(db).states(group_ids))

    async def memberships(self, user_ids: Collection[str]) -> dict[str, list[Membership]]:
        return await self._door.read(lambda db: HubService(db).memberships(user_ids))
