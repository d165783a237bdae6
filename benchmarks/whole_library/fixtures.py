"""The fixtures of the library and the tests that use them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.whole_library.library import PACKAGE, Library, spread

TESTS = "tests"
BATCH = "forward"
# Loads the environment of all tests and does nothing in it.
NOTHING = {
    "warm_up/BUILD": "python_tests()\n",
    "warm_up/nothing_test.py": "import torch\n\n\ndef test_nothing():\n    assert torch\n",
}

# Of varied families: model classes of generated files, each with what it is called in its library.
# None has parts that the Auto classes import by their names, which Pants cannot infer.
_CLASSES = """
aimv2 Aimv2VisionModel                    apertus ApertusForCausalLM
arcee ArceeForCausalLM                    bamba BambaForCausalLM
beit BeitForImageClassification           biogpt BioGptForCausalLM
bitnet BitNetForCausalLM                  camembert CamembertForCausalLM
cohere CohereForCausalLM                  cohere2 Cohere2ForCausalLM
data2vec_audio Data2VecAudioForCTC        data2vec_text Data2VecTextForCausalLM
dbrx DbrxForCausalLM                      deepseek_v3 DeepseekV3ForCausalLM
deit DeiTForImageClassification           diffllama DiffLlamaForCausalLM
dinov2 Dinov2ForImageClassification       dinov3_vit DINOv3ViTModel
ernie4_5_moe Ernie4_5_MoeForCausalLM      eurobert EuroBertForMaskedLM
falcon_mamba FalconMambaForCausalLM       gemma2 Gemma2ForCausalLM
glm4 Glm4ForCausalLM                      gpt_neox GPTNeoXForCausalLM
gpt_oss GptOssForCausalLM                 granite GraniteForCausalLM
helium HeliumForCausalLM                  hgnet_v2 HGNetV2ForImageClassification
hubert HubertForCTC                       ijepa IJepaForImageClassification
jamba JambaForCausalLM                    jetmoe JetMoeForCausalLM
lfm2 Lfm2ForCausalLM                      mistral MistralForCausalLM
mixtral MixtralForCausalLM                mlcd MLCDVisionModel
olmo OlmoForCausalLM                      olmo2 Olmo2ForCausalLM
olmo3 Olmo3ForCausalLM                    olmoe OlmoeForCausalLM
phi PhiForCausalLM                        phi3 Phi3ForCausalLM
qwen2 Qwen2ForCausalLM                    qwen2_moe Qwen2MoeForCausalLM
qwen3 Qwen3ForCausalLM                    qwen3_moe Qwen3MoeForCausalLM
seed_oss SeedOssForCausalLM               smollm3 SmolLM3ForCausalLM
starcoder2 Starcoder2ForCausalLM          wavlm WavLMForCTC
"""

_BUILD = """\
tiny_fixture(
    name="tiny",
    model="@MODEL@",
    architectures=["@CLASS@"],
    seed=0,
    repo_id="forward/@NAME@",
)

python_tests(
    name="tests",
    dependencies=[":tiny"],
    # One process loads torch for many of these files.
    batch_compatibility_tag="@BATCH@",
)
"""
_TEST = """\
import torch

INPUTS = {
    "input_ids": lambda config: torch.arange(1, 9)[None],
    "input_values": lambda config: torch.linspace(-1, 1, 4000)[None],
    "pixel_values": lambda config: torch.zeros(1, 3, *2 * [getattr(config, "image_size", 64)]),
}


def test_forward(tiny_fixture):
    model = tiny_fixture("forward/@NAME@").model
    name = model.main_input_name
    with torch.no_grad():
        outputs = model(**{name: INPUTS[name](model.config)})
    assert any(each.isfinite().all() for each in outputs.to_tuple() if torch.is_tensor(each))
"""


@dataclass(frozen=True)
class Fixture:
    """A model of the library, by the name of its modular file, and the class to build."""

    name: str
    model_class: str


def _classes() -> tuple[Fixture, ...]:
    words = _CLASSES.split()
    return tuple(Fixture(*pair) for pair in zip(words[::2], words[1::2], strict=True))


FIXTURES = _classes()


def choose(library: Library, number: int) -> list[Fixture]:
    """So many fixtures of models that the library generates; fewer where it has fewer."""
    names = {modular.stem.removeprefix("modular_") for modular in library.modulars}
    available = [fixture for fixture in FIXTURES if fixture.name in names]
    return spread(available, min(number, len(available)))


def add_fixtures(library: Library, fixtures: list[Fixture]) -> None:
    """Gives each a directory of its own, with a test that loads it and runs it forward."""
    directories = {path.stem.removeprefix("modular_"): path.parent for path in library.modulars}
    for fixture in fixtures:
        model = f"{PACKAGE}/{directories[fixture.name]}:{fixture.name}"
        values = {"MODEL": model, "CLASS": fixture.model_class, "NAME": fixture.name}
        place = f"{TESTS}/{fixture.name}"
        library.write(
            {
                f"{place}/BUILD": _filled(_BUILD, {**values, "BATCH": BATCH}),
                f"{place}/{fixture.name}_test.py": _filled(_TEST, values),
            }
        )


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text
