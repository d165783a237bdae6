"""What model types and tokenizer classes need beside the general rules, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A departure from the general rules; whatever is unset follows them.

    ``special_tokens`` are texts by attribute; ``extra_tokens`` have no attribute, and
    ``plain_tokens`` are not special ones; ``first_pieces`` are those without which the class cannot
    be made; ``settings`` are its parameters; ``files`` names the writer of its own files
    (`class_files`); ``own_vocabulary`` says that it brings one; ``keep_files`` that its own saving
    damages them, so that ours are kept; ``packages`` are what it needs beside the library.
    """

    reason: str
    family: str | None = None
    special_tokens: Mapping[str, str | None] = field(default_factory=dict)
    extra_tokens: tuple[str, ...] = ()
    plain_tokens: tuple[str, ...] = ()
    first_pieces: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: str | None = None
    own_vocabulary: bool = False
    keep_files: bool = False
    packages: tuple[str, ...] = ()


_ENCODER_TOKENS = {
    "bos_token": None,
    "eos_token": None,
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "mask_token": "[MASK]",
}
_SENTENCEPIECE_TOKENS = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
}
_T5_TOKENS = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
_GEMMA_TOKENS = {
    "bos_token": "<bos>",
    "eos_token": "<eos>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
}
BYTE_LEVEL_TOKENS = {
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "pad_token": "<|pad|>",
}
_ROBERTA_TOKENS = {
    **_SENTENCEPIECE_TOKENS,
    "cls_token": "<s>",
    "sep_token": "</s>",
    "mask_token": "<mask>",
}

# What a family has where it is asked for by name.
FAMILY_TOKENS: Mapping[str, Mapping[str, str | None]] = {
    "byte_level_bpe": BYTE_LEVEL_TOKENS,
    "bpe_byte_fallback": _SENTENCEPIECE_TOKENS,
    "unigram": _SENTENCEPIECE_TOKENS,
    "character": _SENTENCEPIECE_TOKENS,
    "wordpiece": _ENCODER_TOKENS,
    "word_level": {**_ENCODER_TOKENS, "cls_token": None, "sep_token": None},
}

