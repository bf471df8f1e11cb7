import typer

bench = typer.Typer()


@bench.callback()
def about() -> None:
    """Measure."""
