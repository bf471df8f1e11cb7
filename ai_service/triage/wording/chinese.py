from ai_service.triage.vocabulary import Phrase, Topic
from ai_service.triage.wording.chinese_alarms import ALARMS
from ai_service.triage.wording.chinese_symptoms import SYMPTOMS
from ai_service.triage.wording.tables import Wording

QUESTIONS = {
    Topic.COMPLAINT: "请问现在最主要是哪里不舒服？",
    Topic.PAIN_PLACE: "具体是哪里疼？",
    Topic.CHILD_AGE: "请问孩子多大了？",
    Topic.PREGNANCY_WEEK: "请问现在孕几周了？",
    Topic.INJURY_CAUSE: "请问是怎么受伤的，受伤的部位还能活动吗？",
    Topic.ONSET: "请问这种情况是从什么时候开始的？",
    Topic.TEMPERATURE: "如果量过体温，请问最高是多少度？",
    Topic.SEVERITY: "如果用0分（完全没有）到10分（无法忍受）来表示，请问现在有几分？",
    Topic.PHLEGM: "请问是干咳还是有痰，痰是什么颜色？",
    Topic.STOOL: "请问一天大便几次，有没有带血？",
    Topic.FLUIDS: "请问喝水能喝得下吗，会不会一喝就吐？",
    Topic.RASH_PLACE: "请问长在身体的哪个部位，看起来是什么样的？",
    Topic.NUMB_PLACE: "请问是哪个部位发麻，是一侧还是两侧？",
    Topic.DIZZY_KIND: "请问是感觉周围在旋转，还是站起来时眼前发黑？",
    Topic.SLEEP_KIND: "请问是入睡难，还是夜里容易醒？",
    Topic.DAILY_LIFE: "请问这对日常生活的影响大吗？",
    Topic.ILLNESSES: "请问有没有慢性病，比如糖尿病、高血压？",
    Topic.MEDICINES: "目前有没有在服用药物？",
    Topic.ALLERGIES: "有没有过敏史？",
}

PHRASES = {
    Phrase.INTRODUCTION: (
        "您好！我是本群的AI助手。我会先问几个问题，给出一般性的建议，群里的医生也能看到。"
        "请问您哪里不舒服？"
    ),
    Phrase.HELLO: "您好！",
    Phrase.SORRY: "{symptoms}确实让人难受。",
    Phrase.NOTED: "我已记下：{notes}。",
    Phrase.NOTED_FOR: "谢谢。关于{symptoms}，我已记下：{notes}。",
    Phrase.TEMPERATURE: "体温{value}℃",
    Phrase.SEVERITY: "程度{value}分（满分10分）",
    Phrase.THANK_YOU: "谢谢您告诉我。",
    Phrase.PICTURE: (
        "谢谢您发来图片。很抱歉，我无法查看图片，群里的医生可以看到。"
        "请用文字描述一下，比如在什么部位、大小和颜色、疼不疼或痒不痒，可以吗？"
    ),
    Phrase.EMERGENCY: "请立即拨打急救电话120，同时请群里的医生马上查看。",
    Phrase.REMINDER: (
        "目前最重要的仍然是您之前提到的危险信号（{alarm}）。如果现在还有，请立即拨打急救电话120；"
        "即使已经缓解，也请今天就去医院检查，并请群里的医生马上查看。"
    ),
    Phrase.WELCOME: "不客气。如果有变化或者加重，请马上在这里告诉我们。",
    Phrase.GOODBYE: "再见，祝您早日康复。如果有变化或者加重，请马上在这里告诉我们，或及时就医。",
    Phrase.DOSE: (
        "我不能替您选择药物，也不能给出剂量。请咨询群里的医生或药师，并按药品说明书使用。"
    ),
    Phrase.DIAGNOSIS: (
        "原因和严重程度需要医生检查后才能判断，我不能下诊断。您在这里提供的情况会对医生有帮助。"
    ),
    Phrase.IDENTITY: (
        "我是AI助手，不是医生：我负责先了解情况并给出一般性建议，诊断和开药由群里的医生负责。"
    ),
    Phrase.CALL_DOCTOR: "群里的医生能看到这里的消息，有空会在这里回复；如果等不及，请直接去医院。",
    Phrase.DOCTOR_SAID: "正如医生所说：“{quote}”请首先按医生的意见来。",
    Phrase.DOCTOR_ASKED: "医生问过：“{quote}”您在这里的回答医生也能看到。",
    Phrase.WORSE: "如果在加重或者没有好转，请今天就去医院检查，也请群里的医生看一下。",
    Phrase.BETTER: (
        "很高兴听到情况有好转。请继续休息到完全恢复；如果反复、加重或者您不放心，请及时就医。"
    ),
    Phrase.CHILD: "孩子的情况要更谨慎，建议尽早请医生看看。",
    Phrase.PREGNANT: "怀孕期间请不要自行用药，有不适请尽早检查。",
    Phrase.UNKNOWN: (
        "您说的是“{quote}”，我不太确定怎样帮到您。我主要解答健康方面的问题，"
        "请问您哪里不舒服，比如发烧、疼痛、咳嗽或者睡眠不好？"
    ),
    Phrase.UNKNOWN_AGAIN: (
        "抱歉，我还是没有理解“{quote}”。能换个说法，告诉我是身体哪个部位的情况吗？"
        "群里的医生也可以在这里回答您。"
    ),
    Phrase.ADVICE: "在医生查看之前，先给您一些一般性的建议：",
    Phrase.SEE_DOCTOR: "出现下列情况请尽快就医：",
    Phrase.HIGH_FEVER: "39℃以上的发热一天内没有退下来；",
    Phrase.CLOSING: (
        "以上是一般性信息，不是诊断。就诊时请把慢性病、用药和过敏情况也告诉医生；"
        "群里的医生可以补充或纠正。"
    ),
    Phrase.FOR_DOCTOR: "关于“{quote}”，最好由群里的医生来回答，医生能看到我们整理的情况。",
    Phrase.ADVICE_HOLDS: "上面的建议仍然适用，如果加重请及时就医。",
    Phrase.ANYTHING_ELSE: "还有其他需要让群里的医生知道的吗？",
}

CHINESE = Wording(
    symptoms=SYMPTOMS,
    alarms=ALARMS,
    questions=QUESTIONS,
    phrases=PHRASES,
    comma="、",
    last_comma="和",
    space="",
)