# Mistral's control tokens, in the order of their ids.
_MISTRAL_CONTROL = (
    *("<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
    *("[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]"),
    *("[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
    *("[TOOL_CONTENT]", "[ARGS]", "[CALL_ID]", "[THINK]", "[/THINK]", "[AUDIO]", "[BEGIN_AUDIO]"),
)

# Model types that are loaded by the library's general tokenizer class. The first that matches
# counts; one that matches none has byte-level BPE.
FAMILY_ENTRIES: tuple[tuple[str, Entry], ...] = (
    (
        r"bigbird_pegasus|pegasus_x",
        Entry("Pegasus's Unigram", "unigram", {**_T5_TOKENS, "mask_token": "<mask_2>"}),
    ),
    (
        r"umt5|longt5|pix2struct.*|t5_.*|pop2piano",
        Entry(
            "T5's Unigram with sentinels",
            "unigram",
            _T5_TOKENS,
            tuple(f"<extra_id_{number}>" for number in range(100)),
        ),
    ),
    (
        r"xlm-roberta-xl|altclip.*|metaclip_2.*|sew|sew-d|wavlm",
        Entry("XLM-RoBERTa's Unigram", "unigram", _ROBERTA_TOKENS),
    ),
    (r"nystromformer", Entry("ALBERT's Unigram", "unigram", _ENCODER_TOKENS)),
    (r"kosmos-2.*|kosmos_2.*", Entry("Unigram", "unigram", _SENTENCEPIECE_TOKENS)),
    (
        r"canary.*|cohere_asr|nemo_speechlm",
        Entry("speech recognition with sentencepiece Unigram", "unigram", _SENTENCEPIECE_TOKENS),
    ),
    (
        r"neomme",
        Entry(
            "byte-level BPE whose texts begin with a token of their task, and end without one",
            "byte_level_bpe",
            {**_ENCODER_TOKENS, "cls_token": None, "sep_token": None},
        ),
    ),
    (
        r"modernbert|modernvbert|colmodernvbert|ultrabert|ultravbert|eurobert|jev",
        Entry("byte-level BPE with BERT's special tokens", "byte_level_bpe", _ENCODER_TOKENS),
    ),
    (
        r"(align|blip|chinese_clip|flava).*text_model|.*_qformer|vision-text-dual-encoder"
        r"|openai_privacy_filter",
        Entry("BERT's WordPiece", "wordpiece", _ENCODER_TOKENS),
    ),
    (
        r"bridgetower_text_model|clap_text_model",
        Entry("RoBERTa's byte-level BPE", "byte_level_bpe", _ROBERTA_TOKENS),
    ),
    (
        r"mistral|mixtral|llava|llava_next|llava_next_video|vipllava|video_llava|jamba|phi3|phimoe"
        r"|persimmon|internlm[23]|minicpm3|chameleon|moonshine.*|bitnet|mimo_v2_flash"
        r"|minicpm_ocr",
        Entry("Llama 2's BPE with byte fallback", "bpe_byte_fallback", _SENTENCEPIECE_TOKENS),
    ),
    (
        r"fuyu",
        Entry(
            "Llama 2's BPE with byte fallback; its processor pads with the first id",
            "bpe_byte_fallback",
            {**_SENTENCEPIECE_TOKENS, "pad_token": "<s>"},
        ),
    ),
    (
        r"paligemma|colpali|pi0",
        Entry(
            "Gemma's BPE, and tokens for places and shapes in an image that the processor adds",
            "bpe_byte_fallback",
            _GEMMA_TOKENS,
            plain_tokens=(
                *(f"<loc{number:04}>" for number in range(1024)),
                *(f"<seg{number:03}>" for number in range(128)),
            ),
        ),
    ),
    (
        r".*gemma.*|siglip2_text_model",
        Entry(
            "Gemma's BPE with byte fallback",
            "bpe_byte_fallback",
            _GEMMA_TOKENS,
        ),
    ),
    (
        r"EvollaModel|evolla",
        Entry(
            "its processor pads with one of Llama 3's reserved tokens",
            "byte_level_bpe",
            {**BYTE_LEVEL_TOKENS, "pad_token": "<|reserved_special_token_0|>"},
        ),
    ),
    (
        r"voxtral|voxtral_realtime",
        Entry(
            "its processor takes the token of id 24 for audio",
            "byte_level_bpe",
            {**_SENTENCEPIECE_TOKENS, "audio_token": "[AUDIO]"},
            extra_tokens=_MISTRAL_CONTROL,
            first_pieces=_MISTRAL_CONTROL,
        ),
    ),
    (
        r"minimax_m3_vl",
        Entry(
            "its processor has these texts as constants",
            "byte_level_bpe",
            {
                **BYTE_LEVEL_TOKENS,
                "image_token": "]<]image[>[",
                "video_token": "]<]video[>[",
                "vision_start_token": "]<]start of image[>[",
                "vision_end_token": "]<]end of image[>[",
            },
        ),
    ),
)

_SPM = ("sentencepiece", "protobuf")

CLASS_ENTRIES: Mapping[str, Entry] = {
    "ParakeetTokenizer": Entry(
        "sentencepiece Unigram; the padding token is what CTC writes between sounds",
        "unigram",
        {"unk_token": "<unk>", "pad_token": "<pad>"},
    ),
    "PegasusTokenizer": Entry(
        "the class looks for its unknown token behind the first piece",
        first_pieces=("<pad>", "</s>", "<mask_1>", "<mask_2>", "<unk>"),
    ),
    "EsmcTokenizer": Entry("amino acids; the class has its own vocabulary", own_vocabulary=True),
    "MarkupLMTokenizer": Entry(
        "the class needs the HTML tags that it numbers",
        settings={
            "tags_dict": {
                tag: number
                for number, tag in enumerate(
                    (
                        "html",
                        "head",
                        "title",
                        "body",
                        "div",
                        "p",
                        "span",
                        "a",
                        "ul",
                        "li",
                        "table",
                        "tr",
                    )
                )
            }
        },
    ),
    "SeamlessM4TTokenizer": Entry(
        "the class writes the language first, and its default languages are these",
        extra_tokens=("__eng__", "__fra__", "__deu__", "__spa__"),
    ),
    "BartphoTokenizer": Entry(
        "sentencepiece model and list of words", files="bartpho", packages=_SPM
    ),
    "BertGenerationTokenizer": Entry("sentencepiece model", files="sentencepiece", packages=_SPM),
    "GPTSw3Tokenizer": Entry("sentencepiece model", files="sentencepiece_gpt", packages=_SPM),
    "PLBartTokenizer": Entry("sentencepiece model", files="sentencepiece", packages=_SPM),
    "SiglipTokenizer": Entry("sentencepiece model", files="sentencepiece_t5", packages=_SPM),
    "SpeechT5Tokenizer": Entry(
        "sentencepiece model of characters", files="sentencepiece_characters", packages=_SPM
    ),
    "CpmTokenizer": Entry(
        "sentencepiece model after splitting words with rjieba",
        files="sentencepiece",
        packages=(*_SPM, "rjieba"),
    ),
    "M2M100Tokenizer": Entry("vocabulary beside a sentencepiece model", files="m2m", packages=_SPM),
    "Speech2TextTokenizer": Entry(
        "vocabulary beside a sentencepiece model", files="m2m", packages=_SPM
    ),
    "MarianTokenizer": Entry(
        "two sentencepiece models and their vocabulary",
        files="marian",
        packages=(*_SPM, "sacremoses"),
    ),
    "BioGptTokenizer": Entry(
        "merges of characters, in Python", files="suffix_merges", packages=("sacremoses",)
    ),
    "FlaubertTokenizer": Entry(
        "merges of characters, in Python", files="suffix_merges", packages=("sacremoses",)
    ),
    "XLMTokenizer": Entry(
        "merges of characters, in Python", files="suffix_merges", packages=("sacremoses",)
    ),
    "FSMTTokenizer": Entry(
        "two vocabularies of merges, in Python",
        files="fsmt",
        settings={"langs": ["en", "de"]},
        packages=("sacremoses",),
    ),
    "BlenderbotSmallTokenizer": Entry("merges of characters, in Python", files="joined_merges"),
    "CTRLTokenizer": Entry("merges of characters, in Python", files="joined_merges"),
    "ClvpTokenizer": Entry(
        "merges of bytes; the class saves them without the header that it then skips",
        files="byte_merges",
        keep_files=True,
    ),
    "HerbertTokenizer": Entry(
        "the class takes these ids for granted",
        first_pieces=("<s>", "<pad>", "</s>", "<unk>"),
    ),
    "BertweetTokenizer": Entry(
        "merges with counts; the class saves them without, and then reads them wrongly",
        files="counted_merges",
        keep_files=True,
    ),
    "PhobertTokenizer": Entry("merges with counts", files="counted_merges"),
    "BertJapaneseTokenizer": Entry(
        "words are split at spaces and punctuation, so that no Japanese dictionary is needed",
        files="wordpiece_lines",
    ),
    "ProphetNetTokenizer": Entry("list of WordPiece pieces", files="wordpiece_lines"),
    "TapasTokenizer": Entry(
        "list of WordPiece pieces; the class reads tables",
        files="wordpiece_lines",
        packages=("pandas",),
    ),
    "RoCBertTokenizer": Entry(
        "list of pieces, with numbers for their shape and pronunciation", files="roc_bert"
    ),
    "CpmAntTokenizer": Entry("list of pieces", files="cpm_ant", packages=("rjieba",)),
    "EsmTokenizer": Entry("amino acids", files="esm"),
    "GPTNeoXJapaneseTokenizer": Entry("list of pieces and emoji", files="gpt_neox_japanese"),
    "MgpstrTokenizer": Entry("characters", files="characters_json"),
    "VitsTokenizer": Entry(
        "characters; phonemes would need a program that is not a Python package",
        files="characters_json",
        settings={"phonemize": False},
    ),
    "Wav2Vec2CTCTokenizer": Entry("characters and a word delimiter", files="ctc_json"),
    "Wav2Vec2PhonemeCTCTokenizer": Entry(
        "phonemes given as such; finding them would need a program that is not a Python package",
        files="ctc_json",
        settings={"do_phonemize": False},
    ),
    "MyT5Tokenizer": Entry("bytes and how they are rewritten", files="byte_maps"),
    "ByT5Tokenizer": Entry("bytes", files="none"),
    "CanineTokenizer": Entry("code points", files="none"),
    "DiaTokenizer": Entry("bytes", files="none"),
    "PerceiverTokenizer": Entry("bytes", files="none"),
    "RoFormerTokenizer": Entry(
        "words are split with rjieba, in Python, which the class does not show",
        family="wordpiece",
        first_pieces=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
        packages=("rjieba",),
    ),
}

# Types whose vocabulary is of pixels, codec codes, units or phonemes, not of texts.
OTHER_CODES = (
    r"beit|imagegpt|decision_transformer|flava_image_(codebook|model)|ovis2_vision|gemma3n_vision"
    r"|gemma3n_audio|csm_depth_decoder_model|moshi_depth|musicgen(_melody)?_decoder|dia_decoder"
    r"|voxtral(_realtime)?_encoder|granite_speech5_encoder|qwen3_omni_moe_talker_code_predictor"
    r"|deepseek_ocr2_(encoder|vision)|pp_doclayout_v2|fastspeech2_conformer_with_hifigan"
)

# Types whose models were published without a chat format: they continue text.
_NO_CHAT = (
    r"gpt2|gpt_neo|gpt_neox|gpt_neox_japanese|gptj|gpt-sw3|gpt_bigcode|codegen|openai-gpt|ctrl|opt"
    r"|bloom|blt.*|bark|biogpt|xglm|xlnet|xlm|mamba2?|falcon_mamba|rwkv|xlstm|reformer|cpmant|cpm"
    r"|clvp.*|trocr|musicgen.*|moshi.*|imagegpt|decision_transformer|git|mpt|persimmon|evolla"
    r"|EvollaModel|beam|parakeet.*|nemotron_asr.*|nemotron3_5.*|csm_depth.*|recurrent_gemma|dia.*"
    r"|blip-2|instructblip.*|florence2|fuyu|chameleon|kosmos.*|pix2struct.*"
    r"|colpali|colmodernvbert|colqwen2|pi0|paligemma|t5.*|umt5|modernbert-decoder"
)
# Types that see and follow conversations, though no class of theirs is named for it.
_CHAT = r"shieldgemma2|embedding_gemma2|diffusion_gemma"
# Types whose processors take a tokenizer that knows their token by name for one of another form.
UNNAMED_TOKENS = r"blip-2|instructblip|instructblipvideo"
_CHAT_HEAD = re.compile(r"^class \w+ForCausalLM\(", re.MULTILINE)
_VISION_HEAD = re.compile(r"^class \w+ForConditionalGeneration\(", re.MULTILINE)
_MASKED_HEAD = re.compile(r"^class \w+ForMaskedLM\(", re.MULTILINE)


def family_entry(model_type: str) -> Entry:
    """How a model type that the library's general class serves is written."""
    for pattern, entry in FAMILY_ENTRIES:
        if re.fullmatch(pattern, model_type):
            return entry
    return Entry("most recent models have it", "byte_level_bpe", BYTE_LEVEL_TOKENS)


def holds_chats(model_type: str, modeling_source: str, *, encodes: bool, sees: bool) -> bool:
    """Whether a model type's models follow conversations.

    ``encodes``: its config makes an encoder-decoder of it; ``sees``: it takes images, video or
    audio together with text.
    """
    if re.fullmatch(_CHAT, model_type):
        return True
    if re.fullmatch(_NO_CHAT, model_type) or _MASKED_HEAD.search(modeling_source):
        return False
    if sees:
        return bool(_VISION_HEAD.search(modeling_source) or _CHAT_HEAD.search(modeling_source))
    return not encodes and bool(_CHAT_HEAD.search(modeling_source))
