"""Entries of speech, sound and codec models."""

from __future__ import annotations

from tiny_models.families.audio_recipes import (
    audio_mel,
    bands,
    codebook_rows,
    decoder_rows,
    dia,
    frames,
    fused,
    hidden_speech,
    in_step,
    kyutai,
    latents,
    padding_mask,
    prompted,
    qwen_audio,
    semantic,
    speech,
    spoken,
)
from tiny_models.families.family import Family
from tiny_models.families.recipes import adding, frames_first, in_front, without

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
            "nemotron3_diarization",
            "nemotron3_diarization_audio",
            "nemotron3_5_transcribe_asr_audio",
            "nemotron3_5_transcribe_audio",
            "nemo_speechlm",
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
    Family(
        ("dac", "xcodec2", "neucodec", "pe_audio_encoder"),
        "takes waveforms with a dimension of channels",
        recipe=in_front("input_values"),
    ),
    Family(
        ("xcodec2", "neucodec", "dac"),
        "widths double at each of the many downsampling steps",
        {"encoder_hidden_size": 4, "quantization_dim": 64},
    ),
    Family(
        (
            "vibevoice_acoustic_tokenizer",
            "vibevoice_acoustic_tokenizer_encoder",
            "vibevoice_acoustic_tokenizer_decoder",
        ),
        "widths double at each of the many downsampling steps",
        {"num_filters": 2, "downsampling_ratios": [2, 2, 4], "depths": [1, 1, 1, 1]},
    ),
    Family(
        ("vibevoice_acoustic_tokenizer",),
        "takes waveforms with a dimension of channels",
        recipe=in_front("input_values"),
    ),
    Family(
        ("musicgen_decoder", "musicgen_melody_decoder"),
        "a row of codes per codebook",
        recipe=codebook_rows,
    ),
    Family(
        ("musicgen_decoder", "musicgen_melody_decoder"),
        "writes the codes of the small codec, and pads by the first id beyond them",
        {"vocab_size": 64, "pad_token_id": 64, "bos_token_id": 64},
    ),
    Family(("dia",), "a column of codes per channel", recipe=dia),
    Family(("kyutai_speech_to_text",), "a column of text and codes per step", recipe=kyutai),
    Family(
        ("univnet",),
        "kernels are predicted for all blocks at once",
        {
            "model_in_channels": 8,
            "model_hidden_channels": 8,
            "kernel_predictor_hidden_channels": 8,
        },
        recipe=frames_first,
    ),
    Family(
        ("mimi_decoder", "pocket_tts_audio_tokenizer_decoder"), "decodes latents", recipe=latents
    ),
    Family(
        ("vibevoice_acoustic_tokenizer_decoder",),
        "decodes latents",
        recipe=adding(hidden_states=(1, 32, 4)),
    ),
    Family(
        ("vibevoice_acoustic_tokenizer_encoder",),
        "encodes a waveform",
        recipe=adding(hidden_states=(1, 1, 640)),
    ),
    Family(("qwen3_asr_encoder", "qwen3_asr"), "chunks of a hundred frames", recipe=frames(200)),
    Family(("clap_audio_model", "clap"), "takes spectrograms as pictures", recipe=fused),
    Family(
        ("moonshine",),
        "attends with as many keys as heads",
        {"encoder_num_key_value_heads": 4, "decoder_num_key_value_heads": 4},
    ),
    Family(
        ("muse_spark_audio",),
        "whole frames only",
        recipe=adding(input_values=(1, 3840)),
    ),
    Family(
        ("fun_asr_nano",),
        "the adaptor's width is a quarter of the text's",
        {"adaptor_config": {"intermediate_size": 8}},
    ),
    Family(
        ("nemotron3_5_transcribe_word_timestamp",), "the blank is a class", {"blank_token_id": 255}
    ),
    Family(
        ("speecht5",),
        "speaks from a spectrogram and a voice",
        recipe=speech,
        architectures=("SpeechT5ForTextToSpeech",),
    ),
    Family(("gemma3n_audio",), "takes spectrograms under a name of its own", recipe=audio_mel),
    Family(("clvp",), "speech has the width of its own decoder", recipe=bands("decoder_config")),
    Family(
        ("clap_audio_model",),
        "four stages double the width of the patches",
        {"patch_embeds_hidden_size": 8, "hidden_size": 64},
    ),
    Family(
        ("fun_asr_nano_encoder", "fun_asr_nano"),
        "seven frames are stacked",
        recipe=adding(input_features=(1, 64, 560)),
    ),
    Family(
        ("gemma4_audio",),
        "subsamples all bands at once",
        {"subsampling_conv_channels": [128, 32]},
        recipe=adding(input_features=(1, 64, 128)),
    ),
    Family(
        ("granite_speech5_encoder", "granite_speech5_ctc"),
        "four frames are stacked",
        recipe=adding(input_features=(1, 64, 320)),
    ),
    Family(
        ("granite_speech", "granite_speech_plus"),
        "windows of several downsampled frames; the bands that its extractor always makes",
        {"window_size": 15, "encoder_config": {"input_dim": 160}},
    ),
    Family(("moonshine_streaming",), "as many keys as heads", {"num_key_value_heads": 4}),
    Family(
        ("fastspeech2_conformer_with_hifigan",),
        "the vocoder reads all bands",
        {"vocoder_config": {"model_in_dim": 80}},
    ),
    Family(
        ("musicgen",),
        "goes on from a sound, with as many codebooks as the small codec makes of it",
        {"decoder": {"num_codebooks": 3}},
        recipe=prompted,
    ),
    Family(
        ("speecht5",),
        "reads spectrograms or embeddings between its parts",
        recipe=hidden_speech,
        architectures=("SpeechT5Model",),
    ),
    Family(
        ("xcodec2", "neucodec"),
        "reads a spectrogram beside the waveform, with the bands that its extractor always makes",
        {"semantic_model_config": {"feature_projection_input_dim": 160}},
        recipe=semantic,
    ),
    Family(
        ("higgs_audio_v2_tokenizer",),
        "sound and meaning have as many frames",
        {
            "acoustic_model_config": {
                "downsampling_ratios": [8, 5, 4, 2, 3],
                "upsampling_ratios": [8, 5, 4, 2, 3],
            }
        },
    ),
    Family(
        ("seamless_m4t", "seamless_m4t_v2"),
        "reads either text or sound",
        recipe=spoken,
        architectures=("SeamlessM4TModel", "SeamlessM4Tv2Model"),
    ),
    Family(
        ("pop2piano",),
        "spectrograms have the model's width",
        recipe=adding(input_features=(1, 16, 32)),
    ),
    Family(("qwen2_audio",), "a placeholder per pair of halved frames", recipe=qwen_audio),
    Family(("voxtral_realtime",), "hears eight frames with each token", recipe=in_step),
    Family(("pe_audio",), "sound beside text", recipe=adding(input_values=(1, 1, 8000))),
    Family(("xcodec",), "codes join sound and meaning", {"codebook_dim": 96}),
    Family(
        ("granite_speech", "granite_speech_plus"),
        "the mask is over what the projector makes",
        recipe=without("input_features_mask"),
    ),
    Family(
        ("nemotron3_5_transcribe_word_timestamp",),
        "reads the states of another model",
        recipe=adding(inputs_embeds=(1, 16, 32)),
    ),
    Family(
        ("musicgen_melody",),
        "a melody is twelve tones",
        recipe=adding(input_features=(1, 8, 12)),
        architectures=("MusicgenMelodyForConditionalGeneration",),
    ),
    Family(
        ("musicgen_melody",),
        "a row of codes per codebook",
        recipe=decoder_rows,
        architectures=("MusicgenMelodyForConditionalGeneration",),
    ),
    Family(
        ("clvp",),
        "positions are rotated over at least 32 of a head",
        {"text_config": {"hidden_size": 128}, "speech_config": {"hidden_size": 128}},
    ),
    Family(("moss_transcribe_diarize",), "needs the end of the sound", recipe=padding_mask),
)
