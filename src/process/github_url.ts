/** Which repository on GitHub a remote's URL means. */

export interface GithubRepo {
  /** `github.com`, or the host of a GitHub Enterprise server. */
  host: string;
  owner: string;
  repo: string;
}

/**
 * Understands https, ssh and the short `git@host:owner/repo` form. Null for other hosts: those are taken for GitHub
 * when their name says so (`github.…`, `….ghe.com`) or when they equal `enterprise_host`.
 */
export function parseGithubUrl(url: string, enterprise_host = ""): GithubRepo | null {
  const short = /^(?:[^@/:]+@)?([^/:]+):(?!\/)(.+)$/.exec(url);
  let host: string;
  let path: string;
  if (url.includes("://")) {
    if (!URL.canParse(url)) return null;
    const parsed = new URL(url);
    if (!["https:", "http:", "ssh:", "git:", "git+ssh:"].includes(parsed.protocol)) return null;
    host = parsed.hostname;
    path = parsed.pathname;
  } else if (short) {
    [, host, path] = short;
  } else {
    return null;
  }
  host = host.toLowerCase().replace(/^(www|ssh)\.(?=github\.com$)/, "");
  const known = host === "github.com" || host.endsWith(".ghe.com") || host.split(".").includes("github") ||
    host === enterprise_host.toLowerCase();
  const parts = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "").split("/");
  if (!known || parts.length !== 2 || !parts.every((part) => /^[A-Za-z0-9._-]+$/.test(part))) return null;
  return { host, owner: parts[0], repo: parts[1] };
}

/** The form that `gh -R` takes. */
export function ghRepoArgument({ host, owner, repo }: GithubRepo): string {
  return host === "github.com" ? `${owner}/${repo}` : `${host}/${owner}/${repo}`;
}
