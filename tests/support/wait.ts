/** Waiting in tests: for something that happens, never for time to pass. */

/** How long a test waits for something that the server should do: the machine may be busy with other tests. */
export const PATIENCE_MS = 60_000;

/** The promise's value, or an error when it takes longer. */
export async function within<T>(promise: Promise<T>, ms: number, message: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => timer = setTimeout(() => reject(new Error(message())), ms));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
