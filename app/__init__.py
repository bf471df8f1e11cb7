"""The instant-messaging service. `app.main:app` is the ASGI program, `im` the command line."""

__version__ = "0.1.0"
