"""Red flags: what is said outright, and what only follows from several facts together."""

from collections.abc import Callable

from ai_service.triage.case import Case
from ai_service.triage.matching import affirmed, words
from ai_service.triage.vocabulary import Alarm, Symptom, Trait

INFANT_FEVER_C = 38.0
VERY_HIGH_FEVER_C = 40.0
SEVERE = 9

SPOKEN = {
    Alarm.SUICIDE: words(
        r"suicid\w*|kill (?:myself|himself|herself)|end (?:my|his|her|it all|own) ?(?:life)?"
        r"|want(?:s|ed)? to die|don'?t want to (?:live|be alive)|self-?harm\w*|hurt(?:ing)? myself"
        r"|better off dead",
        "自杀|不想活|想死|轻生|自残|活不下去|结束(?:自己的)?生命",
    ),
    Alarm.UNCONSCIOUS: words(
        r"unconscious|(?:passed|passing|blacked) out|faint(?:ed|ing)?|collapsed|unresponsive"
        r"|won'?t wake up|seizures?|convuls\w+",
        "昏迷|晕倒|昏倒|晕过去|昏过去|失去意识|意识(?:不清|模糊)|叫不醒|抽搐|惊厥|抽风",
    ),
    Alarm.BREATHING: words(
        r"(?:can'?t|cannot|can not|can hardly|can barely|hard to|struggl\w+ to|unable to) breathe?"
        r"|(?:trouble|difficult\w*|problems?)(?: with| in)? breathing|(?:short|out) of breath"
        r"|shortness of breath|breathing (?:difficult\w*|problems?|trouble|is (?:hard|difficult))"
        r"|breathless\w*|suffocat\w+|chok(?:ing|ed)|gasping|blue lips",
        "呼吸(?:很|有点|有些|十分)?(?:困难|不了|急促|不畅|费力)|[喘透]不[上过]来?气|上不来气"
        "|不能呼吸|无法呼吸|气短|憋气|窒息|嘴唇发[紫青]",
    ),
    Alarm.CHEST_PAIN: words(
        r"chest (?:\w+ )?(?:pains?|hurts?|tight\w*|pressure|discomfort|aches?)"
        r"|(?:pains?|pressure|tightness) (?:in|on) (?:my|the|his|her) chest|tight chest"
        r"|heart attack",
        "胸口?[^,。!?、]{0,4}[痛疼闷]|心口?[绞]?[痛疼]|心绞痛|心梗|胸部[^,。]{0,4}(?:压|痛)",
    ),
    Alarm.STROKE: words(
        r"stroke|(?:face|mouth) (?:is )?droop\w*|slurred speech|slurring"
        r"|(?:can'?t|cannot) (?:speak|see(?! (?:an?|the|my|any)))"
        r"|(?:one|left|right) (?:side|arm|leg|hand) (?:\w+ ){0,3}(?:numb|weak|paraly[sz]ed)"
        r"|(?:numb|weak)\w*(?: \w+){0,2} (?:on|in) (?:one|my left|my right) (?:side|arm|leg)"
        r"|sudden(?:ly)? (?:\w+ ){0,2}(?:blind|numbness|loss of vision|vision loss)"
        r"|worst headache",
        "中风|脑卒中|脑梗|口角?歪|嘴歪|面瘫|(?:说话|言语|口齿)不清|半身|半边[^,。]{0,3}[麻无]"
        "|[一左右][侧边手脚腿臂][^,。]{0,6}(?:无力|麻木|动不了)|突然[^,。]{0,4}(?:看不见|失明)",
    ),
    Alarm.ANAPHYLAXIS: words(
        r"anaphyla\w+|(?:throat|tongue|face|lips?) (?:is |are )?(?:swelling|swollen|closing)"
        r"|swollen (?:throat|tongue|face|lips?)"
        r"|swelling of (?:the |my )?(?:throat|tongue|face|lips?)",
        "过敏性休克|(?:舌头?|嘴唇|脸|喉头)[^,。]{0,3}肿|喉头水肿|休克",
    ),
    Alarm.SEVERE_BLEEDING: words(
        r"(?:severe|heavy|massive|uncontrolled) bleeding|bleeding (?:heavily|badly|a lot|severely)"
        r"|(?:won'?t|doesn'?t|can'?t|not) stop(?: the)? bleeding"
        r"|bleeding (?:that )?(?:won'?t|doesn'?t)"
        r"|(?:vomit\w*|cough\w*(?: up)?|throwing up|spitting) (?:up )?blood|blood everywhere",
        "大出血|血流不止|止不住血|血止不住|流血不止|出血不止|大量(?:出|流|失)血|[吐呕咳咯]血",
    ),
    Alarm.POISONING: words(
        r"poison\w*|overdos\w+"
        r"|(?:swallowed|drank) (?:\w+ )?(?:bleach|detergent|batter\w+|pesticide)"
        r"|(?:took|taken|swallowed) (?:too many|a whole|all (?:my|the|his|her)) (?:\w+ )?"
        r"(?:pills?|tablets?|medic\w+)|carbon monoxide",
        "中毒|误服|误食|误吞|农药|吃错药|服药过量|药[^,。]{0,3}过量|吞了[^,。]{0,4}电池|煤气",
    ),
    Alarm.SEVERE_PAIN: words(
        r"(?:unbearable|excruciating|agonizing)(?: \w+)? (?:pain|headache)"
        r"|(?:pain|headache) is (?:unbearable|excruciating)",
        "剧痛|剧烈[^,。]{0,2}[疼痛]|[痛疼]得?(?:受不了|打滚)",
    ),
}

COMBINED: tuple[tuple[Alarm, Callable[[Case], bool]], ...] = (
    (
        Alarm.INFANT_FEVER,
        lambda case: (
            Trait.INFANT in case.traits
            and Trait.OLDER_CHILD not in case.traits
            and (Trait.HIGH_FEVER in case.traits or case.fever_of(INFANT_FEVER_C))
        ),
    ),
    (
        Alarm.PREGNANCY,
        lambda case: (
            Trait.PREGNANT in case.traits
            and (Trait.BLEEDING in case.traits or Symptom.STOMACH_ACHE in case.symptoms)
        ),
    ),
    (
        Alarm.STIFF_NECK_FEVER,
        lambda case: Trait.STIFF_NECK in case.traits and Symptom.FEVER in case.symptoms,
    ),
    (Alarm.VERY_HIGH_FEVER, lambda case: case.fever_of(VERY_HIGH_FEVER_C)),
    (Alarm.SEVERE_PAIN, lambda case: (case.severity or 0) >= SEVERE),
)


def spoken_alarms(text: str) -> frozenset[Alarm]:
    return frozenset(alarm for alarm, pattern in SPOKEN.items() if affirmed(pattern, text))


def alarms_of(case: Case) -> tuple[Alarm, ...]:
    """The most urgent first."""
    raised = case.alarms | {alarm for alarm, holds in COMBINED if holds(case)}
    return tuple(alarm for alarm in Alarm if alarm in raised)
