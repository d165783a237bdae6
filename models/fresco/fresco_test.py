import numpy as np
import pytest
import torch
from huggingface_hub.errors import StrictDataclassClassValidationError
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoModelForImageClassification

from models.checks import check_attention_implementations, check_reload, check_training
from models.fresco.configuration_fresco import FrescoConfig
from models.fresco.image_processing_fresco import FrescoImageProcessor, fit_to_grid
from models.fresco.modeling_fresco import FrescoForImageClassification, FrescoModel, patches_mask


def tiny_config(**overrides) -> FrescoConfig:
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "patch_size": 4,
        "num_register_tokens": 2,
        "initializer_range": 0.2,
    }
    return FrescoConfig(**sizes | overrides)


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    colours = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(colours).convert(mode)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_heads_must_hold_pairs_for_rows_and_columns():
    with pytest.raises(StrictDataclassClassValidationError, match="multiple of four times"):
        tiny_config(hidden_size=24)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (8, 24), (4, 4)])
def test_any_size_will_do(height, width):
    outputs = FrescoModel(tiny_config()).eval()(torch.randn(2, 3, height, width))
    assert outputs.last_hidden_state.shape == (2, height * width // 16, 32)
    assert outputs.pooler_output.shape == (2, 32)


def test_fractions_of_patches_are_an_error():
    with pytest.raises(ValueError, match="multiples of the patch size"):
        FrescoModel(tiny_config())(torch.randn(1, 3, 16, 18))


def test_mask_covers_the_image():
    mask = patches_mask(torch.tensor([[8, 12], [16, 4]]), rows=4, columns=3, patch_size=4)
    expected = [[1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0]]
    assert mask.int().tolist() == expected


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_padding_changes_nothing(implementation):
    model = FrescoModel(tiny_config()).eval()
    model.set_attn_implementation(implementation)
    wide, tall = torch.randn(1, 3, 8, 16), torch.randn(1, 3, 12, 4)
    batch = torch.full((2, 3, 12, 16), 7.0)
    batch[0, :, :8, :] = wide
    batch[1, :, :, :4] = tall
    outputs = model(batch, image_sizes=torch.tensor([[8, 16], [12, 4]]))
    grids = outputs.last_hidden_state.unflatten(1, (3, 4))
    torch.testing.assert_close(grids[:1, :2].flatten(1, 2), model(wide).last_hidden_state)
    torch.testing.assert_close(grids[1:, :, :1].flatten(1, 2), model(tall).last_hidden_state)
    torch.testing.assert_close(outputs.pooler_output[1:], model(tall).pooler_output)


def test_rows_and_columns_are_told_apart():
    model = FrescoModel(tiny_config()).eval()
    pixels = torch.randn(1, 3, 4, 16)
    as_row = model(pixels).last_hidden_state
    as_column = model(pixels.unflatten(-1, (4, 4)).transpose(2, 3).flatten(2, 3)).last_hidden_state
    assert as_row.shape == as_column.shape
    assert (as_row - as_column).abs().max() > 1e-3


def test_attention_depends_on_distance_only():
    # All patches hold the same pixels, so only positions distinguish them
    attention = FrescoModel(tiny_config(num_hidden_layers=1, num_register_tokens=0)).eval()
    attention.set_attn_implementation("eager")
    pixels = torch.randn(1, 3, 4, 4).repeat(1, 1, 3, 3)
    scores = (
        attention(pixels, output_attentions=True)
        .attentions[0][0]
        .log()
        .unflatten(-1, (3, 3))
        .unflatten(1, (3, 3))
    )
    from_corner = scores[:, 0, 0, :2, :2] - scores[:, 0, 0, :1, :1]
    from_centre = scores[:, 1, 1, 1:, 1:] - scores[:, 1, 1, 1:2, 1:2]
    torch.testing.assert_close(from_corner, from_centre)
    assert from_corner.abs().max() > 1e-3


def test_attention_implementations_agree():
    inputs = {
        "pixel_values": torch.randn(2, 3, 8, 16),
        "image_sizes": torch.tensor([[8, 8], [4, 16]]),
    }
    check_attention_implementations(FrescoForImageClassification(tiny_config()), inputs)


def test_reload(tmp_path):
    inputs = {"pixel_values": torch.randn(2, 3, 8, 16)}
    check_reload(FrescoModel(tiny_config()), inputs, tmp_path / "model", AutoModel)
    classifier = FrescoForImageClassification(tiny_config(num_labels=5))
    check_reload(classifier, inputs, tmp_path / "classifier", AutoModelForImageClassification)


def test_training():
    inputs = {
        "pixel_values": torch.randn(3, 3, 8, 16),
        "image_sizes": torch.tensor([[8, 8], [4, 16], [8, 16]]),
        "labels": torch.tensor([0, 1, 2]),
    }
    check_training(FrescoForImageClassification(tiny_config(num_labels=3)), inputs)


def test_grid_keeps_to_its_budget_and_shape():
    for height in range(1, 200, 7):
        for width in range(1, 200, 11):
            for budget in (1, 2, 9, 50):
                new_height, new_width = fit_to_grid(height, width, 8, budget)
                assert new_height % 8 == new_width % 8 == 0
                assert 1 <= (new_height // 8) * (new_width // 8) <= budget
                assert new_height < height + 8 and new_width < width + 8
    assert fit_to_grid(64, 96, 8, 1000) == (64, 96)
    assert fit_to_grid(400, 800, 10, 200) == (100, 200)
    assert fit_to_grid(3, 4000, 10, 100) == (10, 1000)


def test_image_processor_pads_a_batch_of_shapes():
    processor = FrescoImageProcessor(patch_size=4, max_patches=12)
    inputs = processor([picture(12, 8), picture(40, 40, "L"), picture(5, 90)], return_tensors="pt")
    assert inputs["image_sizes"].tolist() == [[8, 12], [12, 12], [48, 4]]
    assert inputs["pixel_values"].shape == (3, 3, 48, 12)
    assert inputs["pixel_values"].dtype == torch.float32
    assert (inputs["pixel_values"][0, :, 8:] == 0).all()
    # Of the right size already: only the scale of the colours changes
    pixels = torch.from_numpy(np.array(picture(12, 8))).permute(2, 0, 1) / 127.5 - 1
    torch.testing.assert_close(inputs["pixel_values"][0, :, :8], pixels.float())
    assert processor.get_output_size(90, 5) == (48, 4)


def test_image_processor_options():
    processor = FrescoImageProcessor(patch_size=4)
    unscaled = processor(
        picture(9, 9), do_resize=False, do_rescale=False, do_normalize=False, return_tensors="np"
    )
    assert unscaled["pixel_values"].shape == (1, 3, 9, 9)
    assert (unscaled["pixel_values"][0].transpose(1, 2, 0) == np.array(picture(9, 9))).all()
    merged = processor(picture(30, 17), merge_size=2, return_tensors="pt")
    assert merged["image_sizes"].tolist() == [[16, 32]]


def test_images_to_labels(tmp_path):
    FrescoImageProcessor(patch_size=4, max_patches=16).save_pretrained(tmp_path)
    processor = AutoImageProcessor.from_pretrained(tmp_path)
    assert type(processor) is FrescoImageProcessor
    assert (processor.patch_size, processor.merge_size, processor.max_patches) == (4, 1, 16)
    model = FrescoForImageClassification(tiny_config(num_labels=5)).eval()
    together = model(**processor([picture(50, 20), picture(20, 50)], return_tensors="pt")).logits
    alone = model(**processor(picture(20, 50), return_tensors="pt")).logits
    assert together.shape == (2, 5)
    torch.testing.assert_close(together[1:], alone)


def test_tiny_fixture(tiny_fixture):
    """Loaded by its name, it distinguishes two pictures."""
    fixture = tiny_fixture("tiny-random/fresco")
    model = AutoModelForImageClassification.from_pretrained("tiny-random/fresco").eval()
    assert type(model) is fixture.model_class
    processor = AutoImageProcessor.from_pretrained("tiny-random/fresco")
    assert type(processor) is type(fixture.processor) is FrescoImageProcessor
    assert processor.patch_size == fixture.config.patch_size
    inputs = processor([picture(40, 70), picture(700, 400)], return_tensors="pt")
    patches = inputs["image_sizes"] // fixture.config.patch_size
    assert patches.tolist() == [[4, 2], [3, 5]]
    with torch.no_grad():
        logits = model(**inputs).logits
    assert logits.shape == (2, fixture.config.num_labels)
    assert not torch.allclose(logits[0], logits[1])
