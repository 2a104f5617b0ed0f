/** Locks on files that the kernel gives back when their holder dies, however it dies. */

/** Without `tryLock` (before Deno 2.7) a lock that does not come in this time counts as held, in milliseconds. */
const WAIT_MS = 100;
/** Files whose lock is still waited for, so that many looks at one file cost one waiting thread. */
const waiting = new Set<string>();

/**
 * Takes the lock of an open file, without waiting for another holder. The lock ends with the file's closing.
 *
 * @returns false when another open file has it
 * @throws {Error} on a file system without locks
 */
export async function tryFileLock(file: Deno.FsFile, exclusive: boolean): Promise<boolean> {
  if (typeof file.tryLock === "function") return await file.tryLock(exclusive);
  const { dev, ino } = await file.stat();
  const key = `${dev} ${ino} ${exclusive}`;
  if (waiting.has(key)) return false;
  const locked = file.lock(exclusive).then(() => true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), WAIT_MS));
  const got = await Promise.race([locked, late]);
  clearTimeout(timer);
  if (!got) {
    // It comes when the holder goes; by then the caller has closed the file, which gives it back at once.
    waiting.add(key);
    locked.then(() => waiting.delete(key), () => waiting.delete(key));
  }
  return got;
}
