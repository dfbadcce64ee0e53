/**
 * The networks of a cell: the policy, and the critic and the reference policy where the algorithm asks for them. They
 * are opened, digested, saved and freed together.
 *
 * @module
 */
import type { Needs } from "../algorithms/algorithm.ts";
import type { Critic, Policy } from "../policy/policy.ts";
import { sha256 } from "./canonical.ts";
import type { Recording } from "./context/endpoint_policy.ts";
import { Refusal } from "./outcomes.ts";

/** How the networks of a cell are opened. */
export interface OpenModels {
  /**
   * Opens the cell's starting policy; `frozen` if it won't be trained: without adapters; `recording` is where answers are
   * kept if it is behind an endpoint.
   */
  openPolicy: (options?: { frozen?: boolean; recording?: Recording }) => Promise<Policy>;
  /** Makes the critic that the training of the starting policy begins with. */
  openCritic: () => Promise<Critic>;
}

/** Where a checkpoint keeps what training changed: files below the record. */
export interface SavedModels {
  /** Weights and optimizer state of the policy. */
  policy: string;
  /** The same of the critic; absent without one. */
  critic?: string;
  /** Weights of the reference policy, once it was refreshed from the trained one, and its digest. */
  reference?: { file: string; digest: string };
}

/**
 * A file for a network's state. There are two for each, written in turn, so that the last checkpoint stays whole while
 * the next is written, and no file has to be made or removed.
 *
 * @param used the one that the last checkpoint names
 */
function fileBeside(name: string, used: string | undefined): string {
  const [first, second] = [1, 2].map((number) => `checkpoint/${name}-${number}.safetensors`);
  return used === first ? second : first;
}

/** The networks of a cell, open. */
export class Models {
  /** The policy being trained. */
  readonly policy: Policy;
  /** The value function being trained. */
  readonly critic: Critic | undefined;
  readonly #directory: string;
  readonly #open: OpenModels;
  #reference: Policy | undefined;
  #base: Policy | undefined;
  #refreshed: SavedModels["reference"];
  /** The last checkpoint. */
  #saved: SavedModels | undefined;

  private constructor(
    directory: string,
    open: OpenModels,
    policy: Policy,
    critic?: Critic,
    reference?: Policy,
    saved?: SavedModels,
  ) {
    this.#directory = directory;
    this.#open = open;
    this.policy = policy;
    this.critic = critic;
    this.#reference = reference;
    this.#refreshed = saved?.reference;
    this.#saved = saved;
  }

  /** Opens what an algorithm needs, as it starts or as a checkpoint of the record in `directory` saved it. */
  static async open(directory: string, needs: Needs, open: OpenModels, saved?: SavedModels): Promise<Models> {
    const opened: { dispose(): Promise<void> }[] = [];
    const restored = async <T extends Policy | Critic>(opening: Promise<T>, file?: string): Promise<T> => {
      const network = await opening;
      opened.push(network);
      if (file) await network.restore(`${directory}/${file}`);
      return network;
    };
    try {
      await Deno.mkdir(`${directory}/checkpoint`, { recursive: true });
      const policy = await restored(open.openPolicy(), saved?.policy);
      const critic = needs.critic ? await restored(open.openCritic(), saved?.critic) : undefined;
      const refreshed = saved?.reference;
      const reference = needs.reference
        ? await restored(open.openPolicy({ frozen: true }), refreshed?.file)
        : undefined;
      if (refreshed && await reference?.digest() !== refreshed.digest) {
        throw new Refusal(
          `${directory}/${refreshed.file}: the weights are not those of the record; delete ${directory} to run the ` +
            "cell again.",
        );
      }
      return new Models(directory, open, policy, critic, reference, saved);
    } catch (error) {
      for (const network of opened) await network.dispose();
      throw error;
    }
  }

  /** The frozen policy that the trained one is measured against. */
  get reference(): Policy | undefined {
    return this.#reference;
  }

  /** The policy before training, which evaluations measure the trained one against; opened when it is first asked for. */
  async base(): Promise<Policy> {
    // An unrefreshed reference is the same weights: no need to hold them twice.
    if (this.#reference && !this.#refreshed) return this.#reference;
    return this.#base ??= await this.#open.openPolicy({ frozen: true });
  }

  /** Digest of everything that is trained, with its optimizer state; without a critic that of the policy. */
  async digest(): Promise<string> {
    const digest = await this.policy.digest();
    return this.critic ? sha256(digest, await this.critic.digest()) : digest;
  }

  /**
   * Replaces the weights of the reference policy by those of the trained one; returns the digest of the new reference.
   * The one of the last checkpoint stays on the disk until the next counts.
   */
  async refreshReference(): Promise<string> {
    const file = fileBeside("reference", this.#saved?.reference?.file), path = `${this.#directory}/${file}`;
    await this.policy.checkpoint(path);
    const reference = this.#reference ??= await this.#open.openPolicy({ frozen: true });
    await reference.restore(path);
    this.#refreshed = { file, digest: await reference.digest() };
    return this.#refreshed.digest;
  }

  /** Saves what is needed to go on. The checkpoint before it stays as it is. */
  async save(): Promise<SavedModels> {
    const last = this.#saved;
    const saved: SavedModels = { policy: fileBeside("policy", last?.policy) };
    await this.policy.checkpoint(`${this.#directory}/${saved.policy}`, { optimizer: true });
    if (this.critic) {
      saved.critic = fileBeside("critic", last?.critic);
      await this.critic.checkpoint(`${this.#directory}/${saved.critic}`, { optimizer: true });
    }
    if (this.#refreshed) saved.reference = this.#refreshed;
    return this.#saved = saved;
  }

  /** Frees native memory. */
  async dispose(): Promise<void> {
    for (const network of [this.policy, this.critic, this.#reference, this.#base]) await network?.dispose();
  }
}
