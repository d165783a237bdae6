import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedTokenizerFast

from models.checks import check_attention_implementations, check_reload, check_training
from models.fresco.configuration_fresco import FrescoConfig
from models.palette.configuration_palette import PaletteConfig
from models.palette.image_processing_palette import PaletteImageProcessor
from models.palette.modeling_palette import (
    PaletteForConditionalGeneration,
    PaletteMultiModalProjector,
)
from models.palette.processing_palette import PaletteProcessor
from models.quill.configuration_quill import QuillConfig

WORDS = ["<pad>", "<s>", "</s>", "<unk>", "<image>", "what", "is", "this", "a", "cat", "and", "?"]


def tiny_config(**overrides) -> PaletteConfig:
    shared = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_attention_heads": 4,
        "initializer_range": 0.2,
    }
    text = {
        "vocab_size": len(WORDS),
        "num_hidden_layers": 2,
        "num_key_value_heads": 2,
        "sliding_window": 64,
        "full_attention_interval": 2,
        "pad_token_id": 0,
        "eos_token_id": None,
    }
    vision = {"num_hidden_layers": 2, "patch_size": 4, "num_register_tokens": 2}
    return PaletteConfig(
        vision_config={"model_type": "fresco", **shared, **vision},
        text_config={"model_type": "quill", **shared, **text},
        image_token_id=WORDS.index("<image>"),
        **overrides,
    )


def picture(width: int, height: int) -> Image.Image:
    colours = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(colours)


@pytest.fixture
def processor() -> PaletteProcessor:
    words = Tokenizer(
        WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="<unk>")
    )
    words.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="<pad>",
        unk_token="<unk>",
        padding_side="left",
        additional_special_tokens=["<image>"],
    )
    return PaletteProcessor(PaletteImageProcessor(patch_size=4, max_patches=24), tokenizer)


@pytest.fixture
def model() -> PaletteForConditionalGeneration:
    torch.manual_seed(0)
    return PaletteForConditionalGeneration(tiny_config()).eval()


def batch_of_two(processor: PaletteProcessor) -> dict[str, torch.Tensor]:
    images = [picture(32, 8), picture(16, 16), picture(8, 8)]
    texts = ["<image> what is this ?", "<image> and <image> a cat and a cat and a cat"]
    return dict(processor(images=images, text=texts, padding=True, return_tensors="pt"))


def test_default_parts_are_fresco_and_quill():
    config = PaletteConfig()
    assert isinstance(config.vision_config, FrescoConfig)
    assert isinstance(config.text_config, QuillConfig)
    assert config.image_token_id < config.text_config.vocab_size


def test_projector_merges_squares_of_patches():
    config = tiny_config()
    projector = PaletteMultiModalProjector(config)
    grid = torch.randn(4, 6, 32)
    merged = projector(grid)
    assert merged.shape == (2, 3, 32)
    square = torch.cat((grid[2, 4], grid[2, 5], grid[3, 4], grid[3, 5]))
    torch.testing.assert_close(
        merged[1, 2], projector.linear_2(projector.act(projector.linear_1(square)))
    )


def test_processor_makes_place_for_the_images(processor):
    inputs = batch_of_two(processor)
    assert inputs["pixel_values"].shape == (3, 3, 16, 32)
    assert inputs["image_sizes"].tolist() == [[8, 32], [16, 16], [8, 8]]
    # A row of merged patches and its end for each 8 pixels of height
    counts = [1 * (4 + 1), 2 * (2 + 1), 1 * (1 + 1)]
    image_tokens = (inputs["input_ids"] == WORDS.index("<image>")).sum(dim=-1)
    assert image_tokens.tolist() == [counts[0], counts[1] + counts[2]]
    assert (inputs["input_ids"][0] == 0).sum() == (inputs["attention_mask"][0] == 0).sum() > 0
    assert (
        processor._get_num_multimodal_tokens([(8, 32), (16, 16), (8, 8)]).num_image_tokens == counts
    )


