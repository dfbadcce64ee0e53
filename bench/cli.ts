/**
 * The command line. Every command lives in `commands/` and is loaded when it is called, so that `--help` is quick and
 * commands that need no engine load none.
 *
 * @module
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import configuration from "../deno.json" with { type: "json" };
import { backendChoices } from "./backend.ts";
import { exitCodes, Refusal } from "./outcomes.ts";

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("Use a whole number.");
  return value;
}

function positive(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("Use a whole number from 1.");
  return value;
}

/** `1,2,5-8` */
function seedList(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const first = Number(match?.[1]), last = Number(match?.[2] ?? match?.[1]);
    if (!match || last < first || last - first > 9999) throw new InvalidArgumentError("Use a list such as 1,2,5-8.");
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** `3-5` or `3`. */
function wordRange(text: string): [number, number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim());
  const fewest = Number(match?.[1]), most = Number(match?.[2] ?? match?.[1]);
  if (!match || fewest < 1 || most < fewest || most > 20) {
    throw new InvalidArgumentError("Use a range of whole numbers from 1 to 20, such as 3-5.");
  }
  return [fewest, most];
}

/** `rank=8,alpha=16,targets=q_proj+v_proj`; the suite's schema checks what it says. */
function adapters(text: string): object {
  return Object.fromEntries(
    text.split(",").map((setting) => {
      const [name, value, ...rest] = setting.split("=").map((part) => part.trim());
      if (!value || rest.length > 0) throw new InvalidArgumentError("Use settings such as rank=8,alpha=16.");
      const flag = value === "true" || value === "false" ? value === "true" : value;
      return [name, name === "targets" ? value.split("+") : name === "rslora" ? flag : Number(value)];
    }),
  );
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("Use a number from 0 to 1.");
  return value;
}

/** `24`, `7.5` */
function gigabytes(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0)) throw new InvalidArgumentError("Use gigabytes, such as 24 or 7.5.");
  return value;
}

const backendOption = (fallback: string) =>
  new Option("--backend <name>", `what computes the policy: auto is the GPU if there is one (default: ${fallback})`)
    .choices([...backendChoices]);

/** Two prices. */
function prices(text: string): { input: number; output: number } {
  const found = /^(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/.exec(text);
  if (!found) throw new InvalidArgumentError("Give two prices of a million tokens, read and written, as 0.15,0.6.");
  return { input: Number(found[1]), output: Number(found[2]) };
}

/** Name of an environment variable; a key given in its place would stand in every record. */
function variable(text: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) {
    throw new InvalidArgumentError("Give the name of an environment variable, as OPENAI_API_KEY, not the key.");
  }
  return text;
}

const nameList = (text: string) => text.split(",").map((name) => name.trim()).filter((name) => name !== "");
const collect = (text: string, before: string[] = []) => [...before, text];

