"""Development tool, not part of the product: PyTorch's speed for `deno task perf`, at its best.

    python3 bench/perf/torch_peer.py '{"mode": "update", "hidden": 128, "layers": 4, "heads": 4, "kvHeads": 4,
        "intermediate": 256, "vocab": 96, "sequences": 128, "prompt": 32, "response": 64, "threads": 2, "repeats": 5}'

Prints one JSON line. Modes:

- rollout: samples `response` tokens for every sequence, with their log-probs; counts sampled tokens;
- score: log-probs of all tokens without gradient; counts all tokens;
- update: forward, backward, clipping and AdamW on all tokens; counts all tokens.

Every mode is tried in several ways, each once after a warm-up: transformers with eager and SDPA attention (and, for
rollout, generate() and a bare loop), and a hand-written decoder without the library's overhead, in whole batches and in
micro-batches. The fastest is then measured `repeats` times and the median reported. The hand-written decoder is first
compared with transformers. All in eager mode and float32; torch.compile is not tried. Sequences have no padding. With
`group` > 1 that many sequences share a prompt, which the hand-written decoder computes once.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

# Keys that have a value when the command line gives none.
DEFAULTS = dict(family="llama", threads=2, repeats=5, group=1, learningRate=1e-3)


class Decoder:
    """A Llama or Qwen2 decoder in as few operations as plain PyTorch allows, with the weights of a transformers model."""

    def __init__(self, model):
        config = model.config
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.size = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.epsilon = config.rms_norm_eps
        base = model.model
        self.embedding, self.norm, self.output = base.embed_tokens.weight, base.norm.weight, model.lm_head.weight
        self.layers, parameters = [], [self.embedding, self.norm]
        if self.output is not self.embedding:
            parameters.append(self.output)
        for layer in base.layers:
            attention, mlp = layer.self_attn, layer.mlp
            projections = (attention.q_proj, attention.k_proj, attention.v_proj)
            weights = dict(
                norm1=layer.input_layernorm.weight,
                qkv=torch.cat([p.weight for p in projections]),
                bias=torch.cat([p.bias for p in projections]) if projections[0].bias is not None else None,
                out=attention.o_proj.weight,
                norm2=layer.post_attention_layernorm.weight,
                up=torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight]),
                down=mlp.down_proj.weight,
            )
            weights = {k: None if w is None else torch.nn.Parameter(w.detach().clone()) for k, w in weights.items()}
            self.layers.append(weights)
            parameters += [w for w in weights.values() if w is not None]
        self.parameters = parameters
        theta = config.rope_parameters["rope_theta"]
        frequencies = theta ** -(torch.arange(0, self.size, 2) / self.size)
        angles = torch.arange(config.max_position_embeddings)[:, None] * frequencies
        self.cos = torch.cat([angles.cos()] * 2, -1)
        # The sign of the rotation is folded into the sine, so that one roll replaces the library's negate and concat.
        self.sin = torch.cat([-angles.sin(), angles.sin()], -1)
        self.cos, self.sin = (table.to(self.embedding.dtype) for table in (self.cos, self.sin))

    def project(self, layer, x, start):
        """Query, key, value as [batch, time, heads, size], rotated."""
        batch, length, _ = x.shape
        h = F.rms_norm(x, x.shape[-1:], layer["norm1"], self.epsilon)
        qkv = F.linear(h, layer["qkv"], layer["bias"]).view(batch, length, -1, self.size)
        rotated = qkv[:, :, : self.heads + self.kv_heads]
        cos, sin = (table[start : start + length, None] for table in (self.cos, self.sin))
        rotated = rotated * cos + rotated.roll(self.size // 2, -1) * sin
        return rotated[:, :, : self.heads], rotated[:, :, self.heads :], qkv[:, :, self.heads + self.kv_heads :]

    def rest(self, layer, x, attended):
        x = x + F.linear(attended, layer["out"])
        h = F.rms_norm(x, x.shape[-1:], layer["norm2"], self.epsilon)
        gate, up = F.linear(h, layer["up"]).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, layer["down"])

    def forward(self, ids, cache=None):
        """Logits of whole sequences; fills `cache` if there is one."""
        x = F.embedding(ids, self.embedding)
        batch, length, _ = x.shape
        for number, layer in enumerate(self.layers):
            q, k, v = (part.transpose(1, 2) for part in self.project(layer, x, 0))
            if cache is not None:
                cache[number][0][:, :, :length] = k
                cache[number][1][:, :, :length] = v
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.kv_heads != self.heads)
            x = self.rest(layer, x, y.transpose(1, 2).reshape(batch, length, -1))
        if cache is not None:
            x = x[:, -1:]
        return F.linear(F.rms_norm(x, x.shape[-1:], self.norm, self.epsilon), self.output)

    def step(self, ids, cache, position, fused_attention):
        """Logits of one more token per sequence."""
        x = F.embedding(ids[:, None], self.embedding)
        batch = x.shape[0]
        for number, layer in enumerate(self.layers):
            q, k, v = self.project(layer, x, position)
            keys, values = cache[number]
            keys[:, :, position] = k[:, 0]
            values[:, :, position] = v[:, 0]
            keys, values = keys[:, :, : position + 1], values[:, :, : position + 1]
            if fused_attention:
                y = F.scaled_dot_product_attention(
                    q.transpose(1, 2), keys, values, enable_gqa=self.kv_heads != self.heads
                )
            else:
                q = q.reshape(batch, self.kv_heads, -1, self.size) * self.size**-0.5
                y = torch.matmul(torch.softmax(torch.matmul(q, keys.transpose(2, 3)), -1), values)
            x = self.rest(layer, x, y.reshape(batch, 1, -1))
        return F.linear(F.rms_norm(x[:, 0], x.shape[-1:], self.norm, self.epsilon), self.output)


def build(shape, attention):
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    config_class, model_class = dict(
        llama=(LlamaConfig, LlamaForCausalLM), qwen2=(Qwen2Config, Qwen2ForCausalLM)
    )[shape["family"]]
    config = config_class(
        vocab_size=shape["vocab"], hidden_size=shape["hidden"], num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"], num_key_value_heads=shape["kvHeads"], max_position_embeddings=2048,
        intermediate_size=shape["intermediate"], tie_word_embeddings=True, bos_token_id=None, eos_token_id=None,
    )
    config._attn_implementation = attention
    torch.manual_seed(0)
    return model_class(config)


def check(model, decoder, ids):
    """The hand-written decoder must compute what transformers computes."""
    with torch.inference_mode():
        expected = model(input_ids=ids, use_cache=False).logits
        half = ids.shape[1] // 2
        cache = empty_cache(decoder, ids.shape[0], ids.shape[1])
        decoder.forward(ids[:, :half], cache)
        for fused in (True, False):
            stepped = decoder.step(ids[:, half], cache, half, fused)
            assert (stepped - expected[:, half]).abs().max() < 1e-4
        assert (decoder.forward(ids) - expected).abs().max() < 1e-4


def empty_cache(decoder, batch, length):
    def zeros():
        return torch.zeros(batch, decoder.kv_heads, length, decoder.size, dtype=decoder.embedding.dtype)

    return [(zeros(), zeros()) for _ in decoder.layers]


def draw(logits):
    """One sample per row and its log-prob; an exponential race is faster than torch.multinomial."""
    log_probs = torch.log_softmax(logits, -1)
    tokens = (log_probs - torch.empty_like(log_probs).exponential_().log_()).argmax(-1)
    return tokens, log_probs.gather(1, tokens[:, None])[:, 0]


def generate(model, prompts, count):
    """Samples with the library's own loop."""
    from transformers import GenerationConfig

    settings = GenerationConfig(
        do_sample=True, top_k=0, top_p=1.0, temperature=1.0, max_new_tokens=count, min_new_tokens=count,
        pad_token_id=0, eos_token_id=None,
    )
    return model.generate(prompts, attention_mask=torch.ones_like(prompts), generation_config=settings)


