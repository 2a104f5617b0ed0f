/** The platforms that executables are made for. */

export const TARGETS: Readonly<Record<string, { triple: string }>> = {
  "linux-x64": { triple: "x86_64-unknown-linux-gnu" },
  "linux-arm64": { triple: "aarch64-unknown-linux-gnu" },
  "macos-x64": { triple: "x86_64-apple-darwin" },
  "macos-arm64": { triple: "aarch64-apple-darwin" },
  // The board and the commands; agents need Linux, macOS or WSL.
  "windows-x64": { triple: "x86_64-pc-windows-msvc" },
};

/** This platform's name in the table. */
export const OWN: string = Object.keys(TARGETS).find((name) => TARGETS[name].triple === Deno.build.target) ??
  Deno.build.target;
