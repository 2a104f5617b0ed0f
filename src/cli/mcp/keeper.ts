/** Keeps the claims of a session while its process lives: the model itself may be busy for long. */

import { BRIDGE_LEASE_MINUTES } from "../../domain/by_hand.ts";
import { messageOfError } from "../../domain/errors.ts";
import type { CallToolResult } from "@modelcontextprotocol/server";
import type { BoardCall } from "./call.ts";

/** Between two signs of life; two may fail before the claim is lost. */
const BEAT_MS = 60_000;

export class Keeper {
  readonly #deps: { call: BoardCall; say(text: string): void };
  readonly #held = new Set<string>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(deps: { call: BoardCall; say(text: string): void }) {
    this.#deps = deps;
  }

  /** The session claimed it. */
  async hold(run_id: string): Promise<void> {
    this.#held.add(run_id);
    this.#timer ??= setInterval(() => void this.#beat(), BEAT_MS);
    await this.#keep(run_id);
  }

  /** The session reported on it. */
  release(run_id: string): void {
    this.#held.delete(run_id);
    if (this.#held.size === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #beat(): Promise<void> {
    for (const run_id of [...this.#held]) await this.#keep(run_id);
  }

  async #keep(run_id: string): Promise<void> {
    const wish = { run_id, minutes: BRIDGE_LEASE_MINUTES, quiet: true };
    try {
      const params = { name: "keep_claim", arguments: wish };
      const { isError, content } = await this.#deps.call<CallToolResult>("tools/call", params);
      if (isError !== true) return;
      this.release(run_id);
      this.#deps.say(content.map((part) => part.type === "text" ? part.text : "").join(" "));
    } catch (error) {
      // The server may come back before the claim is lost.
      this.#deps.say(`The claim could not be kept for now: ${messageOfError(error)}`);
    }
  }
}
