import numpy as np
import pytest
import torch
from transformers import (
    AutoFeatureExtractor,
    AutoModel,
    AutoModelForSpeechSeq2Seq,
    AutoProcessor,
    Wav2Vec2Processor,
)

from models.checks import check_attention_implementations, check_reload, check_training
from models.warble.configuration_warble import WarbleConfig
from models.warble.feature_extraction_warble import WarbleFeatureExtractor
from models.warble.modeling_warble import (
    WarbleCausalConv1d,
    WarbleEncoder,
    WarbleForConditionalGeneration,
    WarbleModel,
)

FRAME = 64 * 3 * 2
TOKENS = torch.tensor([[5, 9, 17, 3], [28, 11, 2, -100]])


def tiny_config(**overrides) -> WarbleConfig:
    sizes = {
        "vocab_size": 48,
        "hidden_size": 32,
        "intermediate_size": 48,
        "encoder_num_hidden_layers": 2,
        "decoder_num_hidden_layers": 2,
        "encoder_num_attention_heads": 4,
        "decoder_num_attention_heads": 4,
        "chunk_size": 4,
        "left_chunks": 1,
        "initializer_range": 0.2,
    }
    return WarbleConfig(**sizes | overrides)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_convolution_never_looks_ahead():
    convolution = WarbleCausalConv1d(1, 4, kernel_size=7, stride=3)
    signal = torch.randn(1, 1, 30)
    other = signal.clone()
    other[..., 12] += 1.0
    difference = (convolution(signal) - convolution(other)).abs().amax(dim=1)[0]
    assert difference.shape == (10,)
    # Sample 12 is in the fifth stride, and the kernel of 7 reaches back over a whole stride
    assert (difference > 0).nonzero().flatten().tolist() == [4, 5]


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_encoder_streams(implementation):
    encoder = WarbleEncoder(tiny_config()).eval()
    encoder.set_attn_implementation(implementation)
    waveform = torch.randn(1, 16 * FRAME)
    full = encoder(waveform).last_hidden_state
    assert full.shape == (1, 16, 32)
    for chunks in (1, 2, 3):
        heard = encoder(waveform[:, : chunks * 4 * FRAME]).last_hidden_state
        torch.testing.assert_close(heard, full[:, : chunks * 4])


def test_encoder_forgets():
    encoder = WarbleEncoder(tiny_config(encoder_num_hidden_layers=1)).eval()
    waveform = torch.randn(1, 16 * FRAME)
    other = waveform.clone()
    other[:, :FRAME] = 0.0
    difference = (
        (encoder(waveform).last_hidden_state - encoder(other).last_hidden_state)
        .abs()
        .amax(dim=-1)[0]
    )
    # The first chunk is seen from itself and, with `left_chunks=1`, from the second
    assert (difference[:8] > 0).all()
    assert (difference[8:] == 0).all()


def test_padding_changes_nothing():
    model = WarbleForConditionalGeneration(tiny_config()).eval()
    waveform = torch.randn(2, 12 * FRAME)
    mask = torch.ones_like(waveform, dtype=torch.long)
    mask[1, 7 * FRAME :] = 0
    decoder_inputs = {"decoder_input_ids": TOKENS[:1].expand(2, -1)}
    batched = model(waveform, attention_mask=mask, **decoder_inputs).logits
    short = model(waveform[1:, : 7 * FRAME], decoder_input_ids=TOKENS[:1]).logits
    torch.testing.assert_close(batched[1:], short)
    assert (
        batched[1:] - model(waveform[1:], decoder_input_ids=TOKENS[:1]).logits
    ).abs().max() > 1e-4


def test_feature_extractor_pads_to_whole_frames():
    extractor = WarbleFeatureExtractor()
    waveforms = [np.ones(3 * FRAME + 1), np.ones(FRAME)]
    inputs = extractor(waveforms, sampling_rate=16000, return_tensors="pt")
    assert inputs["input_values"].shape == (2, 4 * FRAME)
    assert inputs["input_values"].dtype == torch.float32
    assert inputs["attention_mask"].sum(dim=-1).tolist() == [3 * FRAME + 1, FRAME]
    torch.testing.assert_close(inputs["input_values"], inputs["attention_mask"].float())
    encoded = WarbleEncoder(tiny_config()).eval()(**inputs)
    assert encoded.attention_mask.tolist() == [[1, 1, 1, 1], [1, 0, 0, 0]]
    with pytest.raises(ValueError, match="sampled at 8000 Hz"):
        extractor(waveforms, sampling_rate=8000)
    with pytest.raises(ValueError, match="must be mono"):
        extractor(np.ones((2, FRAME)), sampling_rate=16000)


