"""Entries of speech, sound and codec models."""

from __future__ import annotations

from typing import Any

from tiny_models.families.entry import Family, Recipe
from tiny_models.families.recipes import adding, frames_first, in_front, without


def _codebook_rows(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    count = model.config.num_codebooks
    return {**inputs, "input_ids": inputs["input_ids"].repeat(count, 1), "attention_mask": None}


def _dia(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    channels = model.config.decoder_config.num_channels
    codes = inputs["decoder_input_ids"][..., None].repeat(1, 1, channels)
    return {**inputs, "decoder_input_ids": codes % 60}


def _kyutai(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    columns = model.config.num_codebooks + 1
    codes = inputs["input_ids"][..., None].repeat(1, 1, columns)
    return {**inputs, "input_ids": codes % 60}


def _latents(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    return {"latents": floats("latents", 1, model.config.hidden_size, 8)}


def _frames(count: int) -> Recipe:
    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        import torch

        from tiny_models.inputs.audio import audio_part, mel_bins
        from tiny_models.inputs.values import floats

        bands = mel_bins(audio_part(model.config))
        made = {**inputs, "input_features": floats("spectrogram", 1, bands, count)}
        if "input_features_mask" in made:
            made["input_features_mask"] = torch.ones(1, count, dtype=torch.long)
        return made

    return recipe


def _fused(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    from tiny_models.inputs.values import floats, lookup

    audio = getattr(model.config, "audio_config", model.config)
    size = lookup(audio, "spec_size", default=64)
    bands = lookup(audio, "num_mel_bins", default=64)
    return {
        **inputs,
        "input_features": floats("spectrogram", 1, 1, 4 * size, bands),
        "is_longer": torch.zeros(1, 1, dtype=torch.bool),
    }


def _speech(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    config = model.config
    return {
        **inputs,
        "decoder_input_values": floats("spectrogram", 1, 8, config.num_mel_bins),
        "speaker_embeddings": floats("voice", 1, config.speaker_embedding_dim),
    }


def _audio_mel(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    from tiny_models.inputs.values import floats

    return {
        "audio_mel": floats("spectrogram", 1, 64, model.config.input_feat_size),
        "audio_mel_mask": torch.zeros(1, 64, dtype=torch.bool),
    }


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
        {"encoder_hidden_size": 4, "quantization_dim": 32},
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
        recipe=_codebook_rows,
    ),
    Family(("dia",), "a column of codes per channel", recipe=_dia),
    Family(("kyutai_speech_to_text",), "a column of text and codes per step", recipe=_kyutai),
    Family(
        ("univnet",),
        "kernels are predicted for all blocks at once",
        {"model_hidden_channels": 8, "kernel_predictor_hidden_channels": 8},
    ),
    Family(
        ("mimi_decoder", "pocket_tts_audio_tokenizer_decoder"), "decodes latents", recipe=_latents
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
    Family(("qwen3_asr_encoder", "qwen3_asr"), "chunks of a hundred frames", recipe=_frames(200)),
    Family(("clap_audio_model", "clap"), "takes spectrograms as pictures", recipe=_fused),
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
        recipe=_speech,
        architectures=("SpeechT5ForTextToSpeech",),
    ),
    Family(("gemma3n_audio",), "takes spectrograms under a name of its own", recipe=_audio_mel),
)
