/** LISTEN on a connection of its own, which comes back when it is lost. */

// @ts-types="@types/pg"
import pg from "pg";
import { messageOfError } from "../domain/errors.ts";
import { loggerOf } from "../log.ts";
import { CHANNEL } from "./event_rows.ts";
import { Listeners } from "./listeners.ts";

const RECONNECT_MS = 1_000;

export class PostgresListener {
  readonly #config: pg.ClientConfig;
  readonly #isOwn: (server_pid: number) => boolean;
  readonly #listeners = new Listeners();
  #client: pg.Client | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #connecting: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param isOwn whether a server process serves this store's own connections: its commits are not foreign */
  constructor(config: pg.ClientConfig, isOwn: (server_pid: number) => boolean) {
    this.#config = config;
    this.#isOwn = isOwn;
  }

  /** Connects with the first listener, disconnects after the last. */
  add(listener: () => void): () => void {
    const remove = this.#listeners.add(listener);
    if (this.#client === null && this.#retry === undefined) this.#connect();
    return () => {
      remove();
      if (this.#listeners.size === 0) void this.#disconnect();
    };
  }

  #connect(): void {
    const client = new pg.Client(this.#config);
    this.#client = client;
    client.on("notification", ({ processId }) => {
      if (!this.#isOwn(processId)) this.#listeners.call();
    });
    client.on("error", (error) => this.#lost(client, error));
    client.on("end", () => this.#lost(client, new Error("the server closed it")));
    this.#connecting = this.#listen(client);
  }

  async #listen(client: pg.Client): Promise<void> {
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    // What was committed while nobody listened is told now.
    this.#listeners.call();
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    void client.end().catch(() => {
      // It is lost already: there is nothing left to end.
    });
    if (this.#closed || this.#listeners.size === 0) return;
    loggerOf("store").warn(
      "Lost the connection that tells of other processes' changes, trying again: {message}",
      {
        message: messageOfError(error),
      },
    );
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connect();
    }, RECONNECT_MS);
  }

  async #disconnect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const client = this.#client;
    this.#client = null;
    await this.#connecting;
    await client?.end();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#disconnect();
  }
}
