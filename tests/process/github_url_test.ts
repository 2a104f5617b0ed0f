import assert from "node:assert/strict";
import { ghRepoArgument, parseGithubUrl } from "../../src/process/github_url.ts";

Deno.test("parseGithubUrl() understands every form of a GitHub remote", () => {
  const table: Record<string, string> = {
    "git@github.com:acme/app.git": "acme/app",
    "github.com:acme/app": "acme/app",
    "ssh://git@github.com/acme/app.git": "acme/app",
    "ssh://git@ssh.github.com:443/acme/app.git": "acme/app",
    "https://github.com/acme/app": "acme/app",
    "https://user:token@github.com/acme/app.git/": "acme/app",
    "https://www.GitHub.com/acme/my.app.git": "acme/my.app",
    "git://github.com/acme/app.git": "acme/app",
    "git@github.acme.example:team/app.git": "github.acme.example/team/app",
    "https://acme.ghe.com/team/app": "acme.ghe.com/team/app",
    "git@code.acme.example:team/app.git": "code.acme.example/team/app",
  };
  for (const [url, argument] of Object.entries(table)) {
    const parsed = parseGithubUrl(url, "code.acme.example");
    assert.ok(parsed, url);
    assert.equal(ghRepoArgument(parsed), argument, url);
  }
});

Deno.test("parseGithubUrl() takes nothing else for GitHub", () => {
  const others = [
    "",
    "/srv/git/app.git",
    "../app",
    "file:///srv/github.com/acme/app.git",
    "https://gitlab.com/acme/app",
    "https://notgithub.com/acme/app",
    "https://github.com.evil.example/acme/app",
    "https://github.com/acme",
    "https://github.com/acme/app/tree/main",
    "git@github.com:acme/app;rm.git",
    "https://github.com/acme/--repo%20x",
    "C:\\repos\\app",
    "ext::sh -c evil",
  ];
  for (const url of others) {
    const parsed = parseGithubUrl(url);
    if (url.includes("github.com.evil")) assert.notEqual(parsed?.host, "github.com");
    else assert.equal(parsed, null, url);
  }
});
