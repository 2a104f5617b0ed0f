/** Limits of what comes without a credential: how much per address. */

import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Clock } from "../clock.ts";

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
    const key = addressKey(address);
    // Who is over its own limit must not use up everybody's.
    const own = await this.#addresses.get(key);
    if (own !== null && own.consumedPoints >= this.#rate.each) return wait_s;
    if (!await allowed(this.#all, "all")) return wait_s;
    return await allowed(this.#addresses, key) ? 0 : wait_s;
  }

  /** A new window starts with empty counters. `duration: 0` keeps the library from starting a timer per address. */
  #begin(window: number): void {
    this.#window = window;
    this.#addresses = new RateLimiterMemory({ points: this.#rate.each, duration: 0 });
    this.#all = new RateLimiterMemory({ points: this.#rate.in_all, duration: 0 });
  }
}

async function allowed(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return false;
    throw refusal;
  }
}

/** One subscriber: an IPv4 address, or the /64 of an IPv6 address, of which one has 2^64. */
export function addressKey(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (v4 !== null) return v4[1];
  if (!address.includes(":")) return address;
  const [head, tail] = address.toLowerCase().replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
