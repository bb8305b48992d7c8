"""The training: what changes, what stays, the same again, and on from where it stopped."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch

from helpers.finetuning import Example, FinetuneConfig, finetune
from helpers.finetuning.losses import GAMMA, denoising_loss
from helpers.finetuning.words import new_words, row_of
from helpers.maths import snr

CONFIG = FinetuneConfig("windmill", rank=2, steps=4, batch_size=3)


def train(pipe, examples, config=CONFIG, **options):
    return finetune(pipe, examples, config, progress=False, **options)


def lora_tensors(pipe):
    return {key: value for key, value in pipe.unet.state_dict().items() if "lora_" in key}


def old_weights(pipe):
    """Everything that was there before."""
    table = pipe.text_encoder.get_input_embeddings().weight
    return [
        *(
            value.clone()
            for key, value in sorted(pipe.unet.state_dict().items())
            if "lora_" not in key
        ),
        *(
            value.clone()
            for key, value in pipe.text_encoder.state_dict().items()
            if "token_embedding" not in key
        ),
        table[: len(pipe.tokenizer) - len(new_words(pipe))].detach().clone(),
        *(value.clone() for value in pipe.vae.state_dict().values()),
    ]


def test_word_and_lora_are_learned_and_nothing_else_changes(pipe, examples, kept):
    before = old_weights(pipe)
    processors = list(map(type, pipe.unet.attn_processors.values()))
    history = train(pipe, examples, kept=kept)
    assert len(history.losses) == 4 and all(0 < loss < 100 for loss in history.losses)
    for old, new in zip(before, old_weights(pipe), strict=True):
        assert torch.equal(old, new)
    ups = [value for key, value in lora_tensors(pipe).items() if "lora_B" in key]
    assert ups and all(value.abs().sum() > 0 for value in ups)
    mean = pipe.text_encoder.get_input_embeddings().weight[:-1].mean(0)
    assert not torch.allclose(row_of(pipe, "windmill"), mean)
    assert list(map(type, pipe.unet.attn_processors.values())) == processors
    assert not any(weight.requires_grad for weight in pipe.unet.parameters())


def test_the_word_alone(pipe, examples):
    train(pipe, examples, replace(CONFIG, lora=False))
    assert not lora_tensors(pipe) and new_words(pipe) == ["windmill"]


def test_the_lora_alone(pipe, examples):
    train(pipe, examples, replace(CONFIG, embedding=False))
    mean = pipe.text_encoder.get_input_embeddings().weight[:-1].mean(0)
    torch.testing.assert_close(row_of(pipe, "windmill"), mean)


def test_a_seed_gives_the_same_training(make_random_pipe, examples, kept):
    runs = []
    for seed in (0, 0, 1):
        pipe = make_random_pipe()
        torch.manual_seed(len(runs))  # must not matter
        history = train(pipe, examples, replace(CONFIG, seed=seed), kept=kept)
        runs.append((history.losses, lora_tensors(pipe), row_of(pipe, "windmill")))
    (losses, tensors, row), (again, same, too), (other, _, _) = runs
    assert losses == again != other and torch.equal(row, too)
    assert all(torch.equal(tensors[key], same[key]) for key in tensors)


@pytest.mark.parametrize("fresh", [True, False])
def test_resumed_it_goes_on_as_if_it_had_not_stopped(make_random_pipe, examples, kept, fresh):
    whole = make_random_pipe()
    losses = train(whole, examples, kept=kept).losses
    states = []

    def stop(moment):
        states.append(moment.save_state())
        return moment.step == 2

    pipe = make_random_pipe()
    first = train(pipe, examples, kept=kept, on_step=stop)
    assert first.losses == losses[:2]
    pipe = make_random_pipe() if fresh else pipe
    resumed = train(pipe, examples, kept=kept, resume=states[-1])
    assert resumed.losses == losses
    assert torch.equal(row_of(pipe, "windmill"), row_of(whole, "windmill"))
    for key, value in lora_tensors(whole).items():
        assert torch.equal(lora_tensors(pipe)[key], value)


def test_a_finished_training_can_be_lengthened(make_random_pipe, examples):
    long = train(make_random_pipe(), examples).losses
    short = train(make_random_pipe(), examples, replace(CONFIG, steps=2))
    longer = train(make_random_pipe(), examples, resume=short.state)
    assert longer.losses == long


def test_in_the_cooldown_both_rates_fall_in_a_straight_line(pipe, examples):
    rates = []

    def look(moment):
        groups = moment.save_state()["optimizer"]["param_groups"]
        rates.append([group["lr"] for group in groups])

    config = replace(CONFIG, steps=8, cooldown=0.5, learning_rate=4e-3, row_rate=8e-3)
    train(pipe, examples, config, on_step=look)
    shares = [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert rates == [[pytest.approx(4e-3 * share), pytest.approx(8e-3 * share)] for share in shares]


def test_a_state_survives_as_a_file_of_tensors(pipe, make_random_pipe, examples, tmp_path):
    state = train(pipe, examples, replace(CONFIG, steps=2)).state
    torch.save(state, tmp_path / "state.pt")
    read = torch.load(tmp_path / "state.pt", weights_only=True)
    resumed = train(make_random_pipe(), examples, resume=read)
    assert resumed.losses == train(make_random_pipe(), examples).losses


def test_another_trainings_state_is_refused(pipe, examples):
    state = train(pipe, examples).state
    with pytest.raises(ValueError, match="this state is of a training with rank=2"):
        train(pipe, examples, replace(CONFIG, rank=3), resume=state)


def test_old_pictures_take_their_share(pipe, examples, kept, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "helpers.finetuning.loop.denoising_loss",
        lambda pipe, x0, tokens, *rest: seen.append(tokens) or row_loss(pipe, x0, tokens, *rest),
    )
    train(pipe, examples, replace(CONFIG, batch_size=4, prior=0.25, steps=2), kept=kept)
    train(pipe, examples, replace(CONFIG, batch_size=4, prior=0.9, steps=1), kept=kept)
    number = pipe.tokenizer("windmill", add_special_tokens=False).input_ids[0]
    new = [int((tokens == number).any(1).sum()) for tokens in seen]
    assert new == [3, 3, 1]


row_loss = denoising_loss


def test_the_loss_is_the_weighted_error_of_v(pipe):
    """By hand: a U-Net that answers 0 is off by v itself."""
    pipe.unet.forward = lambda x, t, words: type("Answer", (), {"sample": torch.zeros_like(x)})
    alpha_bar = torch.as_tensor(pipe.scheduler.alphas_cumprod).float()
    x0 = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(5))
    tokens = pipe.tokenizer([""] * 2, padding="max_length", return_tensors="pt").input_ids
    found = denoising_loss(pipe, x0, tokens, alpha_bar, torch.Generator().manual_seed(6))

    same = torch.Generator().manual_seed(6)
    order = torch.randperm(2, generator=same)
    t = ((order + torch.rand(2, generator=same)) / 2 * len(alpha_bar)).long()
    eps = torch.randn(x0.shape, generator=same)
    level = alpha_bar[t].view(2, 1, 1, 1)
    v = level.sqrt() * eps - (1 - level).sqrt() * x0
    ratio = torch.as_tensor(snr(alpha_bar[t])) + 1
    weight = ratio.clamp(max=GAMMA) / ratio
    torch.testing.assert_close(found, (weight * v.square().mean((1, 2, 3))).mean())


def test_every_place_of_a_batch_meets_all_levels_of_noise(pipe):
    """New pictures stand before old ones: each kind must see weak noise and strong."""
    seen = []

    def answer(x, t, words):
        seen.append(t)
        return type("Answer", (), {"sample": torch.zeros_like(x)})

    pipe.unet.forward = answer
    alpha_bar = torch.as_tensor(pipe.scheduler.alphas_cumprod).float()
    tokens = pipe.tokenizer([""] * 4, padding="max_length", return_tensors="pt").input_ids
    generator = torch.Generator().manual_seed(0)
    for _ in range(100):
        denoising_loss(pipe, torch.zeros(4, 4, 4, 4), tokens, alpha_bar, generator)
    times = torch.stack(seen) / len(alpha_bar)  # (100, 4)
    assert (times.amin(0) < 0.1).all() and (times.amax(0) > 0.9).all()
    for batch in times:  # and within a batch they are spread evenly
        assert torch.equal((batch.sort().values * 4).long(), torch.arange(4))


def test_a_model_of_noise_learns_from_the_noise(make_random_pipe):
    pipe = make_random_pipe(prediction_type="epsilon")
    pipe.unet.forward = lambda x, t, words: type("Answer", (), {"sample": torch.zeros_like(x)})
    alpha_bar = torch.as_tensor(pipe.scheduler.alphas_cumprod).float()
    tokens = pipe.tokenizer([""], padding="max_length", return_tensors="pt").input_ids
    found = denoising_loss(
        pipe, torch.zeros(1, 4, 4, 4), tokens, alpha_bar, torch.Generator().manual_seed(6)
    )
    same = torch.Generator().manual_seed(6)
    torch.randperm(1, generator=same)
    torch.rand(1, generator=same)
    eps = torch.randn(1, 4, 4, 4, generator=same)
    torch.testing.assert_close(found, eps.square().mean())


def test_it_learns(pipe, examples):
    """The loss on its pictures falls, on the same noise before and after."""

    def measured(pipe):
        with torch.no_grad():
            return float(denoising_loss(
                pipe, x0, tokens, alpha_bar, torch.Generator().manual_seed(9)
            ))  # fmt: skip

    alpha_bar = torch.as_tensor(pipe.scheduler.alphas_cumprod).float()
    one = [examples[0]]
    pixels = torch.stack([examples[0].picture] * 64) * 2 - 1
    with torch.no_grad():
        x0 = pipe.vae.encode(pixels).latent_dist.mean * pipe.vae.config.scaling_factor
    text = [examples[0].caption] * 64
    tokens = pipe.tokenizer(text, padding="max_length", return_tensors="pt").input_ids
    before = measured(copy.deepcopy(pipe))
    train(pipe, one, replace(CONFIG, steps=20, batch_size=4, learning_rate=2e-2))
    tokens = pipe.tokenizer(text, padding="max_length", return_tensors="pt").input_ids
    assert measured(pipe) < 0.95 * before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rank": 0}, "rank must be above 0, got 0"),
        ({"steps": 0}, "steps must be above 0"),
        ({"batch_size": -1}, "batch_size must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"row_rate": 0}, "row_rate must be above 0"),
        ({"prior": 1.0}, "prior=1.0 is not allowed"),
        ({"prior": -0.1}, "prior=-0.1 is not allowed"),
        ({"cooldown": 1.5}, "cooldown=1.5 is not allowed"),
        ({"embedding": False, "lora": False}, "leave nothing to train"),
    ],
)
def test_wrong_settings_are_told(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(CONFIG, **changes)


def test_wrong_pictures_and_captions_are_told(pipe, examples):
    with pytest.raises(ValueError, match="examples: got none"):
        train(pipe, [])
    with pytest.raises(ValueError, match=r"examples: picture 1 has shape \(3, 8, 8\)"):
        train(pipe, [examples[0], Example(torch.rand(3, 8, 8), "a windmill")])
    with pytest.raises(ValueError, match="kept: picture 0"):
        train(pipe, examples, kept=[Example(torch.rand(3, 8, 8), "")])
    with pytest.raises(ValueError, match="caption 0, 'a mill', does not have the word"):
        train(pipe, [Example(examples[0].picture, "a mill")])
    with pytest.raises(ValueError, match="knows 'castle' already"):
        train(pipe, [Example(examples[0].picture, "a castle")], replace(CONFIG, word="castle"))
    assert new_words(pipe) == []


def test_half_precision_is_refused(pipe, examples):
    pipe.unet.half()
    with pytest.raises(ValueError, match="in float16 small steps vanish"):
        train(pipe, examples)
