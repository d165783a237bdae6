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


def _padding_mask(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    count = inputs["input_features"].shape[-1]
    return {**inputs, "padding_mask": torch.ones(1, count, dtype=torch.long)}


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


def _bands(part: str) -> Recipe:
    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        from tiny_models.inputs.values import floats

        bands = getattr(model.config, part).feature_size
        return {**inputs, "input_features": floats("spectrogram", 1, bands, 64)}

    return recipe


def _decoder_rows(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    decoder = getattr(model.config, "decoder", model.config)
    name = "decoder_input_ids" if "decoder_input_ids" in inputs else "input_ids"
    rows = (inputs[name] % 60).repeat(decoder.num_codebooks, 1)
    kept = {name: inputs[name] for name in ("input_ids", "input_features") if name in inputs}
    return {**kept, "decoder_input_ids": rows}


def _hidden_speech(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    width = model.config.hidden_size
    return {
        "input_values": floats("states", 1, 8, width),
        "decoder_input_values": floats("decoder states", 1, 6, width),
    }


def _semantic(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    bands = model.config.semantic_model_config.feature_projection_input_dim
    return {
        "input_values": floats("waveform", 1, 1, 3200),
        "input_features": floats("spectrogram", 1, 10, bands),
    }


def _text_only(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: inputs[name] for name in ("input_ids", "attention_mask", "decoder_input_ids")}


def _qwen_audio(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    frames = inputs["input_features"].shape[-1]
    ids = inputs["input_ids"].clone()
    count = ((frames - 1) // 2 + 1 - 2) // 2 + 1
    token = model.config.audio_token_index
    ids = torch.cat([torch.full((1, count), token), ids], dim=1)
    return {
        **inputs,
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "feature_attention_mask": torch.ones(1, frames, dtype=torch.long),
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
        recipe=_codebook_rows,
    ),
    Family(("dia",), "a column of codes per channel", recipe=_dia),
    Family(("kyutai_speech_to_text",), "a column of text and codes per step", recipe=_kyutai),
    Family(
        ("univnet",),
        "kernels are predicted for all blocks at once",
        {"model_hidden_channels": 8, "kernel_predictor_hidden_channels": 8},
        recipe=frames_first,
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
    Family(("clvp",), "speech has the width of its own decoder", recipe=_bands("decoder_config")),
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
        "windows of several downsampled frames",
        {"window_size": 15},
    ),
    Family(("moonshine_streaming",), "as many keys as heads", {"num_key_value_heads": 4}),
    Family(
        ("fastspeech2_conformer_with_hifigan",),
        "the vocoder reads all bands",
        {"vocoder_config": {"model_in_dim": 80}},
    ),
    Family(("musicgen",), "a row of codes per codebook", recipe=_decoder_rows),
    Family(
        ("speecht5",),
        "reads spectrograms or embeddings between its parts",
        recipe=_hidden_speech,
        architectures=("SpeechT5Model",),
    ),
    Family(("xcodec2", "neucodec"), "reads a spectrogram beside the waveform", recipe=_semantic),
    Family(
        ("seamless_m4t", "seamless_m4t_v2"),
        "text is read with its own mask",
        recipe=_text_only,
        architectures=("SeamlessM4TModel", "SeamlessM4Tv2Model"),
    ),
    Family(
        ("pop2piano",),
        "spectrograms have the model's width",
        recipe=adding(input_features=(1, 16, 32)),
    ),
    Family(("qwen2_audio",), "a placeholder per pair of halved frames", recipe=_qwen_audio),
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
        recipe=_decoder_rows,
        architectures=("MusicgenMelodyForConditionalGeneration",),
    ),
    Family(
        ("clvp",),
        "positions are rotated over at least 32 of a head",
        {"text_config": {"hidden_size": 128}, "speech_config": {"hidden_size": 128}},
    ),
    Family(("moss_transcribe_diarize",), "is told where the sound ends", recipe=_padding_mask),
)