def bare(decoder, prompts, count, group, fused):
    """Samples with the hand-written decoder; every `group` prompts are equal and computed once."""
    length = prompts.shape[1]
    cache = empty_cache(decoder, prompts.shape[0] // group, length + count)
    logits = decoder.forward(prompts[::group], cache)[:, -1]
    if group > 1:
        cache = [tuple(part.repeat_interleave(group, 0) for part in layer) for layer in cache]
        logits = logits.repeat_interleave(group, 0)
    for position in range(length, length + count - 1):
        tokens, _ = draw(logits)
        logits = decoder.step(tokens, cache, position, fused)
    return draw(logits)


def rollout_ways(shape, ids):
    from transformers import DynamicCache

    prompts = ids[:, : shape["prompt"]]
    count, group = shape["response"], shape["group"]
    ways = {}

    def loop(model):
        cache = DynamicCache(config=model.config)
        logits = model(input_ids=prompts, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
        for _ in range(count - 1):
            tokens, _ = draw(logits)
            logits = model(input_ids=tokens[:, None], past_key_values=cache, use_cache=True).logits[:, -1]
        return draw(logits)

    for attention in ("eager", "sdpa"):
        model = build(shape, attention).eval()
        ways[f"generate() {attention}"] = lambda model=model: generate(model, prompts, count)
        ways[f"transformers loop {attention}"] = lambda model=model: loop(model)
    decoder = Decoder(model)
    check(model, decoder, ids[:2])
    ways["hand-written sdpa"] = lambda: bare(decoder, prompts, count, group, True)
    ways["hand-written matmul"] = lambda: bare(decoder, prompts, count, group, False)
    return {name: torch.inference_mode()(way) for name, way in ways.items()}


def score_ways(shape, ids):
    ways = {}

    def score(forward, pieces):
        for piece in pieces:
            rows = torch.log_softmax(forward(piece)[:, :-1], -1)
            rows.gather(2, piece[:, 1:, None])

    forwards = forward_ways(shape, ids)
    for name, (forward, _) in forwards.items():
        for size in micro_batches(ids):
            ways[f"{name}, {size} at once"] = lambda f=forward, s=size: score(f, ids.split(s))
    return {name: torch.inference_mode()(way) for name, way in ways.items()}


def update(forward, parameters, optimizer, pieces):
    """One optimizer step on all pieces."""
    optimizer.zero_grad(set_to_none=True)
    count = sum(piece.numel() for piece in pieces)
    for piece in pieces:
        # Minus the mean log-prob; cross_entropy is the fused form of log_softmax and gather.
        logits = forward(piece)[:, :-1]
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), piece[:, 1:].reshape(-1), reduction="sum")
        (loss / count).backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()


