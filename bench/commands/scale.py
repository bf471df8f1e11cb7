"""`im bench scale`: what many users need, on paper."""

from dataclasses import asdict
from typing import Annotated

import typer

from bench import options
from bench.command import Command, Figures
from bench.problems import UsageError, told_plainly
from bench.scale import Costs, Habits, Machines, need

STEPS = "1000,100000,10000000"
SIZES = "3:0.9,20:0.09,200:0.01"
MOST_USERS, MOST_MEMBERS = 10**9, 10_000


def scale(  # noqa: PLR0913 - each argument is an option
    *,
    users: Annotated[str, typer.Option(help="Users online, each step.")] = STEPS,
    messages: Annotated[float, typer.Option(help="Of each user in an hour.")] = 20.0,
    peak: Annotated[float, typer.Option(help="How many times as many at the peak.")] = 3.0,
    groups: Annotated[
        str, typer.Option(help="Sizes of groups, with the shares of messages that go there.")
    ] = SIZES,
    online: Annotated[float, typer.Option(help="Share of a group's members online.")] = 0.3,
    spread: Annotated[
        float, typer.Option(help="Share of groups whose members are at several instances.")
    ] = 1.0,
    ai: Annotated[float, typer.Option(help="Share of messages that the AI answers.")] = 0.3,
    message_us: Annotated[float, typer.Option(help="An instance's CPU for a message.")] = 100.0,
    delivery_us: Annotated[float, typer.Option(help="And for each delivery.")] = 2.0,
    bus_us: Annotated[float, typer.Option(help="To publish one, or to hear one.")] = 16.0,
    reply_us: Annotated[float, typer.Option(help="A worker's CPU for a reply.")] = 2000.0,
    database_message_us: Annotated[float, typer.Option(help="The database's, of each.")] = 35.0,
    database_reply_us: Annotated[float, typer.Option(help="The same, for a reply.")] = 2425.0,
    database_cores: Annotated[int, typer.Option(help="Of the database's machine.")] = 32,
    json: options.Json = None,
) -> None:
    """What so many users online need, computed from measured costs; nothing is run.

    Which instances hear a message is simulated: members are anywhere by chance.
    See docs/scale.md for where each cost was measured.
    """
    with told_plainly():
        steps, sizes = _steps(users), _sizes(groups)
    habits = Habits(messages, peak, sizes, online, spread, ai)
    costs = Costs(
        message=message_us, delivery=delivery_us, bus=bus_us, reply=reply_us,
        database_message=database_message_us, database_reply=database_reply_us,
    )  # fmt: skip
    machines = Machines(database_cores=database_cores)
    shares = {"--online": online, "--spread": spread, "--ai": ai}
    positive = {
        "--messages": messages, "--peak": peak, "--message-us": message_us,
        "--delivery-us": delivery_us, "--bus-us": bus_us, "--reply-us": reply_us,
        "--database-message-us": database_message_us, "--database-reply-us": database_reply_us,
        "--database-cores": database_cores,
    }  # fmt: skip
    faults = {f"{name}: must be 0 to 1": not 0 <= value <= 1 for name, value in shares.items()}
    faults |= {
        f"{name}: must be more than 0": not 0 < value < float("inf")
        for name, value in positive.items()
    }

    def run() -> Figures:
        found = [need(step, habits, costs, machines) for step in steps]
        return {
            "habits": asdict(habits), "costs": asdict(costs), "machines": asdict(machines),
            "steps": [asdict(one) | {"first": one.first} for one in found],
            "generator_busy": 0.0, "verified": True, "faults": [],
        }  # fmt: skip

    Command("scale", title, rows).carry_out(lambda: options.check_faults(faults), run, json)


def title(found: Figures) -> str:
    habits = found["habits"]
    return (
        f"On paper: {habits['messages_an_hour']:g} messages an hour each, {habits['peak']:g} times "
        f"as many at the peak, {habits['ai']:.0%} answered by the AI"
    )


def rows(found: Figures) -> dict[str, str]:
    return {f"{step['users']:,} online": _shown(step) for step in found["steps"]}


def _shown(step: Figures) -> str:
    return (
        f"{step['messages']:,.0f} messages/s, {step['deliveries']:,.0f} deliveries/s, "
        f"{step['bus_messages']:,.0f} published/s, heard {step['bus_deliveries']:,.0f} times/s; "
        f"{step['connections_gib']:.2f} GiB for connections, "
        f"{step['stored_gib_a_day']:,.1f} GiB stored a day; "
        f"{step['instances']} instances, {step['workers']:.2f} workers, "
        f"{step['redis']:.3f} Redis, {step['databases']:.3f} database servers; "
        f"fullest: {step['first']}"
    )


def _steps(users: str) -> list[int]:
    """Raises UsageError."""
    found = [int(one) for one in users.split(",") if one.strip().isdecimal()]
    if len(found) != len(users.split(",")) or not all(1 <= n <= MOST_USERS for n in found):
        raise UsageError(f"--users: must be numbers such as {STEPS}")
    return found


def _sizes(groups: str) -> tuple[tuple[int, float], ...]:
    """Raises UsageError."""
    try:
        pairs = [one.split(":") for one in groups.split(",")]
        found = tuple((int(size), float(share)) for size, share in pairs)
    except ValueError:
        found = ()
    if not found or not all(1 <= n <= MOST_MEMBERS and 0 < share <= 1 for n, share in found):
        raise UsageError(f"--groups: must be sizes with their shares, such as {SIZES}")
    return found
