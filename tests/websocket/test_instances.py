"""Two instances of the service, in one process, on one PostgreSQL and one Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app.bootstrap import StartError, build
from app.bus.redis import keeper
from app.config import load_settings
from app.db.engine import open_database
from app.models.database_identity import DatabaseIdentity
from app.websocket import repair
from tests.api.steps import accepted
from tests.support.databases import PostgresDatabases
from tests.support.fault_proxy import FaultProxy
from tests.support.redis import RedisServer, redis_server
from tests.support.servers import RunningServer, run_service
from tests.websocket.clinic import Clinic, silent, until


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds takes tenths."""
    monkeypatch.setattr(keeper, "BEAT_S", 0.1)
    monkeypatch.setattr(keeper, "PATIENCE_S", 0.6)
    monkeypatch.setattr(keeper, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(repair, "MEMBERS_GRACE_S", 0.3)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


class Instances:
    """The same people, at one instance or the other."""

    def __init__(self, first: RunningServer, second: RunningServer) -> None:
        self.first, self.second = Clinic(first, "x"), Clinic(second, "x")


@pytest.fixture
def database_url(postgres: PostgresDatabases) -> str:
    return postgres.new()


@pytest.fixture
def instances(database_url: str, redis: RedisServer) -> Iterator[Instances]:
    redis.client().flushall()
    settings = {"database_url": database_url, "redis_url": redis.url()}
    with run_service(**settings) as first, run_service(**settings) as second:
        yield Instances(first, second)


async def up(*clinics: Clinic) -> None:
    await until(lambda: all(one.server.container.bus.state == "redis" for one in clinics))


async def test_a_message_reaches_members_at_the_other_instance(instances: Instances) -> None:
    """Its sender's own devices there, too, with the id that is theirs alone."""
    group = await instances.first.group("dora", "pat")
    async with (
        instances.first.socket("dora") as dora,
        instances.second.socket("pat") as pat,
        instances.second.socket("dora") as desk,
    ):
        await dora.send(type="send_message", group_id=group, content="你好", client_msg_id="c-1")
        own, other, elsewhere = await dora.receive(), await pat.receive(), await desk.receive()
        assert own["client_msg_id"] == elsewhere["client_msg_id"] == "c-1"
        assert "client_msg_id" not in other
        assert other["content"] == "你好"
        await pat.send(type="send_message", group_id=group, content="back")
        assert [(await s.receive())["seq"] for s in (dora, pat, desk)] == [2, 2, 2]
        for socket in (dora, pat, desk):
            assert await silent(socket)


async def test_who_is_added_at_the_other_instance(instances: Instances) -> None:
    """Hears of it, and of all that is said from then on, whoever says it where."""
    group = await instances.first.group("dora")
    async with instances.second.socket("pat") as pat, instances.first.socket("dora") as dora:
        await instances.first.add(group, "pat", by="dora")
        for number in range(5):
            await instances.first.send(group, "dora", str(number))
        assert (await pat.receive())["type"] == "member_added"
        assert [(await pat.receive())["seq"] for _ in range(5)] == [1, 2, 3, 4, 5]
        assert (await dora.receive())["type"] == "member_added"
        await pat.send(type="send_message", group_id=group, content="me")
        assert [(await dora.receive())["seq"] for _ in range(6)] == [1, 2, 3, 4, 5, 6]


async def test_who_is_removed_at_the_other_instance(instances: Instances) -> None:
    """Hears nothing that is said after that, even by an instance that has not heard of it yet."""
    group = await instances.first.group("dora", "pat")
    for turn in range(20):
        async with instances.second.socket("pat") as pat:
            await instances.first.remove(group, "pat", by="dora")
            await instances.second.send(group, "dora", "secret")
            assert (await pat.receive())["type"] == "member_removed"
            assert await silent(pat)
            await instances.first.add(group, "pat", by="dora")
            assert (await pat.receive())["type"] == "member_added"
            await instances.second.send(group, "dora", "open")
            assert (await pat.receive())["seq"] == 2 * turn + 2


async def test_both_instances_write_to_one_group(instances: Instances) -> None:
    """All members see one order, without gap or repeat."""
    group = await instances.first.group("dora", "pat", "rosa")
    async with instances.first.socket("pat") as pat, instances.second.socket("rosa") as rosa:
        for number in range(100):
            await pat.send(type="send_message", group_id=group, content=str(number))
            await rosa.send(type="send_message", group_id=group, content=str(number))
        for socket in (pat, rosa):
            assert [(await socket.receive())["seq"] for _ in range(200)] == list(range(1, 201))
            assert await silent(socket)


async def test_redis_is_gone_for_a_while(instances: Instances, redis: RedisServer) -> None:
    """Sending goes on, members of the same instance hear at once, the others when it is back."""
    group = await instances.first.group("dora", "pat", "rosa")
    async with (
        instances.first.socket("dora") as dora,
        instances.first.socket("pat") as pat,
        instances.second.socket("rosa") as rosa,
    ):
        redis.kill()
        await until(lambda: instances.first.server.container.bus.state != "redis")
        async with instances.first.server.http() as http:
            ready = accepted(await http.get("/ready"))
        assert ready["status"] == "ready"
        assert (ready["bus"]["ok"], ready["bus"]["state"][:11]) == (False, "redis, down")
        for number in range(3):
            await dora.send(type="send_message", group_id=group, content=str(number))
            assert (await dora.receive())["seq"] == (await pat.receive())["seq"] == number + 1
        redis.start()
        await up(instances.first, instances.second)
        assert [(await rosa.receive())["seq"] for _ in range(3)] == [1, 2, 3]


async def test_who_was_added_while_redis_was_gone(instances: Instances, redis: RedisServer) -> None:
    """Is let in when it is back."""
    group = await instances.first.group("dora")
    async with instances.second.socket("pat") as pat:
        redis.kill()
        await instances.first.add(group, "pat", by="dora")
        redis.start()
        assert (await pat.receive())["type"] == "member_added"
        await instances.first.send(group, "dora", "welcome")
        assert (await pat.receive())["seq"] == 1


async def test_who_was_removed_while_redis_was_gone(
    instances: Instances, redis: RedisServer
) -> None:
    """Hears nothing more; those who hold an old list of members come back for the new one."""
    group = await instances.first.group("dora", "pat")
    async with instances.second.socket("pat") as pat:
        redis.kill()
        await instances.first.remove(group, "pat", by="dora")
        await instances.second.send(group, "dora", "secret")
        redis.start()
        assert await pat.closed() == 4009


async def test_what_one_instance_could_not_tell(
    database_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    """Is fetched by the others, who noticed nothing: it says so when it is back."""
    redis.client().flushall()
    async with FaultProxy(("127.0.0.1", redis.port)).running() as proxy:
        settings = {"database_url": database_url}
        with (
            run_service(redis_url=f"redis://127.0.0.1:{proxy.port}", **settings) as first,
            run_service(redis_url=redis.url(), **settings) as second,
        ):
            instances = Instances(first, second)
            group = await instances.first.group("dora", "pat")
            async with instances.second.socket("pat") as pat:
                proxy.refuse(refusing=True)
                for link in tuple(proxy.links):
                    link.reset()
                await until(lambda: first.container.bus.state != "redis")
                await instances.first.send(group, "dora", "unheard")
                assert await silent(pat)
                proxy.refuse(refusing=False)
                assert (await pat.receive())["seq"] == 1


async def test_a_line_to_redis_that_is_dead_and_does_not_say_so(
    database_url: str, redis: RedisServer
) -> None:
    """Is given up when the instance's own beats do not come back, and nothing is missed."""
    redis.client().flushall()
    async with FaultProxy(("127.0.0.1", redis.port)).running() as proxy:
        settings = {"database_url": database_url}
        with (
            run_service(redis_url=redis.url(), **settings) as first,
            run_service(redis_url=f"redis://127.0.0.1:{proxy.port}", **settings) as second,
        ):
            instances = Instances(first, second)
            group = await instances.first.group("dora", "pat")
            async with instances.second.socket("pat") as pat:
                for link in tuple(proxy.links):
                    link.freeze()
                await instances.first.send(group, "dora", "unheard")
                assert (await pat.receive())["seq"] == 1
                await instances.first.send(group, "dora", "heard")
                assert (await pat.receive())["seq"] == 2


def _renew_epoch(database_url: str) -> None:
    """Tests' databases are copies of one."""
    database = open_database(load_settings(database_url=database_url).database)
    with database.writing() as db:
        db.execute(update(DatabaseIdentity).values(epoch="another"))
        db.commit()
    database.dispose()


@pytest.mark.parametrize(
    ("different", "why"),
    [
        ({"auth_mode": "jwt", "jwt_secret": "y" * 32}, "checks tokens by other keys"),
        ({"database_url": "other"}, "uses it with another database"),
    ],
)
async def test_instances_that_do_not_belong_together(
    postgres: PostgresDatabases, redis: RedisServer, different: dict[str, str], why: str
) -> None:
    """The second does not start, and says why."""
    redis.client().flushall()
    settings = {"database_url": postgres.new(), "redis_url": redis.url()}
    with run_service(**settings):
        if "database_url" in different:
            different = {"database_url": postgres.new()}
            _renew_epoch(different["database_url"])
        second = build(load_settings(**(settings | different)))
        with pytest.raises(StartError, match=why):
            await second.start()
        await second.door.close()


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ("+@all ~* resetchannels", "no permissions to access one of the channels"),
        ("-@all", "has no permissions to run"),
        (None, "invalid username-password"),
    ],
)
async def test_a_redis_that_allows_too_little(
    database_url: str, redis: RedisServer, rules: str | None, why: str
) -> None:
    """Ends the start with what Redis says, and without the password."""
    client = redis.client()
    client.execute_command(  # type: ignore[no-untyped-call]
        "ACL SETUSER weak reset on >hidden", *(rules or "+@all").split()
    )
    password = "hidden" if rules else "wrong"
    url = f"redis://weak:{password}@127.0.0.1:{redis.port}"
    starting = build(load_settings(database_url=database_url, redis_url=url))
    with pytest.raises(StartError, match=why) as error:
        await starting.start()
    await starting.door.close()
    assert password not in str(error.value)
