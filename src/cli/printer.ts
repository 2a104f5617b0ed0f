/** Output for a terminal or a pipe. What comes from the board is hostile: nothing of it steers a terminal. */

import { replaceHidden } from "../domain/hidden.ts";
import { harmless } from "./harmless.ts";

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Style = keyof typeof STYLES;

/** A piece of a line that is shown in a style where colours are shown. */
export interface Styled {
  style: Style;
  text: string;
}

export function styled(style: Style, text: string): Styled {
  return { style, text };
}

/** What a stream must be able to do: `Deno.stdout`, `Deno.stderr`. */
export interface OutputStream {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

export class Printer {
  readonly #stream: OutputStream;
  /** Whether styles are shown: on a terminal, unless NO_COLOR is set or the terminal is dumb. */
  readonly colored: boolean;
  /** Whoever read has gone: what is printed is lost, and a command that follows something has nobody to do it for. */
  closed = false;

  constructor(stream: OutputStream, env: Readonly<Record<string, string>>) {
    this.#stream = stream;
    this.colored = stream.isTerminal() && !env.NO_COLOR && env.TERM !== "dumb";
  }

  /** Prints the parts as one line. Control characters but line feed and tab are written out as `\u{…}`. */
  line(...parts: (string | Styled)[]): void {
    this.raw(parts.map((part) => this.#shown(part)).join("") + "\n");
  }

  /** Prints a value as JSON on one line, with everything escaped that could steer a terminal. */
  json(value: unknown): void {
    const text = replaceHidden(
      JSON.stringify(value),
      (character) =>
        character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    );
    this.raw(text + "\n");
  }

  /** Prints text of the program itself, unchanged. */
  raw(text: string): void {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let done = 0; done < bytes.length;) done += this.#stream.writeSync(bytes.subarray(done));
    } catch (error) {
      // Whoever reads has seen enough: `autopilot issue list | head`.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      this.closed = true;
    }
  }

  #shown(part: string | Styled): string {
    if (typeof part === "string") return harmless(part);
    const text = harmless(part.text);
    return this.colored ? `\x1b[${STYLES[part.style]}m${text}\x1b[0m` : text;
  }
}
