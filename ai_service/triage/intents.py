import re

from ai_service.triage.matching import affirmed, words
from ai_service.triage.vocabulary import Intent

_ILLNESS = r"covid|flu|cancer|pneumonia|serious|dangerous|an infection|appendicitis"

_PATTERNS = {
    Intent.GREETING: re.compile(
        r"^\W*(?:(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)"
        r"|how are you)\b"
        r"|你好|您好|嗨|哈喽|在吗|有人吗|早上好|上午好|下午好|晚上好|大家好)"
    ),
    Intent.THANKS: words(r"thanks?|thank you|thx|appreciate it", "谢谢|感谢|多谢|谢啦"),
    Intent.GOODBYE: words(r"good ?bye|bye(?:[- ]bye)?|see you|good night", "再见|拜拜|回头见|晚安"),
    Intent.CONFIRM: re.compile(
        r"^\W*(?:ok(?:ay)?|yes|yeah|yep|no|nope|sure|i see|understood|alright|none|nothing"
        r"|好[的吧]?|嗯+|是[的吗]?|对|不是|没有?|知道了|明白了?|行|可以|无)\W*$"
    ),
    Intent.ASKS_ADVICE: words(
        r"what (?:should|can|shall|do|could) (?:i|we|one) do|what to do"
        r"|any (?:advice|tips|suggestions?)|what helps|advise me"
        r"|how (?:can|do|should) (?:i|we) (?:treat|relieve|get rid)",
        "怎么办|怎么处理|咋办|怎么缓解|有什么建议|该怎么|如何(?:处理|缓解)|注意什么",
    ),
    Intent.ASKS_DOSE: words(
        r"how (?:much|many) [^.?!]{0,40}(?:take|give|mg|tablets?|pills?|doses?)|dos(?:e|age)"
        r"|(?:what|which) (?:medicines?|medications?|drugs?|pills?|antibiotics?)(?! (?:are|do) you)"
        r"|(?:can|should|may) (?:i|he|she|we) (?:take|give)|prescri\w+",
        "吃什么药|用什么药|开[点些个]?药|几[片粒颗]|剂量|多少(?:毫克|片|粒|毫升)|(?:可以|能)(?:吃|服用?)"
        "|吃多少|药方|处方",
    ),
    Intent.ASKS_DIAGNOSIS: words(
        rf"what(?:'s| is) wrong|what (?:do|could|might) (?:i|he|she) have"
        rf"|what (?:is|could) (?:it|this)|diagnos\w+"
        rf"|(?:is|could|can|might) (?:it|this|that) (?:be )?(?:\w+ )?(?:{_ILLNESS})"
        rf"|do i have (?:{_ILLNESS})|what(?:'s| is) (?:the )?(?:cause|causing)",
        "什么病|怎么回事|什么原因|严重吗|严不严重|要紧吗|诊断|是不是(?:得|感染|感冒|流感|新冠|癌|肺炎|患)"
        "|什么情况",
    ),
    Intent.ASKS_IDENTITY: words(
        r"who are you|what are you"
        r"|are you (?:a |an )?(?:\w+ )?(?:bot|robot|human|doctor|ai|person|real)"
        r"|what can you do|your name",
        "你是谁|你是(?:机器人|人工智能|医生|真人|AI|ai|什么)|你能做什么|你叫什么|你会什么",
    ),
    Intent.ASKS_FOR_DOCTOR: words(
        r"(?:talk|speak|chat) (?:to|with) (?:a |the |my )?(?:\w+ )?(?:doctor|human|person)"
        r"|(?:real|human) (?:doctor|person)|where is the doctor|call (?:a|the) doctor",
        "转人工|找医生|医生在吗|医生呢|叫医生|真人医生|人工客服",
    ),
    Intent.WORSE: words(
        r"(?:is|are|got|getting|feel|feeling|much|even|it's|become|becoming) worse|worsen\w*"
        r"|(?:not|no|isn'?t|aren'?t) (?:\w+ )?(?:better|improv\w+)",
        "加重|更(?:严重|厉害|难受|[痛疼糟差])|恶化|越来越(?:严重|厉害|难受|糟|差|[痛疼重])"
        "|(?:没有?|不见|未见)好转?",
    ),
    Intent.BETTER: words(
        r"(?:feel|feeling|is|are|getting|got|much|a bit|bit|little) better|improv(?:ed|ing)"
        r"|(?:is|are|has) gone|recovered|all good now",
        "好多了|好些了?|好转|好一[点些]|缓解了|退烧了|不[痛疼]了|痊愈|康复|没事了|好了$",
    ),
}


def intents_of(text: str) -> frozenset[Intent]:
    return frozenset(intent for intent, pattern in _PATTERNS.items() if affirmed(pattern, text))
