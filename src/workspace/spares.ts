/**
 * A work tree kept ready, so that an agent starts at once: writing the files of a large repository takes longer than
 * everything else between a ready issue and its agent. One is enough for a runner: the next is made while the agent
 * that got this one works.
 */

import { join } from "node:path";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import type { Repository } from "../process/git.ts";
import { namesIn } from "./names_in.ts";
import { makeSpareTree, removeFolder, type Spares, type SpareTree } from "./workspace.ts";

/** Folders of spare trees: `.spare-<pid of the server>-<random>`. */
const PREFIX = ".spare-";

export interface SpareOptions {
  repository: Repository;
  /** Folder of all workspaces. */
  root: string;
  /** Branch or commit that runs start from. */
  base: string;
  /** The process that owns the trees. */
  pid: number;
  processLives(pid: number): Promise<boolean>;
}

export class SpareTrees implements Spares {
  readonly #options: SpareOptions;
  #ready: SpareTree | null = null;
  #making: Promise<void> | null = null;
  #keeping = false;

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  take(): SpareTree | null {
    const spare = this.#ready;
    this.#ready = null;
    return spare;
  }

  /** Makes the first one, after what dead servers left is gone. The function returned ends it all. */
  keep(): () => Promise<void> {
    this.#keeping = true;
    this.#work(async () => {
      await this.#sweep();
      await this.#make();
    });
    return () => this.#close();
  }

  /** Makes another one when the last was taken; to be called when there is time for it. */
  next(): void {
    if (this.#keeping && this.#ready === null) this.#work(() => this.#make());
  }

  /** Resolves when nothing is being made. */
  async idle(): Promise<void> {
    await this.#making;
  }

  /** One thing at a time. Without a spare a run makes its own tree, so a failure is only told. */
  #work(task: () => Promise<void>): void {
    this.#making ??= task().catch((error) => {
      loggerOf("runner").warn("Cannot prepare a work tree ahead: {error}", { error: messageOfError(error) });
    }).finally(() => this.#making = null);
  }

  async #make(): Promise<void> {
    const { repository, root, base, pid } = this.#options;
    const [commit] = await repository.resolveAll([base]);
    // A run that starts from it says so, with what to do.
    if (commit === null) return;
    const dir = join(root, `${PREFIX}${pid}-${crypto.randomUUID().slice(0, 8)}`);
    try {
      await makeSpareTree(repository, dir, commit);
    } catch (error) {
      await removeFolder(dir, root);
      throw error;
    }
    if (!this.#keeping) await removeFolder(dir, root);
    else this.#ready = { dir, commit };
  }

  /** The processes that own the spare trees on the disk. */
  async owners(): Promise<number[]> {
    return (await namesIn(this.#options.root)).map(ownerOf).filter((pid) => pid !== null);
  }

  async #sweep(): Promise<void> {
    const { root, pid, processLives } = this.#options;
    for (const name of await namesIn(root)) {
      const owner = ownerOf(name);
      if (owner === null || (owner !== pid && await processLives(owner))) continue;
      await removeFolder(join(root, name), root);
    }
  }

  async #close(): Promise<void> {
    this.#keeping = false;
    await this.idle();
    const spare = this.take();
    if (spare !== null) await removeFolder(spare.dir, this.#options.root);
  }
}

function ownerOf(name: string): number | null {
  const pid = new RegExp(`^\\${PREFIX}(\\d+)-`).exec(name)?.[1];
  return pid === undefined ? null : Number(pid);
}
