from ai_service.cli import app

app(prog_name="python -m ai_service")