def test_processor_shrinks_to_the_budget(processor):
    inputs = processor(images=picture(400, 100), text="<image> a cat", return_tensors="pt")
    rows, columns = (inputs["image_sizes"][0] // 4).tolist()
    assert rows * columns <= 24
    assert columns > 2 * rows
    counted = processor._get_num_multimodal_tokens([(100, 400)]).num_image_tokens
    assert counted == [(inputs["input_ids"] == WORDS.index("<image>")).sum()]


def test_processor_reloads(processor, tmp_path):
    expected = batch_of_two(processor)
    processor.save_pretrained(tmp_path)
    for loader in (PaletteProcessor, AutoProcessor):
        reloaded = loader.from_pretrained(tmp_path)
        assert type(reloaded) is PaletteProcessor
        assert type(reloaded.image_processor) is PaletteImageProcessor
        for name, tensor in batch_of_two(reloaded).items():
            torch.testing.assert_close(tensor, expected[name])


def test_images_are_read(model, processor):
    def logits(image: Image.Image) -> torch.Tensor:
        inputs = processor(images=image, text="<image> what is this ?", return_tensors="pt")
        outputs = model(**inputs)
        assert outputs.logits.shape == (1, 5 + 4, len(WORDS))
        assert torch.cat(outputs.image_outputs.pooler_output).shape == (5, 32)
        return outputs.logits[:, -1]

    image = picture(32, 8)
    assert (logits(image) - logits(image.rotate(180))).abs().max() > 1e-3


def test_images_of_a_batch_do_not_meet(model, processor):
    together = model(**batch_of_two(processor)).logits
    alone = model(
        **processor(images=picture(32, 8), text="<image> what is this ?", return_tensors="pt")
    ).logits
    torch.testing.assert_close(together[:1, -alone.shape[1] :], alone, rtol=1e-4, atol=1e-5)


def test_missing_image_tokens_are_an_error(model, processor):
    inputs = batch_of_two(processor)
    inputs["input_ids"] = inputs["input_ids"][:, :-12]
    inputs["attention_mask"] = inputs["attention_mask"][:, :-12]
    with pytest.raises(ValueError, match="do not match"):
        model(**inputs)


def test_generation_with_the_cache_is_generation_without(model, processor):
    inputs = batch_of_two(processor)
    options = {
        "max_new_tokens": 6,
        "do_sample": False,
        "suppress_tokens": [model.config.image_token_id],
    }
    cached = model.generate(**inputs, use_cache=True, **options)
    assert cached.shape == (2, inputs["input_ids"].shape[1] + 6)
    torch.testing.assert_close(cached, model.generate(**inputs, use_cache=False, **options))
    assert len(processor.batch_decode(cached, skip_special_tokens=True)) == 2


def test_attention_implementations_agree(model, processor):
    inputs = batch_of_two(processor)
    check_attention_implementations(model, inputs, mask=inputs["attention_mask"].bool())


def test_reload(model, processor, tmp_path):
    check_reload(model, batch_of_two(processor), tmp_path, AutoModelForImageTextToText)


def test_training(model, processor):
    inputs = batch_of_two(processor)
    check_training(model, {**inputs, "labels": inputs["input_ids"]})


def test_tiny_fixture(tiny_fixture):
    """Loaded by its name, with the configs of its parts, it distinguishes two pictures."""
    fixture = tiny_fixture("tiny-random/palette")
    model = AutoModelForImageTextToText.from_pretrained("tiny-random/palette").eval()
    assert isinstance(model, PaletteForConditionalGeneration)
    assert isinstance(fixture.config.vision_config, FrescoConfig)
    assert isinstance(fixture.config.text_config, QuillConfig)
    processor = AutoProcessor.from_pretrained("tiny-random/palette")
    assert type(processor) is type(fixture.processor) is PaletteProcessor
    assert type(processor.image_processor) is PaletteImageProcessor
    assert len(processor.tokenizer) == fixture.config.text_config.vocab_size
    asked = [
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "what is this?"}]}
    ]
    text = processor.apply_chat_template(asked, add_generation_prompt=True)
    # Of 32 pixels' width and height is what becomes a token; one ends each row
    pictures = {(64, 32): 1 * (2 + 1), (64, 64): 2 * (2 + 1), (400, 100): 2 * (8 + 1)}
    inputs = processor(
        images=[picture(*size) for size in pictures],
        text=[text] * len(pictures),
        padding=True,
        return_tensors="pt",
    )
    image_tokens = (inputs["input_ids"] == fixture.config.image_token_id).sum(dim=-1)
    assert image_tokens.tolist() == list(pictures.values())
    with torch.no_grad():
        logits = model(**inputs).logits
        other = model(**inputs | {"pixel_values": -inputs["pixel_values"]}).logits
    assert logits.shape == (*inputs["input_ids"].shape, fixture.config.text_config.vocab_size)
    assert logits.isfinite().all()
    assert not torch.allclose(logits[:, -1], other[:, -1])
    options = {"max_new_tokens": 4, "do_sample": False}
    written = model.generate(**inputs, **options)
    torch.testing.assert_close(written, model.generate(**inputs, **options))
    assert all(processor.batch_decode(written[:, inputs["input_ids"].shape[1] :]))
