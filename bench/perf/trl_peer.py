"""Development tool, not part of the product: TRL's speed for `deno task perf`, whole GRPO steps.

    python3 bench/perf/trl_peer.py '{"hidden": 128, "layers": 4, "heads": 4, "kvHeads": 4, "intermediate": 256,
        "vocab": 96, "prompt": 32, "response": 64, "threads": 2, "processes": 1, "steps": 8}'

Trains a random model with GRPOTrainer on random prompts: 16 prompts x 8 samples, every response exactly `response`
tokens, no reference model, one update per rollout, float32, logging, saving and gradient checkpointing off. Needs no
network and writes nothing but an empty temporary directory. Prints one JSON line; `secondsPerStep` is the median after
two warm-up steps. With `processes` > 1 as many trainers run side by side, and `stepsPerHour` is their sum.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

# Four micro-batches of 32 stay in the processor's cache: 5 to 10 % faster than one of 128 at hidden size 128.
DEFAULTS = dict(threads=2, processes=1, steps=8, prompts=16, samples=8, prompt=32, microBatches=4)
WARM_UP = 2


def tokenizer_of(vocabulary_size):
    """A tokenizer of the words w0, w1, ..., so that a prompt has exactly as many tokens as words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {f"w{i}": i for i in range(vocabulary_size)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="w0", eos_token="w1", unk_token="w0", padding_side="left"
    )


def parity(completion_ids, **_):
    """A reward that differs within a group, so that no advantage is zero throughout."""
    return [float(sum(ids) % 2) for ids in completion_ids]


def train(shape):
    import torch

    torch.set_num_threads(shape["threads"])
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    import random

    import transformers
    import trl
    from datasets import Dataset
    from transformers import LlamaConfig, LlamaForCausalLM, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    transformers.logging.set_verbosity_error()
    config = LlamaConfig(
        vocab_size=shape["vocab"], hidden_size=shape["hidden"], num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"], num_key_value_heads=shape["kvHeads"], max_position_embeddings=2048,
        intermediate_size=shape["intermediate"], tie_word_embeddings=True, bos_token_id=None, eos_token_id=1,
    )
    config._attn_implementation = "sdpa"
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)

    chance = random.Random(1)
    steps = WARM_UP + shape["steps"]

    def prompt():
        return " ".join(f"w{chance.randrange(2, shape['vocab'])}" for _ in range(shape["prompt"]))

    dataset = Dataset.from_list([dict(prompt=prompt()) for _ in range(shape["prompts"] * steps)])
    ends = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_args, **_kwargs):
            ends.append(time.perf_counter())

    batch = shape["prompts"] * shape["samples"]
    with tempfile.TemporaryDirectory() as folder:
        settings = GRPOConfig(
            output_dir=folder, max_steps=steps, learning_rate=1e-4, lr_scheduler_type="constant", seed=0,
            per_device_train_batch_size=batch // shape["microBatches"],
            gradient_accumulation_steps=shape["microBatches"], steps_per_generation=shape["microBatches"],
            num_generations=shape["samples"], num_iterations=1, max_completion_length=shape["response"],
            generation_kwargs=dict(min_new_tokens=shape["response"]), temperature=1.0, top_k=0, top_p=1.0,
            beta=0.0, loss_type="grpo", gradient_checkpointing=False, bf16=False, fp16=False, use_cpu=True,
            logging_strategy="no", save_strategy="no", report_to="none", disable_tqdm=True,
            dataloader_pin_memory=False, dataloader_num_workers=0,
        )
        trainer = GRPOTrainer(
            model=model, reward_funcs=parity, args=settings, train_dataset=dataset,
            processing_class=tokenizer_of(shape["vocab"]), callbacks=[Clock()],
        )
        trainer.train()
    times = [after - before for before, after in zip(ends[WARM_UP - 1 :], ends[WARM_UP:])]
    median = statistics.median(times)
    return dict(
        secondsPerStep=median, fastestSecondsPerStep=min(times), stepsPerHour=3600 / median, threads=shape["threads"],
        processes=1, steps=len(times), microBatches=shape["microBatches"], trl=trl.__version__,
        torch=torch.__version__, transformers=transformers.__version__,
    )


def side_by_side(shape):
    """The same in several processes at once; steps per hour add up."""
    command = [sys.executable, __file__, json.dumps(shape | dict(processes=1))]
    # The trainers' own messages would hide a failure's; they go to the caller.
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(shape["processes"])]
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode != 0 for process in running):
        sys.exit("a trainer failed")
    results = [json.loads(output.strip().splitlines()[-1]) for output in outputs]
    return results[0] | dict(
        secondsPerStep=statistics.mean(result["secondsPerStep"] for result in results),
        fastestSecondsPerStep=min(result["fastestSecondsPerStep"] for result in results),
        stepsPerHour=sum(result["stepsPerHour"] for result in results), processes=shape["processes"],
    )


if __name__ == "__main__":
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "CUDA_VISIBLE_DEVICES": ""}
    options = DEFAULTS | json.loads(sys.argv[1])
    print(json.dumps(side_by_side(options) if options["processes"] > 1 else train(options)))
