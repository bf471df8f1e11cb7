from ai_service.triage.vocabulary import Phrase, Topic
from ai_service.triage.wording.english_alarms import ALARMS
from ai_service.triage.wording.english_symptoms import SYMPTOMS
from ai_service.triage.wording.tables import Wording

QUESTIONS = {
    Topic.COMPLAINT: "What is troubling you most at the moment?",
    Topic.PAIN_PLACE: "Where exactly does it hurt?",
    Topic.CHILD_AGE: "How old is the child?",
    Topic.PREGNANCY_WEEK: "Which week of the pregnancy is it?",
    Topic.INJURY_CAUSE: "How did it happen, and can the injured part still be moved?",
    Topic.ONSET: "Since when has this been going on?",
    Topic.TEMPERATURE: "How high is the temperature, if it has been measured?",
    Topic.SEVERITY: "How strong is it on a scale from 0 (not at all) to 10 (unbearable)?",
    Topic.PHLEGM: "Is the cough dry, or does phlegm come up, and of which colour?",
    Topic.STOOL: "How often a day, and is there any blood in the stool?",
    Topic.FLUIDS: "Do drinks stay down?",
    Topic.RASH_PLACE: "Where on the skin is it, and what does it look like?",
    Topic.NUMB_PLACE: "Where is it numb, on one side of the body or on both?",
    Topic.DIZZY_KIND: "Does everything seem to be spinning, or is it a light-headed feeling?",
    Topic.SLEEP_KIND: "Is it hard to fall asleep, or rather to sleep through the night?",
    Topic.DAILY_LIFE: "How much does this get in the way of everyday life?",
    Topic.ILLNESSES: "Are there any long-term illnesses, such as diabetes or high blood pressure?",
    Topic.MEDICINES: "Are any medicines being taken at the moment?",
    Topic.ALLERGIES: "Are there any allergies?",
}

PHRASES = {
    Phrase.INTRODUCTION: (
        "Hello! I am the AI assistant of this group. I ask a few questions, give general advice, "
        "and the doctors here can read along. What is troubling you?"
    ),
    Phrase.HELLO: "Hello!",
    Phrase.SORRY: "I am sorry to hear about the {symptoms}.",
    Phrase.NOTED: "I have noted: {notes}.",
    Phrase.NOTED_FOR: "Thank you. For the {symptoms} I have noted: {notes}.",
    Phrase.TEMPERATURE: "{value} °C",
    Phrase.SEVERITY: "strength {value} of 10",
    Phrase.THANK_YOU: "Thank you for telling me.",
    Phrase.PICTURE: (
        "Thank you for the picture. I am sorry, but I cannot look at pictures; a doctor in this "
        "group can. Could you describe in words what it shows, for example where it is, its size "
        "and colour, and whether it hurts or itches?"
    ),
    Phrase.EMERGENCY: (
        "Please call emergency services now (120 in China). "
        "A doctor in this group should look at this now."
    ),
    Phrase.REMINDER: (
        "The most important thing is still the warning sign that you told me of ({alarm}). If it "
        "is still there, call emergency services now (120 in China). Even if it has eased, have it "
        "examined today; a doctor in this group should look at this now."
    ),
    Phrase.WELCOME: "You are welcome. If anything changes or gets worse, write here at once.",
    Phrase.GOODBYE: (
        "Goodbye, and get well soon. If anything changes or gets worse, write here at once "
        "or see a doctor."
    ),
    Phrase.DOSE: (
        "I may not choose medicines or name doses. Please ask a doctor in this group or a "
        "pharmacist, and keep to the package leaflet."
    ),
    Phrase.DIAGNOSIS: (
        "I cannot say what the cause is or how serious it is: that takes a doctor's examination. "
        "What you tell me here helps the doctor."
    ),
    Phrase.IDENTITY: (
        "I am an AI assistant, not a doctor: I ask the first questions and give general advice. "
        "Diagnoses and prescriptions are for the doctors in this group."
    ),
    Phrase.CALL_DOCTOR: (
        "The doctors of this group can read along and will answer here when they can; if it "
        "cannot wait, please go to a hospital."
    ),
    Phrase.DOCTOR_SAID: "As the doctor said: “{quote}” Please go by that first.",
    Phrase.DOCTOR_ASKED: "The doctor asked: “{quote}” Your answer here reaches the doctor as well.",
    Phrase.WORSE: (
        "If it is getting worse or does not improve, please have a doctor examine it today; "
        "a doctor in this group should take a look as well."
    ),
    Phrase.BETTER: (
        "I am glad that it is getting better. Keep resting until you feel well again, and see a "
        "doctor if it comes back, gets worse or leaves you worried."
    ),
    Phrase.CHILD: "With children I would rather be careful, so a doctor should look early.",
    Phrase.PREGNANT: (
        "During pregnancy, please take no medicine without asking a doctor, "
        "and rather have complaints examined early."
    ),
    Phrase.UNKNOWN: (
        "You wrote “{quote}”, and I am not sure how I can help with that. I am here for questions "
        "about health. What is troubling you, for example fever, pain, a cough or poor sleep?"
    ),
    Phrase.UNKNOWN_AGAIN: (
        "I am sorry, I still do not understand “{quote}”. Could you say in other words which part "
        "of the body it is about? A doctor in this group can also answer you here."
    ),
    Phrase.ADVICE: "Some general advice until a doctor has looked at it:",
    Phrase.SEE_DOCTOR: "Please see a doctor soon if:",
    Phrase.HIGH_FEVER: "a fever of 39 °C or more does not go down within a day;",
    Phrase.CLOSING: (
        "This is general information and no diagnosis. Please tell the doctor about illnesses, "
        "medicines and allergies too; the doctors in this group can add to it or correct me."
    ),
    Phrase.FOR_DOCTOR: (
        "As for “{quote}”: that is better answered by a doctor in this group, "
        "who can read what we have collected here."
    ),
    Phrase.ADVICE_HOLDS: "My advice above still holds; see a doctor if it gets worse.",
    Phrase.ANYTHING_ELSE: "Is there anything else that the doctors here should know?",
}

ENGLISH = Wording(
    symptoms=SYMPTOMS,
    alarms=ALARMS,
    questions=QUESTIONS,
    phrases=PHRASES,
    comma=", ",
    last_comma=" and ",
    space=" ",
)
