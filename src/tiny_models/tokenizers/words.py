"""The fixed words that every vocabulary is made of.

Vocabularies are not trained: a trainer's result may depend on its release, on its threads or on
its hash seed, and a fixture's bytes may not.
"""

from __future__ import annotations

# Frequent words first: a small vocabulary keeps a prefix of this list.
_ENGLISH = """
the of and to in is that it was for on are as with his they at be this have from or had by hot
but some what there we can out other were all your when up use word how said an each she which
do their time if will way about many then them would write like so these her long make thing see
him two has look more day could go come did my sound no most number who over know water than
call first people may down side been now find any new work part take get place made live where
after back little only round man year came show every good me give our under name very through
just form great think say help low line before turn cause same mean differ move right boy old
too does tell sentence set three want air well also play small end put home read hand port large
spell add even land here must big high such follow act why ask men change went light kind off
need house picture try us again animal point mother world near build self earth father hello
user assistant system tool question answer model image token
"""
WORDS = tuple(_ENGLISH.split())

# Words of other scripts, so that texts outside ASCII have pieces too.
FOREIGN_WORDS = ("été", "über", "niño", "мир", "это", "κόσμος", "世界", "你好", "こんにちは")

# One character each: whatever is printable in ASCII, and the characters of the words above.
CHARACTERS = tuple(
    dict.fromkeys(
        [chr(code) for code in range(0x21, 0x7F)]
        + sorted({character for word in FOREIGN_WORDS for character in word})
    )
)
