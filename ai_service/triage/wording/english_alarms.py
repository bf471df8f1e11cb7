from ai_service.triage.vocabulary import Alarm
from ai_service.triage.wording.tables import AlarmWording

ALARMS = {
    Alarm.SUICIDE: AlarmWording(
        "thoughts of ending your life",
        "I am very glad that you tell me this; you should not be alone with it.",
        "You can also call 12356, the psychological support line in China, at any hour. Please go "
        "to someone you trust, stay with them, and move away from anything you could hurt "
        "yourself with.",
    ),
    Alarm.UNCONSCIOUS: AlarmWording(
        "fainting or a seizure",
        "Fainting, a seizure or being hard to wake can be an emergency.",
        "Check the breathing, lay the person on the side, put nothing into the mouth, "
        "and do not leave them alone.",
    ),
    Alarm.BREATHING: AlarmWording(
        "trouble breathing",
        "Trouble breathing can be an emergency.",
        "Sit upright, loosen tight clothes, open a window, and do not stay alone.",
    ),
    Alarm.CHEST_PAIN: AlarmWording(
        "chest pain",
        "Chest pain can be an emergency.",
        "Sit down, do not exert yourself or drive, and do not stay alone.",
    ),
    Alarm.STROKE: AlarmWording(
        "possible signs of a stroke",
        "Sudden weakness, numbness, trouble speaking or seeing can be an emergency; minutes count.",
        "Note the time when it began, lie down with the head slightly raised, and do not eat or "
        "drink.",
    ),
    Alarm.ANAPHYLAXIS: AlarmWording(
        "swelling of the face or throat",
        "Swelling of the face, tongue or throat can be a dangerous allergic reaction.",
        "If an emergency medicine was prescribed for this, use it as instructed; stay away from "
        "whatever set it off.",
    ),
    Alarm.SEVERE_BLEEDING: AlarmWording(
        "severe bleeding",
        "Severe bleeding, or blood that is vomited or coughed up, is an emergency.",
        "Press firmly on a bleeding wound with a clean cloth, lie down, and do not eat or drink.",
    ),
    Alarm.POISONING: AlarmWording(
        "possible poisoning",
        "A possible poisoning or overdose is an emergency.",
        "Do not make the person vomit, and keep the package for the doctors. "
        "If it may be gas, go into the open air first.",
    ),
    Alarm.INFANT_FEVER: AlarmWording(
        "an infant's fever",
        "A fever in an infant has to be taken seriously.",
        "Offer drinks often, do not wrap the child up warmly, and watch its breathing, its skin "
        "and how easily it wakes.",
    ),
    Alarm.PREGNANCY: AlarmWording(
        "bleeding or belly pain in pregnancy",
        "Bleeding or belly pain in pregnancy has to be examined at once.",
        "Lie down and do not stay alone; have the maternity record ready.",
    ),
    Alarm.STIFF_NECK_FEVER: AlarmWording(
        "fever with a stiff neck",
        "Fever together with a stiff neck can be an emergency.",
        "Do not stay alone, and watch for drowsiness, a rash or sensitivity to light.",
    ),
    Alarm.VERY_HIGH_FEVER: AlarmWording(
        "a very high fever",
        "A fever of 40 °C or more has to be looked at by a doctor now.",
        "Drink, wear light clothes, rest in a cool room, and do not stay alone.",
    ),
    Alarm.SEVERE_PAIN: AlarmWording(
        "very severe pain",
        "Pain this strong has to be looked at by a doctor now.",
        "Stay still, do not eat or drink until a doctor has looked, and do not stay alone.",
    ),
}
