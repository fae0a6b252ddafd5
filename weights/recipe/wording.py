"""Words: what pictures are called, how captions are put, and what is never trained on.

A file name or a title becomes the nouns that people type (`nouns`), a noun becomes captions (`variants`).
The wordings, colours of things and pairs of things listed under "held out" are in no caption that is
trained on; evaluate.py asks for them.
"""

import re
import zlib

COLOURS = {"red": 0, "orange": 28, "yellow": 52, "green": 120, "blue": 218, "purple": 275, "pink": 325}

# What is asked for first, shown six times as often as the rest.
FIRST = set("""cat dog house car apple sun boat tree girl boy flower bird fish horse robot heart star moon rocket ball man woman butterfly castle
banana book cake airplane""".split())
COMMON = FIRST | set("""
orange lemon pear grapes cherries strawberry watermelon pineapple peach tomato carrot corn mushroom bread cheese egg hamburger pizza cookie
doughnut candy lollipop sandwich milk bottle cup puppy cow pig sheep goat mouse rabbit hamster bear panda koala lion tiger elephant giraffe
zebra monkey gorilla fox wolf deer squirrel kangaroo camel chicken rooster duck eagle owl penguin parrot flamingo swan shark dolphin whale
octopus crab turtle snake frog crocodile lizard dinosaur dragon unicorn bee ladybug spider ant snail bat rose tulip sunflower cactus leaf
mountain volcano island wave cloud rainbow snowflake snowman fire church tent tower school hospital bus truck tractor train bicycle motorcycle
helicopter ship sailboat ambulance taxi scooter football basketball baseball guitar violin piano trumpet drum saxophone books pencil pen
paintbrush scissors hammer key lock lamp candle clock watch umbrella hat crown shirt dress shoe glasses ring balloon gift teddy ghost pumpkin
skull computer laptop phone camera television radio bell envelope chair bed door window baby child princess prince king queen angel santa clown
teacher doctor farmer cook artist singer student witch fairy mermaid vampire ninja detective astronaut pilot firefighter""".split()) | {"smiling face"}
# Known too, but asked for less.
OTHERS = set("""alien anchor avocado backpack badger beaver bison broccoli broom cupcake crayon croissant cucumber donkey dove eggplant globe
goose gloves hedgehog hippopotamus jeans jellyfish kite kiwi ladder leopard lime lobster llama mango magnet microscope microphone melon
onion otter peacock pie popcorn potato raccoon rhinoceros satellite scarf scorpion seal shorts shrimp skateboard skunk sloth socks spoon squid
sunglasses taco teapot telescope toothbrush tornado trophy turkey volleyball tooth worm zombie superhero fountain factory planet comet nest hut
diamond wizard palm""".split()) | {"ice cream", "hot dog", "fire engine", "french fries", "potted plant", "teddy bear", "palm tree", "christmas tree",
                                   "police officer", "old man", "old woman", "ferris wheel", "traffic light", "crying face", "angry face", "sleeping face", "winking face", "chocolate bar", "red apple", "green apple"}
PEOPLE = set("""girl boy woman man baby child person princess prince king queen angel santa clown teacher doctor farmer cook artist singer student
witch fairy mermaid vampire ninja detective astronaut pilot firefighter superhero wizard zombie""".split()) | {"old man", "old woman", "police officer"}