def update_ways(shape, ids):
    ways = {}

    for name, (forward, parameters) in forward_ways(shape, ids).items():
        optimizer = torch.optim.AdamW(parameters, lr=shape["learningRate"], betas=(0.9, 0.99), fused=True)
        for size in micro_batches(ids):
            ways[f"{name}, {size} at once"] = (
                lambda f=forward, p=parameters, o=optimizer, s=size: update(f, p, o, ids.split(s))
            )
    return ways


def forward_ways(shape, ids):
    """Name -> function from ids to logits, and its parameters."""
    ways = {}
    for attention in ("eager", "sdpa"):
        model = build(shape, attention)
        ways[f"transformers {attention}"] = (
            lambda piece, model=model: model(input_ids=piece, use_cache=False).logits, list(model.parameters()),
        )
    decoder = Decoder(model)
    check(model, decoder, ids[:2])
    ways["hand-written sdpa"] = (decoder.forward, decoder.parameters)
    return ways


def micro_batches(ids):
    """All sequences at once, and pieces that stay in the processor's cache (16 at once were never faster than 32)."""
    return sorted({min(32, ids.shape[0]), ids.shape[0]})


def seconds(way):
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def main():
    shape = DEFAULTS | json.loads(sys.argv[1])
    torch.set_num_threads(shape["threads"])
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    import transformers

    transformers.logging.set_verbosity_error()
    length = shape["prompt"] + shape["response"]
    torch.manual_seed(1)
    ids = torch.randint(0, shape["vocab"], (shape["sequences"], length))
    if shape["group"] > 1:
        ids[:, : shape["prompt"]] = ids[:: shape["group"], : shape["prompt"]].repeat_interleave(shape["group"], 0)
    mode = shape["mode"]
    ways = dict(rollout=rollout_ways, score=score_ways, update=update_ways)[mode](shape, ids)
    tried = {}
    for name, way in ways.items():
        way()
        tried[name] = min(seconds(way) for _ in range(2))
    best = min(tried, key=tried.get)
    times = [seconds(ways[best]) for _ in range(shape["repeats"])]
    tokens = shape["sequences"] * (shape["response"] if mode == "rollout" else length)
    median = statistics.median(times)
    print(json.dumps(dict(
        mode=mode, tokensPerSecond=tokens / median, seconds=median, fastestSeconds=min(times), way=best,
        tried={name: round(tokens / value) for name, value in tried.items()}, tokens=tokens, threads=shape["threads"],
        repeats=shape["repeats"], torch=torch.__version__, transformers=transformers.__version__,
    )))


if __name__ == "__main__":
    main()
