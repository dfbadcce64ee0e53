/**
 * A plan: kernels in the order they run, over buffers that are allocated once. Operations append to it what `Graph` is
 * to them in ONNX; running it allocates nothing.
 *
 * Matrices are row-major, one row per token. How many rows there are may differ from run to run, up to the plan's
 * capacity; kernels read the counts from a uniform. Sizes that never change are read from another uniform rather than
 * written into the text, so that all layers share one compiled kernel.
 *
 * @module
 */
import type { Gpu } from "./device.ts";
import { FUNCTIONS } from "./functions.ts";

/**
 * Counts known when a plan runs: rows of the token stream, rows behind which a token is scored (the last of them), and
 * different token ids in the stream.
 */
export const COUNTS = ["tokens", "scored", "distinct"] as const;

/** Name of a count. */
export type Count = typeof COUNTS[number];

/** Number of rows: fixed, or known when the plan runs. */
export type Rows = number | Count;

/** A matrix in a buffer of the device. */
export interface Matrix {
  readonly buffer: GPUBuffer;
  /** Bytes from the start of the buffer, a multiple of 256. */
  readonly offset: number;
  readonly rows: Rows;
  readonly width: number;
  /**
   * What kernels see: numbers, or vectors of four along a row whose width is a multiple of 4; or float16, two
   * to a word, which {@linkcode read} reads. Only embeddings and products, as their second factor, do.
   */
  readonly type: "f32" | "u32" | "vec4<f32>" | "f16" | "vec4<f16>";
  /** A matrix too large for one binding is cut by rows; only embeddings are. Buffer and offset are then the first's. */
  readonly parts?: readonly Matrix[];
}

/** Workgroups along one dimension: `rows · times / per`, rounded up. */
export interface Extent {
  rows: Rows;
  times?: number;
  per?: number;
}

/** One dispatch. */
export interface Kernel {
  name: string;
  /** Bindings by their name in the text. The same buffer must not be both read and written. */
  read?: Readonly<Record<string, Matrix>>;
  write: Readonly<Record<string, Matrix>>;
  /** Fixed sizes, seen in the text as `sizes.NAME`. */
  sizes?: Readonly<Record<string, number>>;
  /** Workgroups: `group.x` counts the first, `group.y` the second (at most 65535). */
  grid: readonly [Extent, Extent?];
  /** Threads of a workgroup; `lane` counts them. */
  threads: number;
  /** Declarations outside the body: workgroup memory, functions. */
  declarations?: string;
  body: string;
}

/** The counts of one run; those that are left out are 0. */
export type Counts = Readonly<Partial<Record<Count, number>>>;

/** A number of rows if it is fixed, else 0: the value of the size that {@linkcode Plan.rowsIn} names. */
export function fixed(rows: Rows): number {
  return typeof rows === "number" ? rows : 0;
}

/** The next power of two, at least 64: a few sizes of plans and buffers serve all runs. */
export function roundUp(count: number): number {
  return Math.max(64, 2 ** Math.ceil(Math.log2(count)));
}

/** Bytes of a number. */
function bytesOf({ type }: Pick<Matrix, "type">): number {
  return type === "f16" || type === "vec4<f16>" ? 2 : 4;
}

/** A matrix of fixed height without its first rows, or without its last. The part must start at 256 bytes. */
export function slice(matrix: Matrix, first: number, count: number): Matrix {
  const offset = matrix.offset + first * matrix.width * bytesOf(matrix);
  if (offset % 256 !== 0) throw new Error(`Row ${first} of a matrix of width ${matrix.width} can't be bound.`);
  return { ...matrix, offset, rows: count, parts: undefined };
}

/** The bindable parts of a matrix of fixed height, in order: with the number of the first row, and how many there are. */
export function partsOf(plan: Plan, matrix: Matrix): { part: Matrix; first: number; count: number }[] {
  let first = 0;
  return (matrix.parts ?? [matrix]).map((part) => {
    const found = { part, first, count: plan.capacityOf(part.rows) };
    first += found.count;
    return found;
  });
}

/** Threads of a workgroup where nothing else is said. */
export const THREADS = 64;

/** Most workgroups along x; more go along y. */
const MAX_GROUPS = 32768;

/**
 * Most rows of tokens that the dispatches of one submit have together. Drivers take a submit that lasts for seconds for
 * one that hangs (Windows: 2 s), and nothing else is drawn meanwhile: this is a quarter of an update of 2,300 tokens.
 */
const MAX_SUBMITTED_ROWS = 2 ** 19;

interface Dispatch {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  grid: readonly [Extent, Extent?];
}

interface Recorded {
  kernel: Kernel;
  code: string;
  matrices: readonly Matrix[];
  /** Index of its fixed sizes among all the plan's, in units of 256 bytes. */
  sizes: number;
}

