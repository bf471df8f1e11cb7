"""How people name their symptoms, in both languages."""

from ai_service.triage.matching import words
from ai_service.triage.vocabulary import Symptom, Topic, Trait

_PAIN = "[^,。!?、]{0,4}(?:痛|疼|不舒服|难受|酸|胀|绞)"
_LIMB = "neck|shoulder|knee|joint|muscle|hip|leg|arm|wrist|elbow|foot|feet|ankle|hand|finger|back"
_OWN = "my|his|her|the|an?"

SYMPTOMS = {
    Symptom.FEVER: words(
        r"(?<!hay )fever(?:ish)?|high temperature|running a temperature",
        "发烧|发热|[高低]烧|高热|烧到|🤒",
    ),
    Symptom.HEADACHE: words(
        r"head ?aches?|head (?:hurts|aches|is pounding)|migraines?",
        "偏头痛|脑袋[痛疼]|(?<![骨舌指拳])头[^,。!?、发]{0,3}[痛疼]",
    ),
    Symptom.COUGH: words(r"cough(?:s|ing|ed)?", "咳"),
    Symptom.SORE_THROAT: words(
        r"sore throat|throat (?:hurts|is sore|ache|pain)|(?:painful|scratchy) throat",
        f"(?:喉咙|嗓子|咽喉){_PAIN}|(?:喉咙|嗓子)[^,。]{{0,3}}[痒干肿哑]|咽痛|扁桃体",
    ),
    Symptom.COLD: words(
        r"(?:runny|stuffy|blocked) nose|(?:have|has|got|caught|catching) a (?:bad )?cold"
        r"|sneez\w+|(?:the )?flu|congested",
        "流鼻涕|流涕|鼻塞|打喷嚏|感冒|流感|🤧",
    ),
    Symptom.STOMACH_ACHE: words(
        r"(?:stomach|tummy|belly)[ -]?(?:aches?|pains?|cramps?|hurts|is sore)"
        r"|abdominal (?:pain|cramps?)|pain in (?:my|the) (?:stomach|belly|abdomen)"
        r"|heartburn|indigestion",
        f"(?:肚子|胃|腹部|小腹|上腹|下腹){_PAIN}|腹[痛胀]|烧心|反酸|消化不良",
    ),
    Symptom.DIARRHOEA: words(
        r"diarrh?o?ea|(?:loose|watery) (?:stools?|motions?)|the runs",
        "腹泻|拉肚子|拉稀|水样便|闹肚子",
    ),
    Symptom.VOMITING: words(
        r"vomit\w*|throw(?:ing|s)? up|threw up|nause\w+", "呕吐|恶心|想吐|吐了|反胃|干呕|🤢|🤮"
    ),
    Symptom.CONSTIPATION: words(r"constipat\w+", "便秘|大便干"),
    Symptom.RASH: words(
        r"rash(?:es)?|hives|itch\w*|eczema|red spots",
        "疹|皮肤[^,。]{0,4}[痒红痛]|红点|(?<!嗓子)(?<!喉咙)(?<!鼻子)(?<!眼睛)痒",
    ),
    Symptom.DIZZINESS: words(
        r"dizz\w+|light-?headed\w*|vertigo|(?:head|room) is spinning",
        "头晕|眩晕|头昏|天旋地转|发晕",
    ),
    Symptom.INSOMNIA: words(
        r"insomnia|(?:can'?t|cannot|can not) (?:fall a)?sleep|sleep(?:ing)? (?:badly|poorly)"
        r"|(?:trouble|difficulty|problems?) (?:sleeping|falling asleep)|sleepless\w*",
        "失眠|睡不[着好]|入睡困难|难以入睡|早醒|睡眠(?:不好|很?差|质量)",
    ),
    Symptom.LOW_MOOD: words(
        r"anxi\w+|panic\w*|depress\w+|stressed|sad|hopeless|feel(?:ing)? (?:low|down)",
        "焦虑|抑郁|(?:心情|情绪)(?:不好|低落|很?差)|压力[很好太]?大|恐慌|难过|绝望",
    ),
    Symptom.INJURY: words(
        rf"injur\w+|sprain\w*|twisted (?:{_OWN})|fell (?:down|off|over|on)|fractur\w+|wound\w*"
        rf"|(?:broke|broken|cut|burned|burnt|bruised) (?:{_OWN}|myself)|bitten|dog bite|bruise\w*",
        "受伤|扭[伤了]|崴|摔|骨折|[割划烫烧撞擦拉咬]伤|淤青|伤口|被[^,。]{0,4}咬",
    ),
    Symptom.MUSCLE_PAIN: words(
        rf"(?:{_LIMB})s?[ -]?(?:pain|aches?|aching|hurts?|(?:is|are) (?:sore|stiff))|backache"
        rf"|(?:pain|ache) in (?:my|the) (?:\w+ )?(?:{_LIMB})s?|sore (?:muscles|{_LIMB})",
        f"(?:腰|背|脖子|颈|肩膀?|膝盖?|关节|肌肉|腿|手臂|胳膊|手腕|手指|脚踝?){_PAIN}|落枕",
    ),
    Symptom.TOOTHACHE: words(
        r"tooth ?ache|(?:tooth|teeth|gums?) hurts?|(?:painful|sore) (?:tooth|gums?)",
        "牙[齿龈]?[^,。]{0,3}[痛疼肿]|智齿",
    ),
    Symptom.EARACHE: words(
        r"ear ?aches?|ears? (?:hurts?|pain)|ringing in (?:my|the) ears?",
        "耳朵[^,。]{0,3}[痛疼痒鸣]|耳[鸣痛]|中耳炎",
    ),
    Symptom.EYE_TROUBLE: words(
        r"(?:red|itchy|sore|painful) eyes?|eyes? (?:hurts?|pain|(?:is|are) (?:red|sore|itchy))",
        "眼睛?[^,。]{0,4}[痛疼红痒肿干]|结膜炎",
    ),
    Symptom.URINARY: words(
        r"(?:burn\w*|pain|hurts) (?:when|while) (?:i )?pee\w*|urinat\w+",
        "尿[频急痛]|小便[^,。]{0,4}[痛疼多难]",
    ),
    Symptom.NUMBNESS: words(r"numb(?:ness)?|tingling|pins and needles", "发麻|麻木|刺痛感"),
    Symptom.PALPITATIONS: words(
        r"palpitations?|heart (?:is )?(?:racing|pounding)|irregular heart ?beat",
        "心慌|心悸|心跳[很太]?快",
    ),
    Symptom.FATIGUE: words(
        r"tired(?:ness)?|fatigue\w*|exhaust\w+|no energy|(?:feel|feeling) weak",
        "乏力|疲劳|疲倦|没力气|没精神|[很好太]累|无力",
    ),
    Symptom.PAIN: words(r"pain(?:s|ful)?|hurts?|ach(?:es?|ing)|sore", "痛|疼"),
    Symptom.UNWELL: words(
        r"unwell|feel(?:ing)? (?:sick|ill|bad|terrible|awful)|under the weather|am (?:sick|ill)"
        r"|(?:not|don'?t|doesn'?t) feel(?:ing)? (?:very |so |too )?(?:well|good)",
        "不舒服|难受|生病|不适",
    ),
}
UNSPECIFIC = frozenset({Symptom.PAIN, Symptom.UNWELL})

