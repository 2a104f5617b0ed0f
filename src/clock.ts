/** Time as an argument: everything that needs "now" receives a clock. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
