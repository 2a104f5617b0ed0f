/** Limits of what comes without a credential: how much per address. */

import type { RateLimiterMemory } from "rate-limiter-flexible";
// By their files: the package itself loads 35 at the start, one for each database that it knows.
import Memory from "rate-limiter-flexible/lib/RateLimiterMemory.js";
import Refusal from "rate-limiter-flexible/lib/RateLimiterRes.js";
import type { Clock } from "../clock.ts";
import { subscriberOf } from "../domain/address.ts";

const MemoryLimiter: typeof RateLimiterMemory = Memory;
const WINDOW_MS = 60_000;
/** How many may pass in one window. */
export interface Rate {
  /** Of one address, or key. */
  each: number;
  /** Of all. It also bounds the memory: no window knows more addresses. */
  in_all: number;
}

/** Counts requests per address in windows of a minute. */
export class AddressLimiter {
  readonly #clock: Clock;
  #window = -1;
  #addresses!: RateLimiterMemory;
  #all!: RateLimiterMemory;

  readonly #rate: Rate;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Counts one request. Answers 0 when it may pass, else after how many seconds the next one may. */
  async take(address: string): Promise<number> {
    const now = this.#clock.now().getTime();
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window) this.#begin(window);
    const wait_s = Math.max(1, Math.ceil(((window + 1) * WINDOW_MS - now) / 1000));
    const key = subscriberOf(address);
    // Who is over its own limit must not use up everybody's.
    const own = await this.#addresses.get(key);
    if (own !== null && own.consumedPoints >= this.#rate.each) return wait_s;
    if (!await allowed(this.#all, "all")) return wait_s;
    return await allowed(this.#addresses, key) ? 0 : wait_s;
  }

  /** A new window starts with empty counters. `duration: 0` keeps the library from starting a timer per address. */
  #begin(window: number): void {
    this.#window = window;
    this.#addresses = new MemoryLimiter({ points: this.#rate.each, duration: 0 });
    this.#all = new MemoryLimiter({ points: this.#rate.in_all, duration: 0 });
  }
}

async function allowed(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (refusal) {
    if (refusal instanceof Refusal) return false;
    throw refusal;
  }
}
