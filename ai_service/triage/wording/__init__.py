from ai_service.triage.language import Language
from ai_service.triage.wording.chinese import CHINESE
from ai_service.triage.wording.english import ENGLISH
from ai_service.triage.wording.tables import AlarmWording, SymptomWording, Wording

WORDING = {Language.CHINESE: CHINESE, Language.ENGLISH: ENGLISH}

__all__ = ["WORDING", "AlarmWording", "SymptomWording", "Wording"]
