from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import BaseModel, Timestamps
from app.models.enums import UserRole

AI_ASSISTANT_ID = "ai_assistant_001"
"""The user as whom the AI speaks."""


class User(Timestamps, BaseModel):
    __tablename__ = "users"
    __table_args__ = (Index(None, "user_role"),)

    user_id: Mapped[str] = mapped_column(String(48), unique=True)
    username: Mapped[str] = mapped_column(String(64))
    user_role: Mapped[str] = mapped_column(
        String(32), default=UserRole.PATIENT, server_default=UserRole.PATIENT
    )

    def is_patient(self) -> bool:
        return self.user_role == UserRole.PATIENT

    def is_doctor(self) -> bool:
        return self.user_role == UserRole.DOCTOR

    def is_ai_assistant(self) -> bool:
        return self.user_role == UserRole.AI_ASSISTANT
