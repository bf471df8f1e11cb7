from ai_service.triage.vocabulary import Symptom
from ai_service.triage.wording.tables import SymptomWording

SYMPTOMS = {
    Symptom.FEVER: SymptomWording(
        "fever",
        "Fever: rest, drink plenty, wear light clothes, and measure the temperature twice a day.",
        "the fever lasts longer than three days or comes with a rash, a stiff neck or confusion;",
    ),
    Symptom.HEADACHE: SymptomWording(
        "headache",
        "Headache: rest in a quiet dark room, drink water, and take a break from screens.",
        "the headache came suddenly, keeps getting stronger or comes with vomiting or poor sight;",
    ),
    Symptom.COUGH: SymptomWording(
        "cough",
        "Cough: drink warm fluids, keep the air moist, and avoid smoke.",
        "the cough lasts longer than three weeks or comes with blood or short breath;",
    ),
    Symptom.SORE_THROAT: SymptomWording(
        "sore throat",
        "Sore throat: take small sips often, gargle with lukewarm salt water, rest the voice.",
        "swallowing saliva becomes hard or it lasts longer than a week;",
    ),
    Symptom.COLD: SymptomWording(
        "cold symptoms",
        "Cold: rest, drink plenty, air the room, and wear a mask near others.",
        "it is no better after ten days or the temperature rises again;",
    ),
    Symptom.STOMACH_ACHE: SymptomWording(
        "stomach ache",
        "Stomach ache: take small sips of water, eat lightly, and rest with something warm.",
        "the belly becomes hard, the pain moves to the lower right side or grows stronger;",
    ),
    Symptom.DIARRHOEA: SymptomWording(
        "diarrhoea",
        "Diarrhoea: drink more than usual, best an oral rehydration solution; wash hands often.",
        "there is blood in the stool, little urine, or it lasts longer than two days;",
    ),
    Symptom.VOMITING: SymptomWording(
        "nausea and vomiting",
        "Nausea: pause eating, take a sip of water every few minutes, then start with bland food.",
        "nothing stays down for a day, or the mouth is dry and the urine dark;",
    ),
    Symptom.CONSTIPATION: SymptomWording(
        "constipation",
        "Constipation: drink more water, eat fibre (fruit, vegetables, whole grain), and move.",
        "it comes with strong pain, vomiting or blood, or lasts longer than two weeks;",
    ),
    Symptom.RASH: SymptomWording(
        "skin trouble",
        "Skin: do not scratch, cool it, and leave out new creams, soaps or foods.",
        "it spreads fast, blisters, or comes with fever or swelling of the face;",
    ),
    Symptom.DIZZINESS: SymptomWording(
        "dizziness",
        "Dizziness: sit or lie down at once, stand up slowly, drink water, and do not drive.",
        "it comes back often or with hearing loss, numbness, vision trouble or a racing heart;",
    ),
    Symptom.INSOMNIA: SymptomWording(
        "sleep trouble",
        "Sleep: keep fixed hours, no caffeine after noon, no screens in the hour before bed.",
        "it lasts longer than a month or wears you out by day;",
    ),
    Symptom.LOW_MOOD: SymptomWording(
        "low mood",
        "Mood: talk to someone you trust, keep a daily rhythm, go outside, and breathe slowly.",
        "it lasts longer than two weeks, or you cannot manage the day any more;",
    ),
    Symptom.INJURY: SymptomWording(
        "injury",
        "Injury: rest it, cool it through a cloth, raise it; rinse small wounds with clean water.",
        "it cannot bear weight, is deformed or numb, the wound is deep or dirty, or an animal bit;",
    ),
    Symptom.MUSCLE_PAIN: SymptomWording(
        "muscle or joint pain",
        "Muscles and joints: avoid what hurts, but keep moving gently; try warmth.",
        "there is numbness or weakness, or a joint is red, hot and swollen;",
    ),
    Symptom.TOOTHACHE: SymptomWording(
        "toothache",
        "Toothache: clean gently, cool the cheek from outside, avoid very hot, cold or sweet food.",
        "the cheek swells, there is fever, or it lasts longer than two days (see a dentist);",
    ),
    Symptom.EARACHE: SymptomWording(
        "ear trouble",
        "Ears: keep them dry, put nothing into them, and avoid loud noise.",
        "fluid comes out, hearing drops suddenly, or it lasts longer than two days;",
    ),
    Symptom.EYE_TROUBLE: SymptomWording(
        "eye trouble",
        "Eyes: do not rub, leave out contact lenses, wash hands, and use your own towel.",
        "sight gets worse, light hurts, or something got into the eye;",
    ),
    Symptom.URINARY: SymptomWording(
        "urinary trouble",
        "Urinary trouble: drink plenty, do not hold it back, and keep warm.",
        "there is blood, fever or pain in the back, or no urine comes;",
    ),
    Symptom.NUMBNESS: SymptomWording(
        "numbness",
        "Numbness: change the position, loosen what is tight, keep warm and move gently.",
        "it comes suddenly, on one side, or with weakness or trouble speaking (then call 120);",
    ),
    Symptom.PALPITATIONS: SymptomWording(
        "racing heart",
        "Racing heart: sit down, breathe slowly, and leave out coffee, strong tea and alcohol.",
        "it comes back often, or with chest pain, short breath or fainting (then call 120);",
    ),
    Symptom.FATIGUE: SymptomWording(
        "tiredness",
        "Tiredness: sleep enough, eat and drink regularly, and take breaks.",
        "it lasts longer than two weeks, or weight is lost without a reason;",
    ),
    Symptom.PAIN: SymptomWording(
        "pain",
        "Pain: rest the part that hurts and note what makes it better or worse.",
        "it grows stronger, wakes you at night or does not go away within a few days;",
    ),
    Symptom.UNWELL: SymptomWording(
        "discomfort",
        "Discomfort: rest, drink enough, and note what changes.",
        "you feel clearly worse, or new complaints appear;",
    ),
}
