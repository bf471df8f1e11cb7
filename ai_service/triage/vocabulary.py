"""The closed sets that the tables of the triage speak in."""

from enum import StrEnum, auto


class Symptom(StrEnum):
    FEVER = auto()
    HEADACHE = auto()
    COUGH = auto()
    SORE_THROAT = auto()
    COLD = auto()
    STOMACH_ACHE = auto()
    DIARRHOEA = auto()
    VOMITING = auto()
    CONSTIPATION = auto()
    RASH = auto()
    DIZZINESS = auto()
    INSOMNIA = auto()
    LOW_MOOD = auto()
    INJURY = auto()
    MUSCLE_PAIN = auto()
    TOOTHACHE = auto()
    EARACHE = auto()
    EYE_TROUBLE = auto()
    URINARY = auto()
    NUMBNESS = auto()
    PALPITATIONS = auto()
    FATIGUE = auto()
    PAIN = auto()
    UNWELL = auto()


class Trait(StrEnum):
    """What changes how a symptom is to be taken."""

    CHILD = auto()
    INFANT = auto()
    OLDER_CHILD = auto()
    PREGNANT = auto()
    HIGH_FEVER = auto()
    BLEEDING = auto()
    STIFF_NECK = auto()


class Alarm(StrEnum):
    """Red flags, the most urgent first."""

    SUICIDE = auto()
    UNCONSCIOUS = auto()
    BREATHING = auto()
    CHEST_PAIN = auto()
    STROKE = auto()
    ANAPHYLAXIS = auto()
    SEVERE_BLEEDING = auto()
    POISONING = auto()
    INFANT_FEVER = auto()
    PREGNANCY = auto()
    STIFF_NECK_FEVER = auto()
    VERY_HIGH_FEVER = auto()
    SEVERE_PAIN = auto()


class Topic(StrEnum):
    """What can be asked, in the order of asking."""

    COMPLAINT = auto()
    PAIN_PLACE = auto()
    CHILD_AGE = auto()
    PREGNANCY_WEEK = auto()
    INJURY_CAUSE = auto()
    ONSET = auto()
    TEMPERATURE = auto()
    SEVERITY = auto()
    PHLEGM = auto()
    STOOL = auto()
    FLUIDS = auto()
    RASH_PLACE = auto()
    NUMB_PLACE = auto()
    DIZZY_KIND = auto()
    SLEEP_KIND = auto()
    DAILY_LIFE = auto()
    ILLNESSES = auto()
    MEDICINES = auto()
    ALLERGIES = auto()


class Intent(StrEnum):
    """What a message does, beside naming symptoms."""

    GREETING = auto()
    THANKS = auto()
    GOODBYE = auto()
    CONFIRM = auto()
    ASKS_ADVICE = auto()
    ASKS_DOSE = auto()
    ASKS_DIAGNOSIS = auto()
    ASKS_IDENTITY = auto()
    ASKS_FOR_DOCTOR = auto()
    WORSE = auto()
    BETTER = auto()


class Phrase(StrEnum):
    INTRODUCTION = auto()
    HELLO = auto()
    SORRY = auto()
    NOTED = auto()
    NOTED_FOR = auto()
    TEMPERATURE = auto()
    SEVERITY = auto()
    THANK_YOU = auto()
    PICTURE = auto()
    EMERGENCY = auto()
    REMINDER = auto()
    WELCOME = auto()
    GOODBYE = auto()
    DOSE = auto()
    DIAGNOSIS = auto()
    IDENTITY = auto()
    CALL_DOCTOR = auto()
    DOCTOR_SAID = auto()
    DOCTOR_ASKED = auto()
    WORSE = auto()
    BETTER = auto()
    CHILD = auto()
    PREGNANT = auto()
    UNKNOWN = auto()
    UNKNOWN_AGAIN = auto()
    ADVICE = auto()
    SEE_DOCTOR = auto()
    HIGH_FEVER = auto()
    CLOSING = auto()
    ANYTHING_ELSE = auto()
    FOR_DOCTOR = auto()
    ADVICE_HOLDS = auto()
