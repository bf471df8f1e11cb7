"""What a measurement cost those who took part in it."""

from dataclasses import asdict

from bench.command import Figures
from bench.load import Span


def cost_figures(span: Span, messages: int) -> Figures:
    spent = asdict(span.usage)
    return {
        "cpu_seconds": spent,
        "cpu_us_per_message": {
            name: round(seconds / messages * 1e6, 1)
            for name, seconds in spent.items()
            if seconds is not None and messages
        },
        "generator_busy": span.generator_busy,
        "measured_seconds": round(span.seconds, 2),
    }


def cost_rows(found: Figures) -> dict[str, str]:
    each = found["cpu_us_per_message"]
    return {
        f"CPU of the {name}": f"{seconds:.2f} s, {each.get(name, '-')} µs per message"
        for name, seconds in found["cpu_seconds"].items()
        if seconds is not None
    }
