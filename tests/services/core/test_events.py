from structlog.testing import capture_logs

from app.services.core.events import EventDelivery, MemberAdded, MemberRemoved

ADDED = MemberAdded("group_1", "pat", "PATIENT", 0, "auto", 1)
REMOVED = MemberRemoved("group_1", "pat", "PATIENT", 2)


def test_handlers_by_kind() -> None:
    """Each event goes to those who asked for its kind, in the order of events and of handlers."""
    heard: list[tuple[str, object]] = []
    delivery = EventDelivery()
    delivery.subscribe(MemberAdded, lambda event: heard.append(("first", event)))
    delivery.subscribe(MemberAdded, lambda event: heard.append(("second", event)))
    delivery.subscribe(MemberRemoved, lambda event: heard.append(("third", event)))
    delivery.deliver([REMOVED, ADDED])
    assert heard == [("third", REMOVED), ("first", ADDED), ("second", ADDED)]


def test_nobody_asked() -> None:
    """An event without handlers is passed over."""
    EventDelivery().deliver([ADDED, object()])


def test_failing_handler() -> None:
    """Is logged, and harms neither the other handlers nor the events behind it."""
    heard: list[object] = []

    def fail(_event: MemberAdded) -> None:
        raise ZeroDivisionError

    delivery = EventDelivery()
    delivery.subscribe(MemberAdded, fail)
    delivery.subscribe(MemberAdded, heard.append)
    with capture_logs() as logs:
        delivery.deliver([ADDED, ADDED])
    assert heard == [ADDED, ADDED]
    assert [line["event_type"] for line in logs] == ["MemberAdded", "MemberAdded"]
