/** The folder of a demo: the scratch repository and the board's data, made at the start and removed at the end. */

import { dirname, join } from "node:path";
import { tryFileLock } from "../../process/file_lock.ts";
import { git } from "../../process/git_run.ts";
import { makeTempFolder } from "../../process/temp_folder.ts";
import { PROJECT } from "./plays.ts";

export interface DemoFolder {
  data: string;
  /** The repository's checkout. */
  repository: string;
  /** What git gets of this machine's environment: nothing of the user's settings. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

const PREFIX = "autopilot-demo-";
/** In each of the folders; locked for as long as its demo runs, by the kernel: also when that is killed. */
const LOCK = "demo.lock";
export const AUTHOR = { name: "Autopilot demo (a script)", email: "demo@localhost" };

/** Makes the folder below the system's temporary one. @throws GitError where git is missing */
export async function makeDemoFolder(env: Readonly<Record<string, string>>): Promise<DemoFolder> {
  const folder = await Deno.realPath(await makeTempFolder(PREFIX));
  const lock = await Deno.open(join(folder, LOCK), { write: true, create: true });
  const remove = async () => {
    lock.close();
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await tryFileLock(lock, true);
    await removeLeftOvers(dirname(folder));
    const home = join(folder, "home");
    const repository = join(folder, "corner-shop");
    const git_env = { PATH: env.PATH ?? "", HOME: home, LANG: "C.UTF-8", GIT_CONFIG_NOSYSTEM: "1" };
    await Deno.mkdir(home);
    await makeRepository(repository, git_env);
    return { data: join(folder, "data"), repository, env: git_env, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function makeRepository(path: string, env: Record<string, string>): Promise<void> {
  await Deno.mkdir(path);
  for (const [name, text] of Object.entries(PROJECT)) await Deno.writeTextFile(join(path, name), text);
  const { name, email } = AUTHOR;
  await git(["init", "-q", "--initial-branch=main", "--template="], { env, cwd: path });
  await git(["add", "-A"], { env, cwd: path });
  await git(
    ["-c", `user.name=${name}`, "-c", `user.email=${email}`, "commit", "-q", "-m", "A shop for the demo"],
    { env, cwd: path },
  );
}

/** What demos left that were killed: folders of this user whose lock nobody holds. */
async function removeLeftOvers(parent: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const folder = join(parent, name);
    let lock: Deno.FsFile;
    try {
      if ((await Deno.stat(folder)).uid !== Deno.uid()) continue;
      lock = await Deno.open(join(folder, LOCK), { write: true });
    } catch (error) {
      // Of another user, just being made, or gone by now.
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) continue;
      throw error;
    }
    try {
      if (await tryFileLock(lock, true)) await Deno.remove(folder, { recursive: true });
    } catch (error) {
      // Another demo that starts at this moment tidies up as well.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    } finally {
      lock.close();
    }
  }
}
