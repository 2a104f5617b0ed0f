/** A WebSocket client for tests that keeps everything it heard. */

import { PATIENCE_MS, within } from "./wait.ts";

export type Message = Record<string, unknown> & { type: string; seq: number };

export interface Socket extends AsyncDisposable {
  /** Everything that came, in order, `hello` included. */
  readonly messages: Message[];
  send(message: unknown): void;
  /** The first message, past or future, that matches. Fails after `PATIENCE_MS`. */
  waitFor(match: (message: Message) => boolean, what?: string): Promise<Message>;
  close(): Promise<void>;
}

/** Opens a WebSocket as a program does (no Origin header). */
export function openSocket(
  url: string,
  log: () => string,
  onClose: () => void = () => {},
  protocols: string[] = [],
): Promise<Socket> {
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  const wake = () => [...waiting].forEach((check) => check());
  const raw = new WebSocket(url, protocols);
  const closed = new Promise<void>((resolve) => raw.onclose = () => (onClose(), wake(), resolve()));
  raw.onmessage = ({ data }) => {
    messages.push(JSON.parse(data));
    wake();
  };
  const socket: Socket = {
    messages,
    send: (message) => raw.send(JSON.stringify(message)),
    waitFor: (match, what = String(match)) => {
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      const check = () => {
        const found = messages.find(match);
        if (found !== undefined) resolve(found);
        else if (raw.readyState === WebSocket.CLOSED) reject(new Error(`The socket closed without ${what}`));
      };
      waiting.add(check);
      check();
      return within(promise, PATIENCE_MS, () => {
        const seen = messages.map((message) => JSON.stringify(message)).join("\n");
        return `No message for ${what}; there were:\n${seen}\nLog of the server:\n${log()}`;
      }).finally(() => waiting.delete(check));
    },
    close: async () => {
      raw.close();
      await closed;
    },
    [Symbol.asyncDispose]: () => socket.close(),
  };
  return new Promise((resolve, reject) => {
    raw.onopen = () => resolve(socket);
    raw.onerror = (event) =>
      reject(new Error(`The WebSocket ${url} failed: ${(event as ErrorEvent).message}\n${log()}`));
  });
}
