from ai_service.service import AIService

__all__ = ["AIService"]