/** The program; `exit` receives the exit code of the command that ran. */
function program(exit: (code: number) => void): Command {
  const podium = new Command("podium")
    .description("Reproducible benchmark of RL post-training algorithms for language models.")
    .version(configuration.version)
    .addHelpText("after", "\nExit codes: 0 done, 1 error, 100 a gate or a comparison failed, 130 interrupted.");

  podium.command("bench")
    .summary("train with every algorithm of a suite and print the leaderboard")
    .description(
      "Trains the same policy with every algorithm of a suite, on the same problems, with the same random numbers, and " +
        "prints the leaderboard. Running the same command again continues where it was stopped.",
    )
    .option("--suite <name>", "embedded suite, or path of a suite file (default: that of --task, else quick)")
    .option("--task <name>", "task to train and test on (see podium tasks)")
    .option(
      "--data <source>",
      "training problems: embedded, a .jsonl, .csv or .parquet file, or hub:OWNER/NAME[@REV][:CONFIG/SPLIT]",
    )
    .option("--eval-data <source>", "held-out problems, from the same kinds of source")
    .option("--decontaminate", "drop training problems that share text with the held-out ones")
    .option("--algorithms <names>", "comma-separated names (see podium algorithms)", nameList)
    .option("--steps <n>", "training steps", wholeNumber)
    .option("--seeds <list>", "seeds, as 1,2,5-8", seedList)
    .option(
      "--policy <dir>",
      "policy to train: a directory of Hugging Face or of a PEFT adapter, hub:OWNER/NAME[@REV], or embedded:NAME; to " +
        "learn prompts for also endpoint:URL#MODEL, or ONNX files: onnx:DIR[#FILE], hub:OWNER/NAME#FILE",
    )
    .option("--policy-key <variable>", "environment variable that holds the key of an endpoint:", variable)
    .option("--policy-prices <read,written>", "what a million of its tokens cost, as 0.15,0.6", prices)
    .addOption(backendOption("that of the suite"))
    .option(
      "--reflector <url>",
      "endpoint of a model that reflects where a prompt is learned (default: embedded rules)",
    )
    .option("--reflector-model <name>", "that model")
    .option("--reflector-key <variable>", "environment variable that holds its key", variable)
    .option("--reflector-prices <read,written>", "what a million of its tokens cost, as 0.15,0.6", prices)
    .option(
      "--lora <settings>",
      "train adapters on the GPU, as rank=8,alpha=16 or rank=8,alpha=16,targets=q_proj+v_proj (default: all matrices)",
      adapters,
    )
    .option("--recompute", "train with less memory on the GPU, for about a third more time; changes no number")
    .option("--memory <gb>", "gigabytes of the GPU's memory that may be taken (default: no limit)", gigabytes)
    .option("--set <path=value>", "any other property of the suite, as training.learningRate=1e-3; repeatable", collect)
    .option("--out <dir>", "directory of the records (default: runs/NAME)")
    .option("--jobs <n>", "cells side by side (default: one per core)", positive)
    .option("--json", "print the leaderboard as JSON")
    .action(async (options) => exit(await (await import("./commands/bench.ts")).bench(options)));

  podium.command("memory")
    .summary("plan the memory that a suite takes on a GPU, without one")
    .description(
      "Plans the buffers of a GPU for every algorithm of a suite, from a policy's config.json alone: the same plan that " +
        "bench prints, and keeps to, before the first step. What can't fit into --memory is refused, with what helps.",
    )
    .argument(
      "[policy]",
      "a Hugging Face directory, hub:OWNER/NAME[@REV], embedded:NAME, or a config.json (default: that of the suite)",
    )
    .option("--suite <name>", "embedded suite, or path of a suite file", "gpu")
    .option("--task <name>", "one of its tasks")
    .option("--algorithms <names>", "comma-separated names (see podium algorithms)", nameList)
    .option("--memory <gb>", "gigabytes that may be taken (default: no limit)", gigabytes)
    .option("--lora <settings>", "with adapters in training, as rank=8,alpha=16", adapters)
    .option("--recompute", "training with less memory")
    .option("--set <path=value>", "any other property of the suite, as training.maxTokens=512; repeatable", collect)
    .option(
      "--prompt-tokens <n>",
      "tokens of the longest prompt (default: that of the problems; 2048 for a bare config.json)",
      positive,
    )
    .option("--readme <file>", "write the section on cards of bench/one_gpu/README.md anew, and do nothing else")
    .option("--json", "print JSON")
    .action(async (policy, options) => exit(await (await import("./commands/memory.ts")).memory(policy, options)));

  podium.command("verify")
    .summary("run recorded cells again and compare every step")
    .description(
      "Runs a recorded cell again and compares the hash chain; exit code 100 if a step differs. With --reference the " +
        "cells are those of a published leaderboard: the same bits on the same kind of machine, elsewhere a score where " +
        "a further seed's would lie.",
    )
    .argument(
      "[run]",
      "directory of a run, or of one cell; with --reference a leaderboard.json (default: Podium's own)",
    )
    .option("--reference", "repeat cells of a published leaderboard")
    .addOption(
      new Option("--cells <n>", "how many cells, or all (default: 1, of a reference 3)")
        .argParser((text) => text === "all" ? text : positive(text)),
    )
    .option("--json", "print one JSON object per cell")
    .action(async (run, { reference, cells = reference ? 3 : 1, json }) => {
      if (reference) {
        const { verifyReference } = await import("./commands/verify_reference.ts");
        return exit(await verifyReference(run, { cells, json }));
      }
      if (run === undefined) throw new Refusal("verify: give the directory of a run or of a cell, or --reference.");
      exit(await (await import("./commands/verify.ts")).verify(run, { cells, json }));
    });

  podium.command("leaderboard")
    .summary("print a leaderboard again, or draw it")
    .description(
      "Checks a leaderboard.json and prints its table; draws it as an SVG, and puts its table into a README.",
    )
    .argument("<file>", "leaderboard.json, or the directory of a run")
    .option("--json", "print the leaderboard as JSON")
    .option("--svg <file>", "draw it")
    .option(
      "--readme <file>",
      "put its table between the lines <!-- begin: leaderboard --> and <!-- end: leaderboard -->",
    )
    .option("--save <file>", "keep a copy of it")
    .action(async (file, options) =>
      exit(await (await import("./commands/leaderboard.ts")).leaderboard(file, options))
    );

  podium.command("report")
    .summary("write one page about runs, or serve it while a run goes on")
    .description(
      "Writes one HTML file that needs nothing else: ranking, curves, stability, cost, pairs, responses, and how to " +
        "repeat it.",
    )
    .argument("<runs...>", "directories of runs, or leaderboard.json files; also verdicts files of claims")
    .option("--out <file>", "the page (default: report.html beside the first run)")
    .option("--svg <dir>", "also write the main plots as SVG files")
    .option("--watch", "serve the page of a run while it goes on")
    .option("--port <n>", "port of --watch (default: one that is free)", wholeNumber)
    .action(async (runs, options) => exit(await (await import("./commands/report.ts")).report(runs, options)));

  podium.command("claims")
    .summary("test the claims of papers")
    .description(
      "Runs suite claims and judges the claims of papers by it: reproduced, not reproduced or inconclusive, each for the " +
        "scale it was run at. With runs it judges what they allow and trains nothing. The exit code does not depend on " +
        "the verdicts.",
    )
    .argument("[runs...]", "leaderboard.json files, or directories of runs (default: run suite claims)")
    .option("--steps <n>", "training steps", wholeNumber)
    .option("--seeds <list>", "seeds, as 1,2,5-8", seedList)
    .addOption(backendOption("cpu"))
    .option("--set <path=value>", "any other property of the suite; repeatable", collect)
    .option("--out <dir>", "directory of the records (default: runs/claims)")
    .option("--jobs <n>", "cells side by side (default: one per core)", positive)
    .option("--json", "print the verdicts as JSON")
    .option("--save <file>", "keep the verdicts in a file")
    .option(
      "--from <file>",
      "such a file, to print or merge; runs that are named judge again what they can, and nothing else is run; repeatable",
      collect,
    )
    .option("--readme <file>", "put them between the lines <!-- begin: claims --> and <!-- end: claims -->")
    .action(async (runs, options) => exit(await (await import("./commands/claims.ts")).claims(runs, options)));

  podium.command("compare")
    .summary("say what differs between two leaderboards, significantly or not")
    .description(
      "Compares two leaderboards row by row: settings, accuracy, length, stability and cost; paired by seed where both " +
        "have the seeds, with Holm's correction over the rows. Cells with the same hash are the same to the last bit.",
    )
    .argument("<a>", "leaderboard.json, or the directory of a run")
    .argument("<b>", "what it is compared with")
    .option("--json", "print one JSON object")
    .action(async (a, b, options) => exit(await (await import("./commands/compare.ts")).compare(a, b, options)));

  podium.command("merge")
    .summary("put the cells of several runs together")
    .description(
      "Copies the finished cells of several runs of one suite, from one machine or several, into a new directory and " +
        "writes their leaderboard: all seeds, all algorithms. Order and grouping change nothing.",
    )
    .argument("<out>", "new directory")
    .argument("<runs...>", "directories of runs")
    .action(async (out, runs) => exit(await (await import("./commands/merge.ts")).merge(out, runs)));

  podium.command("export")
    .summary("write a run in the formats of other tools")
    .description(
      "csv: a row per task, algorithm and seed. latex, markdown: the standings. jsonl: a history per cell as Weights & " +
        "Biases has it. tensorboard: event files.",
    )
    .argument("<run>", "leaderboard.json, or the directory of a run")
    .requiredOption("--format <name>", "csv, latex, markdown, jsonl or tensorboard")
    .option("--out <path>", "file to write, for jsonl and tensorboard a new directory (default: print)")
    .action(async (run, options) => exit(await (await import("./commands/export.ts")).exportRun(run, options)));

  podium.command("aa")
    .summary("compare an algorithm with itself: the rate of false findings")
    .description(
      "Runs suite aa, one algorithm under many seeds, and compares it with itself as the leaderboard compares " +
        "algorithms; exit code 100 if significantly more than 5 % of the differences are significant. Given a run, " +
        "examines that.",
    )
    .argument("[run]", "leaderboard.json, or the directory of a run with seven seeds or more")
    .option("--seeds <list>", "seeds to run, as 1-80", seedList)
    .option("--out <dir>", "directory of the records (default: runs/aa)")
    .option("--jobs <n>", "cells side by side (default: one per core)", positive)
    .option("--json", "print one JSON object")
    .option("--save <file>", "keep that object")
    .action(async (run, options) => exit(await (await import("./commands/aa.ts")).aa(run, options)));

  podium.command("conformance")
    .summary("check algorithms and statistics against golden-vector files")
    .description("Evaluates golden-vector files; exit code 1 if a case fails, 2 if one is not supported.")
    .argument("<files...>", "golden-vector files")
    .action(async (files) =>
      exit(await (await import("./conformance/conformance.ts")).conformance(files, { print: console.log }))
    );

  podium.command("grade")
    .summary("check a task's grader on known answers")
    .description("Grades a data set's own solutions (all must be right), or responses or answers with labels.")
    .requiredOption("--task <name>", "task whose grader is used")
    .option("--data <source>", "problems: embedded (default), a file, or hub:OWNER/NAME[@REV][:CONFIG/SPLIT]")
    .option("--gold", "grade the data set's own solutions as if they were responses")
    .option("--responses <file>", "grade responses: rows with gold, response and correct")
    .option("--pairs <file>", "compare bare answers: rows with gold, pred and equal")
    .option("--strict", "only answers in the task's own form count")
    .option("--no-strict", "an answer that was merely found counts too")
    .option("--json", "print one JSON object")
    .action(async (options) => exit(await (await import("./commands/grade.ts")).grade(options)));

  podium.command("search")
    .summary("measure how well a corpus is searched")
    .description("Asks each question as it stands: how often its supporting passages are found, and how fast.")
    .requiredOption("--corpus <file>", "passages: rows with id, title and text")
    .requiredOption("--questions <file>", "questions: rows with question, answers and supporting (ids of passages)")
    .option("--json", "print one JSON object")
    .action(async (options) => exit(await (await import("./commands/search.ts")).search(options)));

  podium.command("grams")
    .summary("mine phrases that plan from right responses")
    .description(
      "Mines strategic grams (HICRA, arXiv 2509.03646): the phrases that most right responses share. Read them before " +
        "training on them.",
    )
    .option(
      "--responses <file>",
      "rows with response, text, solution or answer and, if some are wrong, right or correct; or a file of a cell's responses/",
    )
    .option("--demonstrations", "mine what the embedded base policy learned from")
    .option("--task <name>", "say which responses are right by this task's grader and the column gold")
    .option("--words <range>", "words of an n-gram (default: 3-5; 1-5 with --demonstrations)", wordRange)
    .option("--share <number>", "share of the clusters that is kept (default: 0.2)", share)
    .option("--similarity <number>", "least mean similarity within a cluster (default: 0.5)", share)
    .option("--numbers", "keep n-grams with numbers")
    .option("--json", "print one JSON object, with every cluster")
    .action(async (options) => exit(await (await import("./commands/grams.ts")).grams(options)));

  podium.command("logprobs")
    .summary("score token ids with a policy")
    .description('Prints {"logProbs": [...], "entropy": [...]} per line, for the tokens after the first.')
    .requiredOption(
      "--policy <dir>",
      "policy: a Hugging Face directory, hub:OWNER/NAME[@REV], embedded:NAME, or onnx:DIR[#FILE]",
    )
    .requiredOption("--tokens <file>", "JSON lines of token-id lists, or - for standard input")
    .addOption(backendOption("cpu"))
    .action(async (options) => exit(await (await import("./commands/logprobs.ts")).logprobs(options)));

  podium.command("serve")
    .summary("serve a policy to clients of the OpenAI API")
    .description(
      "Serves a policy, trained or not, at /v1/completions, /v1/chat/completions and /v1/models, with streaming, log-probs " +
        "and seeds: the same request with the same seed has the same answer. Ctrl-C lets answers become whole and ends.",
    )
    .argument(
      "<policy>",
      "a Hugging Face directory, as runs/quick/CELL/policy, hub:OWNER/NAME[@REV], embedded:NAME, or onnx:DIR[#FILE]",
    )
    .option("--host <address>", "address to listen at; one that others reach needs --key", "127.0.0.1")
    .option("--port <n>", "port to listen at; 0: one that is free", wholeNumber, 8000)
    .option("--key <source>", "key that requests must bring: a file, or a variable as env:PODIUM_API_KEY")
    .addOption(backendOption("cpu"))
    .option("--max-tokens <n>", "most tokens of a response", positive, 1024)
    .option("--max-requests <n>", "most requests that are answered or wait", positive, 64)
    .action(async (policy, options) => exit(await (await import("./commands/serve.ts")).serve(policy, options)));

  podium.command("algorithms")
    .summary("list the algorithms, or describe one")
    .argument("[name]", "an algorithm")
    .option("--json", "print JSON")
    .option("--readme <file>", "put the list between the lines <!-- begin: algorithms --> and <!-- end: algorithms -->")
    .action(async (name, options) =>
      exit(await (await import("./commands/algorithms.ts")).listAlgorithms(name, options))
    );

  podium.command("tasks")
    .summary("list the tasks")
    .option("--json", "print JSON")
    .action(async (options) => exit((await import("./commands/tasks.ts")).listTasks(options)));

  podium.command("pretrain")
    .summary("make an embedded base policy again")
    .description("Trains the base policy from generated demonstrations; the same machine gives the same bytes.")
    .option("--task <name>", "task whose base policy it is", "gsm8k")
    .option("--out <dir>", "directory of the policy (default: where the embedded one is)")
    .option("--measure", "train nothing; say what the policy that is there can do on held-out problems")
    .option(
      "--readme <file>",
      "with --measure: put that between <!-- begin: base policy --> and <!-- end: base policy -->",
    )
    .action(async (options) => exit(await (await import("./commands/pretrain.ts")).pretrainBase(options)));

  podium.command("perf")
    .summary("measure tokens per second, beside PyTorch where there is one")
    .description(
      "Rollout, scoring, update and whole GRPO steps; PyTorch and TRL in the same call, if python3 has them.",
    )
    .option("--alone", "leave PyTorch and TRL out")
    .option("--only <text>", "only the figures whose name, such as base policy, step, holds this")
    .option("--json", "print JSON at the end, progress on standard error")
    .option(
      "--readme <file>",
      "draw the table of an earlier --json between <!-- begin: speed --> and <!-- end: speed -->",
    )
    .option("--from <file>", "that earlier --json", "bench/results/cpu-perf.json")
    .action(async ({ alone, only, json, readme, from }) => {
      if (readme) {
        const { writePerfSection } = await import("./commands/perf.ts");
        return exit(await writePerfSection(from, readme));
      }
      const { perf } = await import("./perf/perf.ts");
      const figures = await perf({ print: json ? console.error : console.log, alone, only });
      if (figures.length === 0) throw new Refusal(`--only ${only}: no figure has such a name.`);
      if (json) {
        const { environment } = await import("./environment.ts");
        console.log(
          JSON.stringify(
            {
              command: `deno task perf --json${only ? ` --only ${JSON.stringify(only)}` : ""}`,
              ...environment(),
              figures,
            },
            null,
            2,
          ),
        );
      }
      exit(exitCodes.ok);
    });

  podium.command("gpu-check")
    .summary("check the numbers of this machine's GPU and time it")
    .description(
      "Compares kernels, products and models with float64 and PyTorch, then times products, sampling, updates and whole " +
        "GRPO steps, those of a model of Qwen2.5-0.5B's shape phase by phase; PyTorch in the same call, if python3 has it. " +
        "Exit code 1 if a number is wrong.",
    )
    .option("--out <file>", "keep the report as JSON; it is written anew after every part")
    .option("--quick", "end within nine minutes: fewer products and models, and what there is no time for is left out")
    .option("--data <file>", "GSM8K's problems to make prompts of; the generator's by default")
    .option("--memory <gb>", "gigabytes that GRPO steps may take (default: 9/10 of what nvidia-smi says)", gigabytes)
    .option("--steps <n>", "GRPO steps; of more than ten, later ones must not be slower", positive)
    .option("--software", "take a software adapter too, and do only what one can in a minute")
    .action(async (options) => exit(await (await import("./commands/gpu_check.ts")).gpuCheckCommand(options)));

  podium.command("doctor")
    .summary("say what this machine has and what is missing")
    .option("--json", "print JSON")
    .action(async (options) => exit(await (await import("./commands/doctor.ts")).doctor(options)));

  podium.command("completions")
    .summary("print a completion script for bash, zsh or fish")
    .argument("<shell>", "bash, zsh or fish")
    .action(async (shell) => {
      const { completions } = await import("./commands/completions.ts");
      const commands = podium.commands.filter((command) => command.name() !== "cell").map((command) => ({
        name: command.name(),
        summary: command.summary(),
        options: [...command.options.map(({ long }) => long!), "--help"],
      }));
      exit(completions(shell, commands));
    });

  podium.command("cell", { hidden: true })
    .summary("run the cells on standard input (internal)")
    .option("--times", "record seconds")
    .action(async (options) => {
      await (await import("./commands/cell.ts")).cell(options);
      exit(exitCodes.ok);
    });

  for (const command of [podium, ...podium.commands]) {
    // Errors are printed once, by main().
    command.exitOverride().showSuggestionAfterError(true).configureOutput({ outputError: () => {} });
  }
  return podium;
}

/** The error as one sentence. */
function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const whole = message.replace(/^error: /, "").replace(/\n\(Did you mean (.*?)\?\)/, "; did you mean $1?");
  return whole.replace(/\s+/g, " ").trim(); // a parser may quote what it read, line breaks and all
}

/** Runs the program with these arguments and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.ok;
  const podium = program((given) => code = given);
  try {
    await podium.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok; // --help, --version
    if (error instanceof CommanderError && error.code === "commander.help") return exitCodes.error;
    console.error(`error: ${sentence(error)}`);
    if (Deno.env.get("PODIUM_DEBUG")) console.error(error);
    return exitCodes.error;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
