/**
 * The networks of a cell: the policy, and the critic and the reference policy where the algorithm asks for them. They
 * are opened, digested, saved and freed together.
 *
 * @module
 */
import type { Needs } from "../algorithms/algorithm.ts";
import type { Critic, Policy } from "../policy/policy.ts";
import { sha256 } from "./canonical.ts";
import { Refusal } from "./outcomes.ts";

/** How the networks of a cell are opened. */
export interface OpenModels {
  /** Opens the cell's starting policy, or the one saved in `directory`; `frozen` if it won't be trained: without adapters. */
  openPolicy: (directory?: string, options?: { frozen?: boolean }) => Promise<Policy>;
  /** Makes the critic that the training of the starting policy begins with, or opens the one saved in `directory`. */
  openCritic: (directory?: string) => Promise<Critic>;
}

/** Where a checkpoint keeps the networks: directories below the record. */
export interface SavedModels {
  /** Weights and optimizer state of the policy; null before the first step. */
  policy: string | null;
  /** The same of the critic; absent without one. */
  critic?: string;
  /** The reference policy, once it was refreshed from the trained one, and its digest. */
  reference?: { directory: string; digest: string };
}

const numbered = (name: string, step: number) => `checkpoint/${name}-${String(step).padStart(6, "0")}`;

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

  private constructor(
    directory: string,
    open: OpenModels,
    policy: Policy,
    critic?: Critic,
    reference?: Policy,
    refreshed?: SavedModels["reference"],
  ) {
    this.#directory = directory;
    this.#open = open;
    this.policy = policy;
    this.critic = critic;
    this.#reference = reference;
    this.#refreshed = refreshed;
  }

  /** Opens what an algorithm needs, as it starts or as a checkpoint of the record in `directory` saved it. */
  static async open(directory: string, needs: Needs, open: OpenModels, saved?: SavedModels): Promise<Models> {
    const at = (path?: string | null) => path ? `${directory}/${path}` : undefined;
    const opened: { dispose(): Promise<void> }[] = [];
    const keep = <T extends { dispose(): Promise<void> }>(network: T): T => {
      opened.push(network);
      return network;
    };
    try {
      const policy = keep(await open.openPolicy(at(saved?.policy)));
      const critic = needs.critic ? keep(await open.openCritic(at(saved?.critic))) : undefined;
      const refreshed = saved?.reference;
      const reference = needs.reference
        ? keep(await open.openPolicy(at(refreshed?.directory), { frozen: true }))
        : undefined;
      if (refreshed && await reference?.digest() !== refreshed.digest) {
        throw new Refusal(
          `${
            at(refreshed.directory)
          }: the weights are not those of the record; delete ${directory} to run the cell again.`,
        );
      }
      return new Models(directory, open, policy, critic, reference, refreshed);
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
    return this.#base ??= await this.#open.openPolicy(undefined, { frozen: true });
  }

  /** Digest of everything that is trained, with its optimizer state; without a critic that of the policy. */
  async digest(): Promise<string> {
    const digest = await this.policy.digest();
    return this.critic ? sha256(digest, await this.critic.digest()) : digest;
  }

  /**
   * Replaces the weights of the reference policy by those of the trained one; returns the digest of the new reference.
   * The one before stays on the disk until the next checkpoint counts.
   */
  async refreshReference(step: number): Promise<string> {
    const path = numbered("reference", step), directory = `${this.#directory}/${path}`;
    await save(this.policy, directory);
    const next = await this.#open.openPolicy(directory, { frozen: true });
    await this.#reference?.dispose();
    this.#reference = next;
    this.#refreshed = { directory: path, digest: await next.digest() };
    return this.#refreshed.digest;
  }

  /** Saves what is needed to go on after `step`. */
  async save(step: number): Promise<SavedModels> {
    const saved: SavedModels = { policy: numbered("step", step) };
    await save(this.policy, `${this.#directory}/${saved.policy}`, true);
    if (this.critic) {
      saved.critic = numbered("critic", step);
      await save(this.critic, `${this.#directory}/${saved.critic}`, true);
    }
    if (this.#refreshed) saved.reference = this.#refreshed;
    return saved;
  }

  /** Frees native memory. */
  async dispose(): Promise<void> {
    for (const network of [this.policy, this.critic, this.#reference, this.#base]) await network?.dispose();
  }
}

/** Saves a network in place of what a killed run may have left there. */
async function save(network: Policy | Critic, directory: string, optimizer = false): Promise<void> {
  await Deno.mkdir(directory.slice(0, directory.lastIndexOf("/")), { recursive: true });
  await Deno.remove(directory, { recursive: true }).catch(() => {});
  await network.save(directory, { optimizer });
}
