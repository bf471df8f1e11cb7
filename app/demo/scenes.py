"""What is said in the demo, in two languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """`exchanges` are (patient, doctor); each start of the demo on the same data takes the next."""

    group_name: str
    exchanges: tuple[tuple[str, str], ...]

    def exchange(self, messages_so_far: int) -> tuple[str, str]:
        return self.exchanges[messages_so_far // 3 % len(self.exchanges)]


SCENES = {
    "en": Scene(
        "Demo: Zhang San, Dr. Li and the AI",
        (
            (
                "Hello, I have had a fever and a headache since yesterday.",
                "Thank you, I am here now. Please come to the practice at three o'clock.",
            ),
            (
                "38.5 degrees, and the headache is about 4 of 10.",
                "Good that you measured. Drink plenty, and see you at three.",
            ),
            ("Thank you, I will be there.", "See you then."),
        ),
    ),
    "zh": Scene(
        "演示：张三、李医生与AI助手",
        (
            ("你好，我从昨天开始发烧，头也疼。", "我在。请下午三点到门诊来。"),
            ("38.5度，头疼大概4分。", "量过体温很好。多喝水，三点见。"),
            ("谢谢，我会准时到。", "好的，到时见。"),
        ),
    ),
}
PATIENT = "zhang_san"
DOCTOR = "dr_li"