/** See the module's description. */
export class Plan {
  readonly gpu: Gpu;
  readonly capacity: Readonly<Record<Count, number>>;
  readonly #counts: GPUBuffer;
  readonly #recorded: Recorded[] = [];
  readonly #own = new Map<GPUBuffer, number>();
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #inputs: GPUBuffer[] = [];
  #sizes: GPUBuffer | undefined;
  #dispatches: Dispatch[] | undefined;

  constructor(gpu: Gpu, capacity: Readonly<Partial<Record<Count, number>>>) {
    this.gpu = gpu;
    this.capacity = { tokens: 0, scored: 0, distinct: 0, ...capacity };
    this.#counts = gpu.buffer(16, GPUBufferUsage.UNIFORM);
  }

  /** Most rows that a matrix can have. */
  capacityOf(rows: Rows): number {
    return typeof rows === "number" ? rows : this.capacity[rows];
  }

  /** A matrix that is written from outside before each run. */
  input(rows: Rows, width: number, type: Matrix["type"] = "f32"): Matrix {
    const buffer = this.gpu.buffer(Math.max(1, this.capacityOf(rows)) * width * 4);
    this.#inputs.push(buffer);
    return { buffer, offset: 0, rows, width, type };
  }

  /** A matrix of the plan's own; what it holds at first is whatever was there. */
  matrix(rows: Rows, width: number, type: Matrix["type"] = "f32"): Matrix {
    const size = Math.max(1, this.capacityOf(rows)) * width * 4;
    const buffer = this.#free.get(size)?.pop() ?? this.gpu.buffer(size);
    this.#own.set(buffer, size);
    return { buffer, offset: 0, rows, width, type };
  }

  /** A matrix of the same shape. */
  like({ rows, width, type }: Matrix): Matrix {
    return this.matrix(rows, width, type);
  }

  /** Says that nothing appended from here on needs a matrix: its memory may serve again. Others' matrices are left. */
  release({ buffer }: Matrix): void {
    const size = this.#own.get(buffer);
    if (size === undefined) return;
    this.#own.delete(buffer);
    this.#free.set(size, [...this.#free.get(size) ?? [], buffer]);
  }

  /** How many rows a matrix has, in the text of a kernel that has `fixed` among its sizes if the number is fixed. */
  rowsIn(rows: Rows, fixed: string): string {
    return typeof rows === "number" ? `sizes.${fixed}` : `counts.${rows}`;
  }