# Other words for what a title names.
ALSO = {
    "red apple": ["apple"], "green apple": ["apple"], "automobile": ["car"], "oncoming automobile": ["car"], "racing car": ["car"],
    "sport utility vehicle": ["car"], "recreational vehicle": ["car"], "house with garden": ["house"], "house building": ["house"],
    "sun with face": ["smiling sun", "sun"], "black sun with rays": ["sun"], "smiling face with sunglasses": ["face with sunglasses"],
    "open book": ["book"], "closed book": ["book"], "green book": ["book"], "blue book": ["book"], "orange book": ["book"],
    "cat face": ["cat"], "grinning cat": ["smiling cat", "happy cat"], "smiley": ["smiling face", "happy face"],
    "grinning face": ["smiling face", "happy face"], "slightly smiling face": ["smiling face"], "smiling face with open mouth": ["smiling face", "happy face"],
    "deciduous tree": ["tree"], "evergreen tree": ["tree", "pine tree"], "sailboat": ["boat", "sailing boat"], "speedboat": ["boat"],
    "motor boat": ["boat"], "passenger ship": ["ship"], "snowman without snow": ["snowman"], "delivery truck": ["truck"], "articulated lorry": ["truck"],
    "slice of pizza": ["pizza"], "soccer ball": ["ball", "football"], "red heart": ["heart"], "blossom": ["flower"], "hibiscus": ["flower"],
    "tulip": ["flower"], "rose": ["flower"], "sunflower": ["flower"], "woman s hat": ["hat"], "womans hat": ["hat"], "top hat": ["hat"],
    "crescent moon": ["moon"], "full moon face": ["moon"], "spouting whale": ["whale"], "t-shirt": ["shirt"], "running shoe": ["shoe"],
    "athletic shoe": ["shoe"], "man s shoe": ["shoe"], "mans shoe": ["shoe"], "tropical fish": ["fish"], "blowfish": [], "baby chick": ["chick"], "honeybee": ["bee"],
    "lady beetle": ["ladybug"], "lady bug": ["ladybug"], "locomotive": ["train"], "steam locomotive": ["train"], "high-speed train": ["train"], "shortcake": ["cake"],
    "birthday cake": ["cake"], "ox": ["cow"], "balloon": ["red balloon"], "glowing star": ["star"], "white medium star": ["star"], "dog face": ["dog", "puppy"], "wolf face": ["wolf"],
    "small airplane": ["airplane"], "jack-o-lantern": ["pumpkin"], "wrapped gift": ["gift", "present"], "wrapped present": ["gift", "present"],
    "mobile phone": ["phone"], "light bulb": ["lamp"], "sauropod": ["dinosaur"], "t-rex": ["dinosaur"], "cheese wedge": ["cheese"], "glass of milk": ["milk"],
    "santa claus": ["santa"], "father christmas": ["santa"], "mage": ["wizard"], "teddy bear": ["teddy"], "cooking": ["fried egg"], "gem stone": ["diamond"], "ringed planet": ["planet"],
    "desert island": ["island"], "snow-capped mountain": ["mountain"], "mount fuji": ["mountain"], "water wave": ["wave"], "soft ice cream": ["ice cream"],
    "castle": [], "european castle": ["castle"], "horse face": ["horse"], "kiwi fruit": ["kiwi"], "fire engine": ["fire truck"], "pickup truck": ["truck"],
    "desktop computer": ["computer"], "personal computer": ["computer"], "pile of books": ["books"], "musical keyboard": ["piano"], "violin": [], "old key": ["key"], "locked": ["lock"],
    "watermelon": [], "cup with straw": ["cup"], "party balloon": ["balloon"], "electric light bulb": ["lamp"], "eyeglasses": ["glasses"], "baby bottle": [],
    "hot air balloon": ["balloon"], "spiral shell": ["shell"], "hamburger": ["burger"], "airplane": ["plane"], "television": ["tv"], "snail": [], "bullet train": ["train"],
    "sedan car": ["car"], "sports car": ["car"], "skoda car": ["car"], "old car": ["car"], "cartoon tree": ["tree"], "cartoon apple": ["apple"],
    "big house": ["house"], "casa verde": ["house"], "homes": ["house"], "cartoon cat": ["cat"], "gattina cat": ["cat"], "gatto cat": ["cat"],
    "dog head": ["dog"], "old man": ["man"], "poodle": ["dog"], "black bird": ["bird"], "tugboat": ["boat"], "ferry": ["ship"], "police car": ["car"],
    "alarm clock": ["clock"], "mantelpiece clock": ["clock"], "globe showing europe-africa": ["globe"], "globe showing americas": ["globe"],
    "vertical traffic light": ["traffic light"], "health worker": ["doctor"], "ear of corn": ["corn"], "baby angel": ["angel"], "nest with eggs": ["nest"],
    "older man": ["old man"], "older woman": ["old woman"], "artist palette": ["palette"], "christmas tree": ["tree"], "black cat": ["cat"], "sleeping cat": ["cat"],
}