def test_waveforms_to_tokens(tmp_path):
    WarbleFeatureExtractor(padding_value=0.5).save_pretrained(tmp_path)
    extractor = AutoFeatureExtractor.from_pretrained(tmp_path)
    assert type(extractor) is WarbleFeatureExtractor
    assert extractor.padding_value == 0.5
    rng = np.random.default_rng(0)
    waveforms = [rng.standard_normal(9000), rng.standard_normal(4000)]
    model = WarbleForConditionalGeneration(tiny_config(eos_token_id=None)).eval()
    options = {"max_new_tokens": 6, "do_sample": False}
    together = model.generate(**extractor(waveforms, 16000, return_tensors="pt"), **options)
    alone = model.generate(**extractor(waveforms[1], 16000, return_tensors="pt"), **options)
    assert together.shape == (2, 7)
    torch.testing.assert_close(together[1:], alone)


def test_generation_with_the_cache_is_generation_without():
    model = WarbleForConditionalGeneration(tiny_config(eos_token_id=None)).eval()
    inputs = {
        "input_values": torch.randn(1, 12 * FRAME),
        "attention_mask": torch.ones(1, 12 * FRAME),
    }
    options = {"max_new_tokens": 8, "do_sample": False}
    cached = model.generate(**inputs, use_cache=True, **options)
    assert cached.shape == (1, 9)
    assert cached[0, 0] == 1
    torch.testing.assert_close(cached, model.generate(**inputs, use_cache=False, **options))


def test_attention_implementations_agree():
    inputs = {"input_values": torch.randn(2, 9 * FRAME), "decoder_input_ids": TOKENS.clamp(min=0)}
    check_attention_implementations(WarbleForConditionalGeneration(tiny_config()), inputs)


def test_reload(tmp_path):
    inputs = {"input_values": torch.randn(2, 9 * FRAME), "decoder_input_ids": TOKENS.clamp(min=0)}
    check_reload(WarbleModel(tiny_config()), inputs, tmp_path / "model", AutoModel)
    model = WarbleForConditionalGeneration(tiny_config())
    check_reload(model, inputs, tmp_path / "generation", AutoModelForSpeechSeq2Seq)


def test_training():
    inputs = {"input_values": torch.randn(2, 9 * FRAME), "labels": TOKENS}
    check_training(WarbleForConditionalGeneration(tiny_config()), inputs)


def test_tiny_fixture(tiny_fixture):
    """Loaded by its name, it writes what it hears, the same each time."""
    fixture = tiny_fixture("tiny-random/warble")
    model = AutoModelForSpeechSeq2Seq.from_pretrained("tiny-random/warble").eval()
    assert type(model) is fixture.model_class
    processor = AutoProcessor.from_pretrained("tiny-random/warble")
    assert type(processor) is type(fixture.processor) is Wav2Vec2Processor
    assert type(processor.feature_extractor) is WarbleFeatureExtractor
    assert len(processor.tokenizer) == fixture.config.vocab_size
    sounds = [np.sin(np.arange(samples) / 20) for samples in (16000, 9000)]
    inputs = processor(
        audio=sounds,
        text=["a long tone", "a short one"],
        sampling_rate=16000,
        padding=True,
        return_tensors="pt",
    )
    labels = inputs.pop("labels")
    with torch.no_grad():
        outputs = model(**inputs, labels=labels)
    assert outputs.logits.shape == (*labels.shape, fixture.config.vocab_size)
    assert outputs.loss.isfinite()
    first, second = (model.generate(**inputs, max_new_tokens=5, do_sample=False) for _ in range(2))
    assert first.tolist() == second.tolist()
    assert len(processor.batch_decode(first)) == 2