  /** Appends a dispatch. */
  dispatch(kernel: Kernel): void {
    this.#recorded.push({
      kernel,
      code: shader(kernel),
      matrices: [...Object.values(kernel.read ?? {}), ...Object.values(kernel.write)],
      sizes: this.#recorded.length,
    });
  }

  /**
   * Appends a kernel with one thread for each number of `domain`: `i` is its index, `row` and `column` its place.
   * `domain` defaults to the first matrix that is written.
   */
  elementwise(
    name: string,
    { read, write, sizes, domain = Object.values(write)[0], declarations, body }:
      & Pick<Kernel, "read" | "write" | "sizes" | "declarations" | "body">
      & { domain?: Pick<Matrix, "rows" | "width"> },
  ): void {
    const { rows, width } = domain;
    this.dispatch({
      name,
      read,
      write,
      sizes: { ...sizes, domainWidth: width, domainRows: fixed(rows) },
      grid: [{ rows, times: width, per: THREADS }],
      threads: THREADS,
      declarations,
      body: `
        let i = group.x * ${THREADS}u + lane;
        if (i >= ${this.rowsIn(rows, "domainRows")} * sizes.domainWidth) { return; }
        let row = i / sizes.domainWidth;
        let column = i % sizes.domainWidth;
        ${body}`,
    });
  }

  #count(counts: Counts): void {
    for (const name of COUNTS) {
      if ((counts[name] ?? 0) <= this.capacity[name]) continue;
      throw new RangeError(`A plan for ${this.capacity[name]} ${name} was given ${counts[name]}.`);
    }
    this.gpu.upload(this.#counts, Uint32Array.from(COUNTS, (name) => counts[name] ?? 0));
  }

  /** Submits one run, or several in a row, each of which sees what the one before it wrote; in pieces if it is long. */
  run(counts: Counts, times = 1): void {
    this.#count(counts);
    const dispatches = this.#dispatches ??= this.#bind(), all = times * dispatches.length;
    const most = Math.max(1, Math.floor(MAX_SUBMITTED_ROWS / Math.max(1, counts.tokens ?? 0)));
    for (let first = 0; first < all; first += most) {
      this.gpu.submit((encoder) => {
        const pass = encoder.beginComputePass(), end = Math.min(first + most, all);
        for (let n = first; n < end; n++) encode(pass, dispatches[n % dispatches.length], counts);
        pass.end();
      });
    }
  }

  /** Bytes on the device that are the plan's own: its matrices and inputs, not the weights of a model. */
  get bytes(): number {
    return this.#buffers().reduce((sum, { size }) => sum + size, 0);
  }

  /** Frees the plan's own buffers. */
  dispose(): void {
    for (const buffer of this.#buffers()) this.gpu.free(buffer);
  }

  #buffers(): GPUBuffer[] {
    return [
      ...this.#own.keys(),
      ...[...this.#free.values()].flat(),
      ...this.#inputs,
      this.#counts,
      ...this.#sizes ? [this.#sizes] : [],
    ];
  }

  #bind(): Dispatch[] {
    const { gpu } = this, sizes = new Uint32Array(64 * Math.max(1, this.#recorded.length));
    for (const { kernel, sizes: at } of this.#recorded) sizes.set(Object.values(kernel.sizes ?? {}), at * 64);
    this.#sizes = gpu.buffer(sizes.byteLength, GPUBufferUsage.UNIFORM);
    gpu.upload(this.#sizes, sizes);
    return this.#recorded.map(({ kernel, code, matrices, sizes: at }) => {
      const reads = Object.keys(kernel.read ?? {}).length;
      const { pipeline, layout } = gpu.compile(code, [
        "uniform",
        "uniform",
        ...matrices.map((_, n): GPUBufferBindingType => n < reads ? "read-only-storage" : "storage"),
      ]);
      const resources = [
        { buffer: this.#counts },
        { buffer: this.#sizes!, offset: at * 256, size: 256 },
        ...matrices.map(({ buffer, offset, rows, width, type }) => ({
          buffer,
          offset,
          size: Math.max(1, this.capacityOf(rows)) * width * bytesOf({ type }),
        })),
      ];
      const entries = resources.map((resource, binding) => ({ binding, resource }));
      return { pipeline, group: gpu.device.createBindGroup({ layout, entries }), grid: kernel.grid };
    });
  }
}

function encode(pass: GPUComputePassEncoder, { pipeline, group, grid }: Dispatch, counts: Counts): void {
  const [x, y] = grid.map((extent) => extent ? groupsOf(extent, counts) : 1);
  if (x === 0 || y === 0) return;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(Math.min(x, MAX_GROUPS), Math.ceil(x / MAX_GROUPS), y ?? 1);
}

function groupsOf({ rows, times = 1, per = 1 }: Extent, counts: Counts): number {
  return Math.ceil((typeof rows === "number" ? rows : counts[rows] ?? 0) * times / per);
}

/** What an array of the binding holds. */
function element(type: Matrix["type"]): string {
  return type === "f16" ? "u32" : type === "vec4<f16>" ? "vec2<u32>" : type;
}

/** Text of number `at` of a binding, or of its vector `at` where the binding is of vectors. */
export function read(name: string, type: Matrix["type"], at: string): string {
  if (type === "f16") return `half_of_word(${name}[(${at}) >> 1u], (${at}) & 1u)`;
  return type === "vec4<f16>" ? `half_vector(${name}[${at}])` : `${name}[${at}]`;
}

/** The whole text of a kernel. */
function shader(
  { name, read = {}, write, sizes = {}, grid: [extent], threads, declarations = "", body }: Kernel,
): string {
  const fields = (names: readonly string[]) => names.map((field) => `${field}: u32`).join(", ");
  const bindings = [
    ...Object.entries(read).map(([binding, { type }]) => `var<storage, read> ${binding}: array<${element(type)}>;`),
    ...Object.entries(write).map(([binding, { type }]) =>
      `var<storage, read_write> ${binding}: array<${element(type)}>;`
    ),
  ].map((text, n) => `@group(0) @binding(${n + 2}) ${text}`);
  const names = Object.keys(sizes), { rows, per = 1, times = 1 } = extent;
  // Beyond MAX_GROUPS, the last row of workgroups may be longer than needed.
  const surplus = typeof rows === "string" && times === 1
    ? `if (group.x >= (counts.${rows} + ${per - 1}u) / ${per}u) { return; }`
    : "";
  return `// ${name}
struct Counts { ${fields([...COUNTS, "zero"])} }
struct Sizes { ${fields(names.length ? names : ["none"])} }
@group(0) @binding(0) var<uniform> counts: Counts;
@group(0) @binding(1) var<uniform> sizes: Sizes;
${bindings.join("\n")}
${FUNCTIONS}
${declarations}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let group = vec2<u32>(place.x + place.y * ${MAX_GROUPS}u, place.z);
  ${surplus}
  ${body}
}
`;
}
