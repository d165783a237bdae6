"""Entries of speech, sound and codec models."""

from __future__ import annotations

from tiny_models.families.entry import Family
from tiny_models.families.recipes import frames_first, without

FAMILIES: tuple[Family, ...] = (
    Family(
        (
            "seamless_m4t",
            "seamless_m4t_v2",
            "wav2vec2-bert",
            "speech_to_text",
            "parakeet_encoder",
            "parakeet_ctc",
            "parakeet_rnnt",
            "parakeet_tdt",
            "nemotron_asr_streaming",
            "nemotron_asr_streaming_encoder",
            "nemotron3_5_asr",
            "lasr_encoder",
            "lasr_ctc",
            "canary",
            "cohere_asr",
            "granite_speech",
            "granite_speech_plus",
            "granite_speech5_ctc",
            "granite_speech5_encoder",
            "gemma4_audio",
            "fun_asr_nano",
            "fun_asr_nano_encoder",
        ),
        "takes spectrograms with time before frequency",
        recipe=frames_first,
    ),
    Family(
        ("speech-encoder-decoder",),
        "takes either a waveform or a spectrogram",
        recipe=without("input_features"),
    ),
    Family(("pop2piano",), "takes either notes or a spectrogram", recipe=without("input_ids")),
)