TRAITS = {
    Trait.CHILD: words(
        r"my (?:\w{1,20} )?(?:child|kid|son|daughter|boy|girl|baby|toddler)|toddler"
        r"|my \d{1,2}[ -]\w{1,8}[ -]old"
        r"|\d{1,2}[ -](?:years?|months?|weeks?)[ -]old (?:child|kid|son|daughter|boy|girl|baby)",
        "孩子|儿子|女儿|小孩|宝宝|小朋友|婴儿|新生儿|女婴|男婴",
    ),
    Trait.INFANT: words(
        r"(?<!expecting a )baby(?! aspirin| bump)|infant|newborn"
        r"|\d{1,2}[ -](?:weeks?|months?|days?)[ -]old",
        "婴儿|新生儿|女婴|男婴|宝宝|月大|刚出生|刚满月",
    ),
    Trait.PREGNANT: words(r"pregnan\w+|expecting a baby", "怀孕|孕妇|孕期|妊娠|身孕|孕\\d{1,2}周"),
    Trait.HIGH_FEVER: words(r"(?:very )?high fever|burning up", "高烧|高热"),
    Trait.BLEEDING: words(
        r"bleed\w*|blood(?! (?:pressure|test|sugar|type))", "出血|流血|见红|便血"
    ),
    Trait.STIFF_NECK: words(
        r"stiff neck|neck (?:is|feels) (?:very )?stiff", "(?:脖子|颈部?)[^,。]{0,3}僵"
    ),
}

BACKGROUND = (Topic.ILLNESSES, Topic.MEDICINES, Topic.ALLERGIES)
_PAINFUL = (Topic.ONSET, Topic.SEVERITY)

TOPICS: dict[Symptom | Trait, tuple[Topic, ...]] = {
    Symptom.FEVER: (Topic.ONSET, Topic.TEMPERATURE),
    Symptom.HEADACHE: _PAINFUL,
    Symptom.COUGH: (Topic.ONSET, Topic.PHLEGM),
    Symptom.SORE_THROAT: _PAINFUL,
    Symptom.COLD: (Topic.ONSET, Topic.TEMPERATURE),
    Symptom.STOMACH_ACHE: _PAINFUL,
    Symptom.DIARRHOEA: (Topic.ONSET, Topic.STOOL),
    Symptom.VOMITING: (Topic.ONSET, Topic.FLUIDS),
    Symptom.CONSTIPATION: (Topic.ONSET,),
    Symptom.RASH: (Topic.ONSET, Topic.RASH_PLACE),
    Symptom.DIZZINESS: (Topic.ONSET, Topic.DIZZY_KIND),
    Symptom.INSOMNIA: (Topic.ONSET, Topic.SLEEP_KIND),
    Symptom.LOW_MOOD: (Topic.ONSET, Topic.DAILY_LIFE),
    Symptom.INJURY: (Topic.INJURY_CAUSE, Topic.SEVERITY),
    Symptom.MUSCLE_PAIN: _PAINFUL,
    Symptom.TOOTHACHE: _PAINFUL,
    Symptom.EARACHE: _PAINFUL,
    Symptom.EYE_TROUBLE: _PAINFUL,
    Symptom.URINARY: _PAINFUL,
    Symptom.NUMBNESS: (Topic.ONSET, Topic.NUMB_PLACE),
    Symptom.PALPITATIONS: (Topic.ONSET, Topic.DAILY_LIFE),
    Symptom.FATIGUE: (Topic.ONSET, Topic.DAILY_LIFE),
    Symptom.PAIN: (Topic.PAIN_PLACE, *_PAINFUL),
    Symptom.UNWELL: (Topic.COMPLAINT, Topic.ONSET),
    Trait.CHILD: (Topic.CHILD_AGE,),
    Trait.INFANT: (),
    Trait.OLDER_CHILD: (),
    Trait.PREGNANT: (Topic.PREGNANCY_WEEK,),
    Trait.HIGH_FEVER: (),
    Trait.BLEEDING: (),
    Trait.STIFF_NECK: (),
}
