from tests.support.shared import shared_database

__all__ = ["shared_database"]
