"""How to tell that a topic was asked (by us or by a doctor), or answered unasked."""

import re

from ai_service.triage.vocabulary import Topic

ASKED = {
    Topic.COMPLAINT: "troubl(?:es|ing) you|complaint|notice most|哪里不舒服|什么不舒服|什么症状",
    Topic.PAIN_PLACE: "where .*hurt|哪里[痛疼]|什么(?:地方|部位)[痛疼]",
    Topic.CHILD_AGE: "how old|几岁|多大|多少个?月",
    Topic.PREGNANCY_WEEK: "which week|how many weeks|how far along|孕?几周|多少周|几个月了",
    Topic.INJURY_CAUSE: "how did .*happen|怎么(?:受伤|弄|摔|伤)",
    Topic.ONSET: "since when|how long|when did|多久|什么时候|几天了|何时",
    Topic.TEMPERATURE: "temperature|how high|体温|多少度|几度",
    Topic.SEVERITY: "how (?:strong|bad|severe)|scale|0 .{0,6}10|多[痛疼]|几分|疼痛程度",
    Topic.PHLEGM: "phlegm|mucus|痰",
    Topic.STOOL: "how often|stool|大便|几次",
    Topic.FLUIDS: "keep .*down|drink|喝水|喝得下",
    Topic.RASH_PLACE: "where .*(?:rash|skin|itch)|what does it look|长在|什么样",
    Topic.NUMB_PLACE: "where .*numb|哪里.*麻|哪个部位.*麻",
    Topic.DIZZY_KIND: "spinning|light-?headed|旋转|站起",
    Topic.SLEEP_KIND: "fall asleep|wake|入睡|醒",
    Topic.DAILY_LIFE: "daily|everyday|work|日常|生活|工作",
    Topic.ILLNESSES: "illness|disease|medical (?:history|condition)|疾病|慢性病|基础病|病史",
    Topic.MEDICINES: "medicines?|medications?|tablets|taking|药物(?!过敏)|[吃服用][^,。?]{0,4}药",
    Topic.ALLERGIES: "allerg|过敏",
}
VOLUNTEERED = {
    Topic.CHILD_AGE: r"\d[ -](?:years?|months?|weeks?)[ -]old|newborn|岁|月大|新生儿",
    Topic.PREGNANCY_WEEK: r"weeks?\b|months?\b|周|个月",
    Topic.INJURY_CAUSE: (
        r"fell|sprain|playing|running|twisted|hit|cut|bitten|bite|accident|摔|扭|撞|割|咬|崴|烫"
    ),
    Topic.PHLEGM: r"phlegm|mucus|sputum|dry cough|痰|干咳",
    Topic.STOOL: r"times (?:a|per|today|since)|[0-9一二两三四五六七八九十几]多?次",
    Topic.DIZZY_KIND: r"spinning|stand(?:ing)? up|light-?headed|旋转|站起",
    Topic.SLEEP_KIND: r"fall(?:ing)? asleep|wak(?:e|ing)|早醒|入睡|醒",
    Topic.ILLNESSES: (
        r"diabet|asthma|hypertens|high blood pressure|heart (?:disease|condition|failure)|kidney"
        r"|cancer|otherwise healthy|no (?:other |long-term |chronic )?(?:illness|disease|condition)"
        r"|糖尿病|高血压|哮喘|心脏病|肾病|肝炎|癌|没有?(?:其他|基础|慢性)(?:疾病|病)|身体(?:一直)?(?:很好|健康)"
    ),
    Topic.MEDICINES: (
        r"(?:take|taking|took|taken) (?:\w+ ){0,3}(?:medic\w*|pills?|tablets?|drugs?)"
        r"|no (?:\w+ )?(?:medic\w*|drugs)|paracetamol|acetaminophen|tylenol|ibuprofen|aspirin"
        r"|antibiotic|insulin|吃了[^,。]{0,6}药|在[吃服用][^,。]{0,6}药|没有?[在]?[吃服用][^,。]{0,3}药"
        r"|不吃药|布洛芬|对乙酰氨基酚|阿司匹林|头孢|阿莫西林|抗生素|胰岛素|降压药"
    ),
    Topic.ALLERGIES: r"allerg|过敏",
}


def topics_asked(questions: str) -> frozenset[Topic]:
    return _found(ASKED, questions)


def topics_volunteered(statements: str) -> frozenset[Topic]:
    return _found(VOLUNTEERED, statements)


def _found(table: dict[Topic, str], text: str) -> frozenset[Topic]:
    return frozenset(topic for topic, pattern in table.items() if re.search(pattern, text))
