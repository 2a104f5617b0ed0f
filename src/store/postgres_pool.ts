/** A pool whose connections keep the statements of writes prepared on the server. */

// @ts-types="@types/pg"
import type pg from "pg";
import type { PostgresPool, PostgresPoolClient } from "kysely";

/** Statements that get a name; lists of varying length make distinct SQL, so there must be a bound. */
const MAX_STATEMENTS = 300;

/**
 * Writes are few statements run over and over with the same plan, and parsing and planning is about half of
 * what they cost the server. Reads must not use it: their best plan depends on the values.
 */
export class PreparingPool implements PostgresPool {
  readonly options: object;
  readonly #pool: pg.Pool;
  readonly #names = new Map<string, string>();
  readonly #clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
    this.options = pool.options;
  }

  async connect(): Promise<PostgresPoolClient> {
    const client = await this.#pool.connect();
    // Kysely keeps state per client object, so one connection must always be the same object.
    let wrapped = this.#clients.get(client);
    if (wrapped === undefined) this.#clients.set(client, wrapped = this.#wrap(client));
    return wrapped;
  }

  #wrap(client: pg.PoolClient): PostgresPoolClient {
    const query = (text: string, values: readonly unknown[]) => {
      const name = values.length === 0 ? undefined : this.#nameOf(text);
      return client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    };
    return {
      query: query as unknown as PostgresPoolClient["query"],
      release: (destroy) => client.release(destroy),
    };
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MAX_STATEMENTS) return known;
    const name = `autopilot_${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}
