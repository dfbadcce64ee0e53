/**
 * A Deno lint plugin: reading a clock or drawing from a shared random sequence is an error, because either would make
 * a run impossible to repeat. Random numbers come from `policy/random.ts`; a clock is handed in by the command line.
 *
 * Exempt are the places that talk to a person or measure time: `bench/cli.ts`, `bench/commands/`, `bench/perf/`,
 * `bench/gpu_check/` and tests.
 *
 * @module
 */

const exempt = /(^|[\\/])bench[\\/](cli[^\\/]*\.ts$|commands[\\/]|perf[\\/]|gpu_check[\\/])|_test\.ts$/;

const forbidden: Record<string, Record<string, string>> = {
  Math: { random: "Draw from uniform(key, index) of policy/random.ts, so that the run can be repeated." },
  Date: { now: "Take a clock as an argument; only the command line reads one." },
  performance: { now: "Take a clock as an argument; only the command line reads one." },
};

const plugin: Deno.lint.Plugin = {
  name: "podium",
  rules: {
    "clocks-and-chance": {
      create(context) {
        if (exempt.test(context.filename)) return {};
        return {
          MemberExpression(node) {
            const { object, property } = node;
            if (object.type !== "Identifier") return;
            const name = property.type === "Identifier" && !node.computed
              ? property.name
              : property.type === "Literal"
              ? String(property.value)
              : "";
            const hint = forbidden[object.name]?.[name];
            if (hint) context.report({ node, message: `${object.name}.${name} makes a run unrepeatable.`, hint });
          },
          NewExpression(node) {
            if (node.callee.type !== "Identifier" || node.callee.name !== "Date" || node.arguments.length > 0) return;
            context.report({ node, message: "new Date() makes a run unrepeatable.", hint: forbidden.Date.now });
          },
        };
      },
    },
  },
};

export default plugin;
