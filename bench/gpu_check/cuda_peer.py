"""Development tool, not part of the product: PyTorch's speed on the GPU for `deno task gpu-check`.

    python3 bench/gpu_check/cuda_peer.py '{"device": "cuda", "seconds": 300, "repeats": 3, "budget": 20, "target": 0.1,
        "training": {...}, "products": [...], "models": {...}}'

Prints a JSON line with versions, then one per figure; what does not fit into memory is left out and said on standard
error; what there is no time for, in a line of its own. First come the phases of one GRPO step of the shape `training`
(which see), then products, then models. Products are timed in float32 (`fp32`: without tensor cores, as WebGPU has none), in float32 with tensor cores
(`tf32`) and in bfloat16. Models are random, with SDPA attention, in float32 without tensor cores, and wholly in
bfloat16, optimizer state included, which is the fastest there is. `transformers` is generate() and autograd;
`hand-written` the decoder of bench/perf/torch_peer.py, which shares prompts in sampling and has less overhead. All in
eager mode: torch.compile and CUDA graphs are not tried. A step samples, then learns from what it sampled (the
hand-written one from tokens of the same number).
"""

import gc
import json
import os
import sys
import time

START = time.monotonic()

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "perf"))
sys.dont_write_bytecode = True

import torch

import torch_peer as cpu_peer

DTYPES = dict(fp32=torch.float32, tf32=torch.float32, bf16=torch.bfloat16)
# Sequences of a micro-batch: the logits of many tokens over a large vocabulary are what fills the memory.
MICRO_BATCH = 32


def synchronize():
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def seconds(work):
    synchronize()
    start = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - start


def out(**figure):
    print(json.dumps(figure), flush=True)


def attempt(what, work):
    """Does some work; without enough memory, says so and goes on."""
    try:
        return work()
    except torch.OutOfMemoryError:
        print(f"{what}: out of memory", file=sys.stderr)
    except Exception as error:  # one way that fails must not cost the others
        print(f"{what}: {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return None


def time_product(shape, name, repeats, target):
    m, n, k, form = shape["m"], shape["n"], shape["k"], shape["form"]
    torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
    a = torch.randn((k, m) if form == "tn" else (m, k)).to(DTYPES[name])
    b = torch.randn((n, k) if form == "nt" else (k, n)).to(DTYPES[name])
    left, right = (a.T if form == "tn" else a), (b.T if form == "nt" else b)
    result = torch.empty(m, n, dtype=DTYPES[name])

    def run(count):
        for _ in range(count):
            torch.matmul(left, right, out=result)

    run(3)
    count = max(1, min(2000, round(target / max(1e-6, seconds(lambda: run(5)) / 5))))
    out(kind="product", by=name, **shape, seconds=[seconds(lambda: run(count)) / count for _ in range(repeats)])


def time_model(name, shape, dtype, repeats, budget):
    torch.backends.cuda.matmul.allow_tf32 = False
    shape = cpu_peer.DEFAULTS | shape
    sequences, group, count = shape["prompts"] * shape["group"], shape["group"], shape["response"]
    ids = torch.randint(0, shape["vocab"], (sequences, shape["prompt"] + count))
    ids[:, : shape["prompt"]] = ids[::group, : shape["prompt"]].repeat_interleave(group, 0)
    prompts = ids[:, : shape["prompt"]]
    model = cpu_peer.build(shape, "sdpa").to(DTYPES[dtype])
    decoder = cpu_peer.Decoder(model)
    # In bfloat16 two ways of computing the same agree in two digits, which would say nothing.
    exact = dtype == "bf16" or attempt(f"{name}, check", lambda: cpu_peer.check(model, decoder, ids[:2]) is None)

    def optimizer_of(parameters):
        return torch.optim.AdamW(parameters, lr=1e-5, betas=(0.9, 0.99), fused=True)

    def ways():
        """Name -> sampling, forward, parameters."""
        forward = lambda piece: model(input_ids=piece, use_cache=False).logits
        yield "transformers", lambda: cpu_peer.generate(model, prompts, count), forward, list(model.parameters())
        if not exact:
            return
        bare = lambda: cpu_peer.bare(decoder, prompts, count, group, True)
        yield "hand-written", bare, decoder.forward, decoder.parameters

    for way, sample, forward, parameters in ways():
        optimizer = optimizer_of(parameters)

        def rollout():
            with torch.inference_mode():
                drawn = sample()
            # A tensor of inference mode can't be differentiated through; whole sequences are what generate() returns.
            return drawn.clone() if torch.is_tensor(drawn) else ids

        def learn(tokens=ids):
            cpu_peer.update(forward, parameters, optimizer, tokens.split(MICRO_BATCH))

        for what, work in dict(rollout=rollout, update=learn, step=lambda: learn(rollout())).items():
            label = f"{name}, {dtype} {way}, {what}"

            def measure():
                spent = seconds(work)
                if torch.cuda.is_available():
                    torch.cuda.reset_peak_memory_stats()
                times = []
                while len(times) < repeats and (not times or spent + sum(times) < budget):
                    times.append(seconds(work))
                return times

            times = attempt(label, measure)
            if times:
                memory = torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else None
                out(kind="work", model=name, what=what, by=f"{dtype} {way}", seconds=times, memory=memory)
        del optimizer


def learn(model, ids, prompt, size):
    """The gradient of minus the log-prob of the responses, in micro-batches."""
    for piece in ids.split(size):
        logits = model(input_ids=piece, use_cache=False, logits_to_keep=piece.shape[1] - prompt + 1).logits[:, :-1]
        targets = piece[:, prompt:].reshape(-1)
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets, reduction="sum")
        (loss / ids.numel()).backward()


