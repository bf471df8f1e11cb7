"""What the processes on a bus tell each other about themselves, and how everything is encoded."""

import msgspec

from app.bus.frames import (
    BusFrame,
    ConnectionFrame,
    Frame,
    GroupFrame,
    MemberFrame,
    StreamCall,
    UserFrame,
)

ORIGIN_BYTES = 8


class Beat(BusFrame, frozen=True):
    """Once a second. `instance` hears its own as well, and so knows that the bus carries."""

    instance: str


class Lost(BusFrame, frozen=True):
    """Frames of this instance may not have reached the others."""

    instance: str


class Bye(BusFrame, frozen=True):
    """Stops in order: everything has been told."""

    instance: str


Signal = Beat | Lost | Bye

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Frame | Signal] = msgspec.msgpack.Decoder(
    GroupFrame | MemberFrame | UserFrame | ConnectionFrame | StreamCall | Beat | Lost | Bye
)


def encode(origin: bytes, frame: Frame | Signal) -> bytes:
    return origin + _encoder.encode(frame)


def decode(data: bytes) -> Frame | Signal:
    """Raises msgspec.MsgspecError for what no version up to this one has sent."""
    return _decoder.decode(memoryview(data)[ORIGIN_BYTES:])
