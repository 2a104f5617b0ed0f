/** Hands human comments to the agent while it works: each once, and noted in the thread when it was handed over. */

import type { Comment } from "../domain/comment.ts";
import { steeringMessage } from "../domain/prompt.ts";
import { failpoint } from "../failpoint.ts";

export interface SteeringDeps {
  /** The thread as it is now. */
  comments(): Promise<Comment[]>;
  markDelivered(comment_ids: string[]): Promise<void>;
  /** A write or read failed; the comments stay undelivered. */
  onError(error: unknown): void;
}

export class Steering {
  readonly #deps: SteeringDeps;
  readonly #handed = new Set<string>();
  #send: ((text: string) => Promise<void>) | null = null;
  #working: Promise<void> | null = null;
  #again = false;
  #sent = 0;
  readonly #waiting: string[] = [];

  constructor(deps: SteeringDeps) {
    this.#deps = deps;
  }

  /** Messages sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Comments that were handed over so far. */
  get heard(): number {
    return this.#handed.size;
  }

  /** Notes that the agent was told these with its prompt. */
  async handed(comments: readonly Comment[]): Promise<void> {
    const fresh = comments.filter(({ id }) => !this.#handed.has(id));
    for (const { id } of fresh) this.#handed.add(id);
    const ids = fresh.filter(({ delivered_at }) => delivered_at === "").map(({ id }) => id);
    if (ids.length > 0) await this.#mark(ids);
  }

  /** From now on messages reach an agent, and those that came meanwhile do at once. */
  attach(send: (text: string) => Promise<void>): void {
    this.#send = send;
    for (const text of this.#waiting.splice(0)) this.say(text);
    this.poke();
  }

  /** No more messages. Resolves when none is on its way. */
  async detach(): Promise<void> {
    this.#send = null;
    await this.#working;
  }

  /** Says something of Autopilot's own to the agent; waits for one when none is at work. */
  say(text: string): void {
    if (this.#send === null) {
      this.#waiting.push(text);
      return;
    }
    this.#sent++;
    this.#send(text).catch((error) => this.#deps.onError(error));
  }

  /** Somebody commented: look what is new. */
  poke(): void {
    if (this.#working !== null) {
      this.#again = true;
      return;
    }
    this.#working = this.#deliver().catch((error) => this.#deps.onError(error)).finally(() => {
      this.#working = null;
    });
  }

  /** Human comments that no agent was told yet. */
  async missed(): Promise<Comment[]> {
    const all = await this.#deps.comments();
    return all.filter((comment) =>
      comment.delivered_at === "" && !this.#handed.has(comment.id) &&
      steeringMessage(comment) !== null
    );
  }

  async #deliver(): Promise<void> {
    do {
      this.#again = false;
      for (const comment of await this.missed()) {
        if (this.#send === null) return;
        await this.#send(steeringMessage(comment)!);
        failpoint("comment_handed");
        this.#sent++;
        this.#handed.add(comment.id);
        await this.#mark([comment.id]);
      }
    } while (this.#again);
  }

  async #mark(ids: string[]): Promise<void> {
    try {
      await this.#deps.markDelivered(ids);
    } catch (error) {
      this.#deps.onError(error);
    }
  }
}