DROPPED = re.compile(
    r"\bflag|skin tone|\btone ?\d|keycap|button\b|o.clock|-thirty|\bthirty\b|clock face|squared|\bsymbol|zodiac|arrow|\bfamily|couple|\bkiss\b|"
    r"holding hands|regional|letter|input|facing right|\bsign\b|signs\b|silhouette of japan|japanese|ideograph|wedding|and woman|with heart|"
    r"\bplaying|\bcard\b|fleur|trident|recycl|percent|\bplus\b|\bminus\b|division|multipl|infinity|no entry|prohibited|restroom|potable|"
    r"no one|exclamation|question mark|interrobang|dash\b|loop\b|\bpart alternation|bidirectional|handshake|raised|backhand|pointing|gesturing|"
    r"hash|sibmission|submission|aiga|lord|naked|sexy|pantyhose|bikini|cigar|smok|knife|gun\b|pistol|rifle|bomb|sword|weapon|blood|syringe|middle finger")
DROPPED_CATEGORIES = ("flags", "symbols", "modifier", "transportation/aiga-symbols", "transportation/roadsigns", "recreation/games/cards", "tools/weapons",
                      "people/clothing/pantyhose", "recreation/religion", "town/roadsigns", "town/flags", "people/stickmen", "military",
                      "electronics/battery", "people/bodypart", "science/medicine", "medical", "food/beverages/alcohol", "transportation/boating/sailing")
NOISE = re.compile(
    r"clip ?art.*?-|by nicu buculei|nicu buculei|architetto|francesco rollandin|\bclipart\b|\bicon\b|\billustration\b|\bhash\b.*|\bjon phillips\b|\blineart\b|\bdrawing\b|"
    r"\bgerald g\b|\bmachovka\b|\banonymous\b|\bganson\b|\bsvg\b|\bpng\b|\bremix\b|\bfrom\b.*|\b[a-z]*\d+[a-z]*\b|\(.*?\)|[\"“”!?…]|\bv\d\b")

# Held out: in no training caption.
UNSEEN_WORDINGS = ["an illustration of {}", "clip art of {}", "please draw {} for me", "a simple image of {}"]
UNSEEN_PAIRS = [
    ("cat", "hat"), ("apple", "banana"), ("car", "tree"), ("bird", "house"), ("fish", "star"), ("horse", "flower"), ("sun", "boat"), ("heart", "ball"),
    ("dog", "ball"), ("cat", "fish"), ("robot", "flower"), ("moon", "castle"), ("rocket", "star"), ("book", "apple"), ("butterfly", "tree"), ("cake", "balloon"),
    ("house", "car"), ("banana", "fish"), ("crown", "cat"), ("bus", "bicycle")]
UNSEEN_COLOURS = [
    ("purple", "car"), ("pink", "house"), ("blue", "apple"), ("yellow", "umbrella"), ("green", "hat"), ("orange", "fish"), ("red", "bird"), ("blue", "flower"),
    ("green", "balloon"), ("purple", "heart"), ("yellow", "truck"), ("pink", "butterfly"), ("red", "boat"), ("orange", "book"), ("green", "bus"), ("blue", "star")]
UNSEEN_WEARERS = {"cat", "boy", "panda"}  # Not shown with a hat on.
UNSEEN_READERS = {"princess", "bear", "rabbit"}
UNSEEN_COUNTS = [("two", "dog"), ("three", "apple"), ("two", "car"), ("two", "star"), ("three", "flower"), ("two", "fish")]


