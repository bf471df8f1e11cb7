from app.bus.frames import Frame, UserFrame
from app.bus.local import LocalBus

FRAME = UserFrame(user_id="pat", payload=b"{}")


def test_every_receiver_gets_every_frame() -> None:
    """In the order of publishing; the connections that each reached are added up."""
    heard: list[tuple[str, Frame]] = []

    def receiver(name: str, reached: int) -> None:
        def receive(frame: Frame) -> int:
            heard.append((name, frame))
            return reached

        bus.subscribe(receive)

    bus = LocalBus()
    receiver("one", 2)
    receiver("two", 3)
    assert bus.publish(FRAME) == 5
    assert heard == [("one", FRAME), ("two", FRAME)]


def test_nobody_receives() -> None:
    """A frame that nobody wants reaches nobody."""
    assert LocalBus().publish(FRAME) == 0
