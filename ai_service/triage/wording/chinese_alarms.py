from ai_service.triage.vocabulary import Alarm
from ai_service.triage.wording.tables import AlarmWording

ALARMS = {
    Alarm.SUICIDE: AlarmWording(
        "轻生的念头",
        "谢谢您愿意告诉我，您不应该独自承受这些。",
        "您也可以随时拨打全国心理援助热线12356。请现在就去找一位信任的人陪着您，"
        "并远离可能伤害自己的东西。",
    ),
    Alarm.UNCONSCIOUS: AlarmWording(
        "晕倒或抽搐",
        "晕倒、抽搐或叫不醒可能是急症。",
        "请查看呼吸，让病人侧卧，不要往嘴里塞东西，不要让病人独处。",
    ),
    Alarm.BREATHING: AlarmWording(
        "呼吸困难",
        "呼吸困难可能是急症。",
        "请坐直，松开紧身衣物，开窗通风，不要独处。",
    ),
    Alarm.CHEST_PAIN: AlarmWording(
        "胸痛或胸闷",
        "胸痛、胸闷可能是急症。",
        "请坐下休息，不要用力，不要自己开车，不要独处。",
    ),
    Alarm.STROKE: AlarmWording(
        "疑似中风的表现",
        "突然的无力、麻木、说话不清或看不清可能是急症，每一分钟都很重要。",
        "请记下开始的时间，躺下并把头稍微垫高，不要进食喝水。",
    ),
    Alarm.ANAPHYLAXIS: AlarmWording(
        "面部或喉咙肿胀",
        "面部、舌头或喉咙肿胀可能是严重的过敏反应。",
        "如果医生给您开过急救药，请按医嘱使用；请远离引起过敏的东西。",
    ),
    Alarm.SEVERE_BLEEDING: AlarmWording(
        "严重出血",
        "大量出血、吐血或咳血是急症。",
        "请用干净的布用力压住伤口，躺下，不要进食喝水。",
    ),
    Alarm.POISONING: AlarmWording(
        "疑似中毒",
        "可能的中毒或药物过量是急症。",
        "请不要催吐，保留包装给医生看；如果可能是燃气，请先到室外通风处。",
    ),
    Alarm.INFANT_FEVER: AlarmWording(
        "婴儿发热",
        "婴儿发热必须重视。",
        "请少量多次喂水或喂奶，不要捂得太厚，注意呼吸、皮肤颜色和是否容易叫醒。",
    ),
    Alarm.PREGNANCY: AlarmWording(
        "孕期出血或腹痛",
        "孕期出血或腹痛需要马上检查。",
        "请躺下休息，不要独处，准备好产检资料。",
    ),
    Alarm.STIFF_NECK_FEVER: AlarmWording(
        "发热伴颈部僵硬",
        "发热同时脖子僵硬可能是急症。",
        "请不要独处，留意嗜睡、皮疹或怕光。",
    ),
    Alarm.VERY_HIGH_FEVER: AlarmWording(
        "超高热",
        "40℃及以上的高热需要医生马上查看。",
        "请喝水，穿薄一点，在凉爽的房间休息，不要独处。",
    ),
    Alarm.SEVERE_PAIN: AlarmWording(
        "剧烈疼痛",
        "这么强烈的疼痛需要医生马上查看。",
        "请保持不动，医生查看之前不要进食喝水，不要独处。",
    ),
}