@torch.inference_mode()
def score(model, ids, prompt, size):
    """Log-probs of the responses."""
    for piece in ids.split(size):
        logits = model(input_ids=piece, use_cache=False, logits_to_keep=piece.shape[1] - prompt + 1).logits[:, :-1]
        logits.gather(2, piece[:, prompt:, None])[..., 0] - logits.logsumexp(-1)


def time_training(shape, dtype):
    """generate(), scoring, gradient and AdamW of transformers with SDPA attention, each once after a short warm-up."""
    torch.backends.cuda.matmul.allow_tf32 = False
    sequences, prompt, response = shape["prompts"] * shape["group"], shape["prompt"], shape["response"]
    model = cpu_peer.build(cpu_peer.DEFAULTS | shape, "sdpa").to(DTYPES[dtype])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.99), fused=True)
    ids = torch.randint(0, shape["vocab"], (sequences, prompt + response))
    ids[:, :prompt] = ids[:: shape["group"], :prompt].repeat_interleave(shape["group"], 0)

    def step():
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)

    def generate(count):
        with torch.inference_mode():
            return cpu_peer.generate(model, ids[:, :prompt], count)

    def phase(name, work, warm, tokens):
        warm()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        spent = seconds(work)
        memory = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
        out(kind="phase", phase=name, by=f"{dtype} transformers", seconds=spent, tokens=tokens, bytes=memory)

    def smaller(name, work, tokens):
        """With as many sequences at once as there is memory for."""
        for size in (16, 4, 1):
            try:
                return phase(name, lambda: work(ids, size), lambda: work(ids[:size], size), tokens)
            except torch.OutOfMemoryError:
                model.zero_grad(set_to_none=True)
                torch.cuda.empty_cache()
        print(f"{shape['model']}, {dtype}, {name}: out of memory", file=sys.stderr)

    attempt("rollout", lambda: phase("rollout", lambda: generate(response), lambda: generate(min(8, response)),
                                     sequences * response))
    smaller("scoring", lambda ids, size: score(model, ids, prompt, size), ids.numel())
    smaller("gradient", lambda ids, size: learn(model, ids, prompt, size), ids.numel())
    phase("optimizer", step, step, None)


def main():
    job = json.loads(sys.argv[1])
    if job["device"] == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no CUDA device")
    import transformers

    transformers.logging.set_verbosity_error()
    torch.set_default_device(job["device"])
    torch.manual_seed(1)
    versions = dict(torch=torch.__version__, transformers=transformers.__version__, python=sys.version.split()[0])
    if job["device"] == "cuda":
        versions |= dict(device=torch.cuda.get_device_name(0), cuda=torch.version.cuda)
    out(kind="versions", **versions)

    def part(title, needs, work):
        """Does some work if there is time for it."""
        left = job["seconds"] - (time.monotonic() - START)
        if left < needs:
            line = f"PyTorch, {title}: left out, it may take {needs} s and there are {left:.0f}"
            return out(kind="left out", line=line)
        attempt(title, work)

    training = job["training"]
    for dtype in ("fp32", "bf16"):
        part(f"{training['model']}, {dtype}", 45, lambda: time_training(training, dtype))
    part("products", 15, lambda: [
        attempt(shape["what"], lambda: time_product(shape, name, job["repeats"], job["target"]))
        for shape in job["products"]
        for name in DTYPES
    ])
    for name, shape in job["models"].items():
        for dtype in ("fp32", "bf16"):
            work = lambda: time_model(name, shape, dtype, job["repeats"], job["budget"])
            part(f"{name}, {dtype}", 30, work)


if __name__ == "__main__":
    main()
