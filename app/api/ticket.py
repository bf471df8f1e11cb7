from fastapi import APIRouter

from app.api.openapi import refusals
from app.dependencies import DOCUMENTED_CALLER, CallerDep, ContainerDep
from app.schemas.common import Answer, example
from app.security.tickets import TICKET_SECONDS

router = APIRouter(prefix="/api", tags=["sockets"], dependencies=DOCUMENTED_CALLER)


class TicketResponse(Answer):
    model_config = example(ticket="3yC0vKp1lQ…", expires_in=TICKET_SECONDS)

    ticket: str
    expires_in: int


@router.post("/ws-ticket", responses=refusals())
async def create_ticket(container: ContainerDep, caller: CallerDep) -> TicketResponse:
    """For browsers, which cannot send a header with a socket: `/ws/{user_id}?ticket=…`, once."""
    ticket = await container.identity.tickets.issue(caller)
    return TicketResponse(ticket=ticket, expires_in=TICKET_SECONDS)
