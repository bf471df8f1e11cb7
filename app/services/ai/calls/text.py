from codecs import getincrementaldecoder


class TextCleaner:
    """Text that can be kept: without U+0000, which databases refuse, and with U+FFFD for half
    surrogate pairs. The halves of a whole pair may come in two pieces."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-16-le")("replace")

    def feed(self, text: str) -> str:
        units = text.replace("\x00", "").encode("utf-16-le", "surrogatepass")
        return self._decoder.decode(units)

    def end(self) -> str:
        return self._decoder.decode(b"", final=True)


def clean(text: str) -> str:
    cleaner = TextCleaner()
    return cleaner.feed(text) + cleaner.end()
