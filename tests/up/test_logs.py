import io
from pathlib import Path

from app.up.logs import OneLog


def test_each_line_has_its_name(tmp_path: Path) -> None:
    """From where the files ended at the start, in whole lines, and to the very last."""
    api, redis = tmp_path / "api-1.log", tmp_path / "redis.log"
    api.write_text("of an earlier run\n")
    out = io.StringIO()
    with OneLog(tmp_path, ["api-1", "redis"], out) as log:
        with api.open("a") as file:
            file.write("first\nhalf a ")
        log.say("", "all is well")
        with api.open("a") as file:
            file.write("line\n")
        redis.write_text("ready\n")
    lines = out.getvalue().splitlines()
    assert sorted(lines) == sorted(
        ["api-1 | first", "up    | all is well", "api-1 | half a line", "redis | ready"]
    )
    assert lines.index("api-1 | first") < lines.index("up    | all is well")