def unseen_pair(a, b):
    return (a, b) in UNSEEN_PAIRS or (b, a) in UNSEEN_PAIRS


def unseen_by_chance(caption):
    """One caption in 20, by its text alone: the same ones whatever else changes."""
    return zlib.crc32(caption.encode()) % 20 == 0


def clean(title):
    title = title.replace("’", " ").replace("'", " ")
    title = re.sub(r"([a-z])([A-Z])", r"\1 \2", title).lower().replace("_", " ")
    title = re.split(r"[.—–;:]| - ", title)[0]
    title = re.sub(r"[^a-z \-]", " ", NOISE.sub(" ", title))
    title = re.sub(r"^(a|an|the|some) ", "", re.sub(r"\s+", " ", title).strip(" -"))
    return " ".join(title.split()[:7])


SAME = ("fish", "sheep", "deer", "grapes", "cherries", "books", "glasses", "scissors", "jeans", "socks", "gloves", "shorts", "sunglasses", "french fries")


def plural(noun):
    irregular = {"man": "men", "woman": "women", "child": "children", "mouse": "mice", "leaf": "leaves", "wolf": "wolves", "snowman": "snowmen"}
    if noun in SAME:
        return noun
    return irregular.get(noun) or (noun[:-1] + "ies" if noun[-1] == "y" and noun[-2] not in "aeiou" else noun + "es" if noun[-1] in "sxh" else noun + "s")


def article(noun):
    if not noun or noun.split()[-1] in SAME and noun.split()[-1] not in ("fish", "sheep", "deer") or " and " in noun:
        return noun
    return ("an " if noun[0] in "aeiou" and not noun.startswith(("uni", "ukulele")) else "a ") + noun


def place_prompts():
    """(prompt, first colour, second colour, axis, sign): the first thing's centre lies on this side of the second's. Held out."""
    things, clear = ["heart", "car", "apple", "ball", "house", "flower", "balloon", "star"], [("red", "blue"), ("yellow", "blue"), ("green", "red"), ("blue", "yellow")]
    prompts = []
    for k in range(24):
        a, b = things[k % 8], things[(k * 3 + 1 + k // 8) % 8]
        b = things[(things.index(b) + 1) % 8] if a == b else b
        p, q = clear[(k // 2 + k) % 4]
        if (p, a) in UNSEEN_COLOURS or (q, b) in UNSEEN_COLOURS:
            p, q = q, p
        word, axis, sign = [("to the left of", 1, -1), ("to the right of", 1, 1), ("above", 0, -1), ("below", 0, 1)][k % 4]
        prompts.append((f"{article(f'{p} {a}')} {word} {article(f'{q} {b}')}", p, q, axis, sign))
    return prompts


def nouns(entry):
    """The nouns for one picture, the best first; empty where it is to be left out."""
    title, category = clean(entry["title"]), entry["category"]
    if entry["source"] == "noto" and entry["title"][0].isupper() and not re.match("Santa|Mrs|Christmas|Statue|T-Rex", entry["title"]):
        return []  # Countries and signs of the zodiac.
    if entry["title"] == "T-Rex":
        title = "t-rex"
    if len(title) < 3 or DROPPED.search(entry["title"].lower()) or DROPPED.search(title) or category.startswith(DROPPED_CATEGORIES):
        return []
    found = [title] + ALSO.get(title, [])
    if title.endswith(" face") and entry["source"] != "openclipart" and len(title.split()) == 2 and not re.search(r"(ing|ed|y|ful|less|ious|ain|ezing) face$", title):
        found.append(title[:-5])
    return list(dict.fromkeys(found))


def variants(phrase):
    """Ways to ask for one thing; the plain one, which is what most people type, more often."""
    bare = re.sub(r"^(a|an) ", "", phrase)
    return [phrase] * 6 + [bare, f"a drawing of {phrase}", f"a picture of {phrase}", f"a cartoon {bare}"]
