"""The texts that tokenizers are compared on, and the text that small vocabularies are trained on."""

import random
import unicodedata

SENTENCES = """
The quick brown fox jumps over the lazy dog.
A girl reading a book by the window, oil on canvas, warm light.
I'm sure they'll say it's fine; don't you think we've seen enough? He'd know.
"Quoted", 'single', “curly”, ‘curly single’ — and a dash… isn’t it?
Der Fuchs läuft über die Straße und grüßt die Mädchen höflich.
Ça va? L'été à Nîmes coûte 1 234,56 € — où es-tu né, garçon ?
El niño comió piñata mañana; ¿qué pasó? ¡Increíble!
Чёрный кот сидит на окне и смотрит на улицу.
Η γρήγορη αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. ΣΊΣΥΦΟΣ
敏捷的棕色狐狸跳过了懒狗。今天天气很好,我们去公园吧!
素早い茶色の狐がのろまな犬を飛び越える。カタカナ・ひらがな、ABC全角123
빠른 갈색 여우가 게으른 개를 뛰어넘는다.
الثعلب البني السريع يقفز فوق الكلب الكسول، أليس كذلك؟ ١٢٣٤٥
השועל החום המהיר קפץ מעל הכלב העצלן.
तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। १२३
สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ ๑๒๓
Szybki brązowy lis przeskakuje nad leniwym psem. Zażółć gęślą jaźń.
Hızlı kahverengi tilki İstanbul'da IŞIK gördü; ılık.
Nhanh như cáo nâu nhảy qua con chó lười biếng. Tiếng Việt đẹp lắm.
for (int i = 0; i < 10; ++i) { printf("%d\\n", a[i] * 2.5e-3); } // loop
def f(x, *, y=None): return {k: v**2 for k, v in x.items() if v != y}
SELECT id, COUNT(*) FROM users WHERE age >= 18 AND name LIKE 'A%' GROUP BY id;
<div class="a b" id='c'>&nbsp;<!-- comment --></div>
https://example.org/path/to?q=1&r=%20#frag mail@example.com ../rel/path C:\\Windows\\x
x = 3.14159, y = 1e-10, 0xDEADBEEF, 1,234,567.89, 2026-11-21T04:58:00Z, 50%, #1, $9.99
""".strip().split("\n")

EDGES = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", "\r\n\r\n", "\r", " \n", "\n ", " \n ", "a\n b",
    "a \n\n b", "a  b", "a   b", "a    b", " a", "  a", "a ", "a  ", "a\tb", "a\t b", "a \tb", "\ta", "a\n\tb", "a\r\nb",
    "a \r\n b", "  \n\n  x", "x\n\n  \n", "x\n  \n  y", "if x:\n    return 1\n\n\n        # deep\n", "...   \n\n", "!\n\n\n?",
    "!!!\r\n", " !\n a", "a!b", "a !b", "a ! b", "!a", "?!", " ?!", "  ?!", "a...b", "(a)", "[a]", "{a}", "<a>", "--a", "a--",
    "0", "1", "12", "123", "1234", "12345", "123456", "1234567", " 1", " 12", "  12", "   123", "a1", "1a", "a1b2c3", "1 2 3",
    "1  2", "1.5", "1,000,000", "-1", "+1", "1e5", "3rd 4th", "½", "¼ cup", "x²+y³", "①②③", "Ⅷ Ⅸ", "٣٤٥٦", "१२३४", "１２３４", "五六",
    "'s", "'S", "it's", "IT'S", "it'S", "I'm", "I'M", "we're", "WE'RE", "wE'rE", "you've", "YOU'VE", "he'll", "HE'LL", "he'lL",
    "she'd", "SHE'D", "don't", "DON'T", "'t", "'tis", "''s", "' s", "'ss", "'re", "'r", "'v", "'l", "'ll", "'", "''", "a'", "a'b",
    "rock'n'roll", "O'Brien's", "it’s", "it'ſ", "'ſ", "ſ", "x's's", " 's", "1's", "!'s", "\n's", "'d've", "y'all'd've",
    "é", "e\u0301", "café", "cafe\u0301", "Å", "A\u030a", "\u212b", "ﬁ", "ﬁnd", "ǆ", "ß", "ẞ", "İ", "ı", "ΐ", "q\u0307\u0323",
    "\u0301", " \u0301", "a\u0301\u0302\u0303", "각", "\u1100\u1161\u11a8", "が", "か\u3099", "ö\u0323", "\u0344", "Ω", "\u2126",
    "😀", " 😀", "😀😀", "a😀b", "👍🏽", "👨‍👩‍👧‍👦", "👩🏾‍💻", "🏳️‍🌈", "🇫🇷🇩🇪", "1️⃣", "#️⃣", "❤️", "❤", "☺︎", "🧑‍🚀 in space", "💩\u200d", "🫠🫨",
    "\u00a0", "a\u00a0b", "\u2003a", "a\u2009b", "\u3000", "　全角", "a\u200bb", "\u200b", "\ufeffbom", "\u2028", "a\u2028b",
    "\u2029", "\u0085", "a\u0085b", "\u1680x", "\u180e", "\u202f", "\u205f ", "a \u00a0 b", " \u3000 ", "\x0b", "\x0c", "\x1c",
    "a\x1cb", "\x00", "a\x00b", "\x01\x02", "\x7f", "\x80", "\x9f", "\u00ad", "a\u00adb", "\u200e\u200f", "\u202eabc", "\ufffd",
    "\ufffe", "\uffff", "\U0010ffff", "\ue000", "\U000e0041", "\ud7ff", "𝒳𝓎", "𝟘𝟙𝟚", "𐍈", "🂡", "𠮷野家", "⁰¹²", "™©®", "€£¥", "→←⇒",
    "∑∫√", "¡¿", "·•…", "‽", "—–-", "_", "__init__", "snake_case", "camelCase", "kebab-case", "UPPER_CASE", "a_1", "_1", "1_000",
    "\\", "\\n", "\\\\", "/", "//", "///", "``` code ```", "`x`", "|", "||", "~", "^", "&amp;", "@user", "#tag", "%20", "$x", "a$b",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ababababababababababab", "a" * 300, "ab" * 150, "zq" * 100, "!" * 200, " " * 50, "\n" * 40,
    "1" * 50, "é" * 60, "😀" * 20, "的" * 50, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "pneumonoultramicroscopicsilicovolcanoconiosis", "ﷺ", "\u0e33", "กำ", "\u0bb8\u0bcd\u0bb0\u0bc0", "க்ஷ", "ॐ", "\u0903", "ক্ষ", "ខ្មែរ",
    "ᚠᚢᚦ", "Ꭰ", "ⴰ", "ᐁ", "\u1d43", "ʰ", "ªº", "ᴬ", "\u02bc", "n\u02bct", "\u0345", "\u20dd", "a\u20dd", "\ua7cf", "\U000323b0",
]

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "<|begin_of_text|>", "<|eot_id|>", "[IMG0]", "[IMG1]"]


