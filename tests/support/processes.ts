/** Which processes of this machine belong to a test: those whose command line or environment names its folder. */

/**
 * Ids and command lines, without the servers and the git that they run themselves: it is short, and may run at any
 * moment. Linux only.
 */
export async function processesNaming(text: string, servers: readonly number[] = []): Promise<string[]> {
  const found: string[] = [];
  const own = await Promise.all(servers.map((pid) => read(`/proc/${pid}/cmdline`)));
  for await (const { name } of Deno.readDir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === Deno.pid || servers.includes(pid)) continue;
    const [command, environment, stat] = await Promise.all([
      read(`/proc/${pid}/cmdline`),
      read(`/proc/${pid}/environ`),
      read(`/proc/${pid}/stat`),
    ]);
    const parent = Number(/\) \S (\d+) /.exec(stat)?.[1]);
    // Between its start and its first step a program still has its parent's command line.
    const is_git = /^(\S*\/)?git\0/.test(command) || own.includes(command);
    if (is_git && servers.includes(parent)) continue;
    if (command.includes(text) || environment.includes(text)) {
      found.push(`${pid} ${command.replaceAll("\0", " ")}`);
    }
  }
  return found;
}

/** Ends what a failed test left running: its folder's name in their environment shows whose they are. */
export async function endProcessesNaming(text: string): Promise<void> {
  for (const line of await processesNaming(text)) {
    try {
      Deno.kill(parseInt(line), "SIGKILL");
    } catch (error) {
      // It ended by itself meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Empty for a process that has ended meanwhile or is not ours. */
async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return "";
    // ESRCH, for which Deno has no class: a kernel thread, or a process that ends at this moment.
    if (error instanceof Error && /\(os error 3\)/.test(error.message)) return "";
    throw error;
  }
}
