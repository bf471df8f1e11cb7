from ai_service.triage.vocabulary import Symptom
from ai_service.triage.wording.tables import SymptomWording

SYMPTOMS = {
    Symptom.FEVER: SymptomWording(
        "发烧",
        "发烧：多休息、多喝水，穿薄一点，每天量两次体温。",
        "发烧超过三天，或伴有皮疹、脖子僵硬、意识模糊；",
    ),
    Symptom.HEADACHE: SymptomWording(
        "头痛",
        "头痛：在安静、光线暗的房间休息，喝水，少看屏幕。",
        "头痛突然发作、越来越重，或伴有呕吐、视物不清；",
    ),
    Symptom.COUGH: SymptomWording(
        "咳嗽",
        "咳嗽：喝温水，保持空气湿润，远离烟雾。",
        "咳嗽超过三周，或痰中带血、气不够用；",
    ),
    Symptom.SORE_THROAT: SymptomWording(
        "咽喉不适",
        "咽喉不适：少量多次喝水，用温盐水漱口，少说话。",
        "连口水都难以下咽，或超过一周不好；",
    ),
    Symptom.COLD: SymptomWording(
        "感冒症状",
        "感冒：多休息、多喝水，房间通风，接触他人时戴口罩。",
        "十天后仍不好，或体温再次升高；",
    ),
    Symptom.STOMACH_ACHE: SymptomWording(
        "肚子痛",
        "肚子痛：小口喝水，饮食清淡，休息并注意保暖。",
        "肚子发硬、疼痛转到右下腹或越来越重；",
    ),
    Symptom.DIARRHOEA: SymptomWording(
        "腹泻",
        "腹泻：比平时多喝水，最好喝口服补液盐，勤洗手。",
        "大便带血、尿量很少，或超过两天不好；",
    ),
    Symptom.VOMITING: SymptomWording(
        "恶心呕吐",
        "恶心呕吐：先暂停进食，每隔几分钟喝一小口水，之后从清淡食物开始。",
        "一整天喝不进水，或口干、尿色很深；",
    ),
    Symptom.CONSTIPATION: SymptomWording(
        "便秘",
        "便秘：多喝水，多吃蔬菜、水果和粗粮，多活动。",
        "伴有剧烈腹痛、呕吐或出血，或超过两周不好；",
    ),
    Symptom.RASH: SymptomWording(
        "皮肤不适",
        "皮肤：不要抓，可以冷敷，停用新的护肤品、肥皂或食物。",
        "迅速扩散、起水疱，或伴有发烧、脸部肿胀；",
    ),
    Symptom.DIZZINESS: SymptomWording(
        "头晕",
        "头晕：马上坐下或躺下，起身要慢，喝水，不要开车。",
        "经常发作，或伴有听力下降、麻木、视物不清、心慌；",
    ),
    Symptom.INSOMNIA: SymptomWording(
        "睡眠问题",
        "睡眠：作息固定，午后不喝咖啡和浓茶，睡前一小时不看屏幕。",
        "超过一个月，或白天精力明显受影响；",
    ),
    Symptom.LOW_MOOD: SymptomWording(
        "情绪困扰",
        "情绪：和信任的人聊一聊，保持规律作息，多到户外走走，慢慢地深呼吸。",
        "超过两周，或已经难以应付日常生活；",
    ),
    Symptom.INJURY: SymptomWording(
        "受伤",
        "受伤：让受伤部位休息，隔着布冷敷并抬高；小伤口用清水冲洗。",
        "无法负重、变形、麻木，伤口较深、较脏，或被动物咬伤；",
    ),
    Symptom.MUSCLE_PAIN: SymptomWording(
        "肌肉或关节痛",
        "肌肉和关节：避免会引起疼痛的动作，但可以轻柔活动，可以热敷。",
        "出现麻木、无力，或关节红肿发热；",
    ),
    Symptom.TOOTHACHE: SymptomWording(
        "牙痛",
        "牙痛：轻柔清洁，在脸颊外侧冷敷，避免过热、过冷和甜的食物。",
        "脸颊肿胀、发烧，或超过两天不好（请看牙科）；",
    ),
    Symptom.EARACHE: SymptomWording(
        "耳部不适",
        "耳朵：保持干燥，不要掏，避免噪音。",
        "有液体流出、听力突然下降，或超过两天不好；",
    ),
    Symptom.EYE_TROUBLE: SymptomWording(
        "眼部不适",
        "眼睛：不要揉，先不戴隐形眼镜，勤洗手，毛巾不共用。",
        "视力下降、怕光，或有东西进了眼睛；",
    ),
    Symptom.URINARY: SymptomWording(
        "排尿不适",
        "排尿不适：多喝水，不要憋尿，注意保暖。",
        "尿中带血、发烧、腰背痛，或排不出尿；",
    ),
    Symptom.NUMBNESS: SymptomWording(
        "麻木",
        "麻木：变换姿势，松开过紧的衣物，注意保暖，轻柔活动。",
        "突然出现、只在一侧，或伴有无力、说话不清（请立即拨打120）；",
    ),
    Symptom.PALPITATIONS: SymptomWording(
        "心慌",
        "心慌：坐下，慢慢呼吸，不喝咖啡、浓茶和酒。",
        "经常发作，或伴有胸痛、气短、晕倒（请立即拨打120）；",
    ),
    Symptom.FATIGUE: SymptomWording(
        "乏力",
        "乏力：睡眠充足，按时吃饭喝水，注意休息。",
        "超过两周，或体重不明原因下降；",
    ),
    Symptom.PAIN: SymptomWording(
        "疼痛",
        "疼痛：让疼的部位休息，留意加重和减轻的因素。",
        "越来越疼、夜里疼醒，或几天后仍不好；",
    ),
    Symptom.UNWELL: SymptomWording(
        "不舒服",
        "不舒服：多休息、多喝水，留意变化。",
        "明显加重，或出现新的症状；",
    ),
}