def special_texts():
    out = []
    for token in SPECIALS:
        out += [token, f"a{token}b", f"a {token} b", f"{token}\n", token * 2, token[:-1], token[1:], token.upper(), f"  {token}  {token}x"]
    out += [
        "<|im_start|>system\nYou are kind.<|im_end|>\n<|im_start|>user\nHi!<|im_end|>\n<|im_start|>assistant\n",
        "<|im_start|>user\n<|im_start|><|im_end|>", "<|im_<|im_end|>", "<|im_end|", "< |im_end|>", "[IMG0] [IMG1] [IMG0][IMG1]",
        "<|begin_of_text|>Hello<|eot_id|>", "x<s>y</s>z", "<<s>>", "<|endoftext|><|endoftext|> 12",
    ]
    return out


def random_texts(count, seed=7):
    """Random strings over alphabets that stress class boundaries."""
    rng = random.Random(seed)
    alphabets = [
        " \n\r\tab1'.", "abcXYZ '", " \u00a0\u3000\n", "019 ,.", "'sStTrReEvVmMlLdDſ ", "aé\u0301e\u0308ö ", "的我。 a1", "😀👍🏽\u200d️ a",
        "<|im_start|> end", "(){}[];:= \n\t_x0", "".join(chr(c) for c in range(0x00, 0x30)), "".join(chr(c) for c in range(0x80, 0x180)),
        "".join(chr(c) for c in range(0x300, 0x3c0)), "".join(chr(c) for c in range(0x600, 0x680)),
        "".join(chr(c) for c in range(0x900, 0x980)), "".join(chr(c) for c in range(0x2000, 0x2100)),
        "".join(chr(c) for c in range(0xac00, 0xac40)) + "\u1100\u1161", "".join(chr(c) for c in range(0x1f300, 0x1f360)),
    ]
    return ["".join(rng.choice(alphabets[i % len(alphabets)]) for _ in range(rng.randint(1, 24))) for i in range(count)]


def mark_texts(count=250, seed=11):
    """Letters, syllables and marks that normalization composes, decomposes or reorders."""
    rng = random.Random(seed)
    marks = [chr(c) for c in range(0x300, 0x370)] + list("\u0591\u05b0\u064b\u0651\u093c\u0e38\u0f71\u0f72\u0f73\u0f74\u0f75\u0f80\u0f81\u3099\u309a")
    bases = list("aeiouyAEIOUnsczK ") + [chr(c) for c in range(0xC0, 0x180)] + list("ΑΩαω\u1f00\u1fb3\u212a\u212b\u2126\uac00\uac01\u1100\u1161\u11a8かカ\u0915\u0958\u0f40\u2adc\ufb1d\uf900")
    return ["".join(rng.choice(marks if rng.random() < 0.6 else bases) for _ in range(rng.randint(1, 9))) for _ in range(count)]


def texts():
    """At least 500 texts, each once, in a fixed order."""
    out = list(SENTENCES) + EDGES + special_texts() + random_texts(180)
    out += [" ".join(pair) for pair in zip(SENTENCES, SENTENCES[5:])][:12]
    out += ["\n".join(SENTENCES[:6]), "\r\n\r\n".join(SENTENCES[6:10])]
    out += [unicodedata.normalize("NFD", s) for s in SENTENCES[4:12]] + [s.upper() for s in SENTENCES[:8]]
    return list(dict.fromkeys(out))


def training():
    """Text to train small vocabularies on."""
    lines = []
    for sentence in SENTENCES:
        lines += [sentence, sentence.lower(), " " + sentence, sentence.replace(" ", "  "), sentence.replace(", ", ",\n    ")]
    lines += ["it's IT'S we're they'll I'm", "    \n\n        return\n", "\r\n\r\n", "a1b2 2024 1999 100 000", "😀😀 👍🏽 👍🏽 ❤️ ❤️"] * 6
    return lines
