/** A set of callbacks. */
export class Listeners {
  readonly #listeners = new Set<{ call: () => void }>();

  add(call: () => void): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  call(): void {
    for (const { call } of this.#listeners) call();
  }

  get size(): number {
    return this.#listeners.size;
  }
}
