import typer


def demo(once: bool = False) -> None:
    typer.echo("being written")
