import assert from "node:assert/strict";
import { childEnv, gitEnv } from "../../src/process/child_env.ts";

const HOST = {
  HOME: "/home/user",
  PATH: "/usr/bin",
  LC_TIME: "de",
  HTTPS_PROXY: "http://proxy",
  GH_TOKEN: "canary-gh",
  GITHUB_TOKEN: "canary-github",
  SSH_AUTH_SOCK: "/run/agent",
  AWS_SECRET_ACCESS_KEY: "canary-aws",
  AUTOPILOT_DATABASE_URL: "postgres://canary",
  ANTHROPIC_API_KEY: "canary-key",
  LD_PRELOAD: "/evil.so",
  DYLD_INSERT_LIBRARIES: "/evil.dylib",
  GIT_DIR: "/elsewhere",
  GIT_INDEX_FILE: "/elsewhere/index",
  GIT_TRACE: "1",
  GH_HOST: "example.com",
  GH_DEBUG: "api",
};

Deno.test("S17 childEnv() lets through what is on the list, and HOME is always the given one", () => {
  assert.deepEqual(childEnv(HOST, { home: "/agent", pass: [] }), {
    HOME: "/agent",
    PATH: "/usr/bin",
    LANG: "C.UTF-8",
    LC_TIME: "de",
    HTTPS_PROXY: "http://proxy",
  });
  assert.equal(childEnv({}, { home: "/agent", pass: [] }).HOME, "/agent");
  assert.match(childEnv({}, { home: "/agent", pass: [] }).PATH, /\/usr\/bin/);
});

Deno.test("S17 childEnv() passes named variables and beginnings, but never what loads code into programs", () => {
  const env = childEnv(HOST, { home: "/agent", pass: ["AWS_*", "ANTHROPIC_API_KEY", "LD_PRELOAD", "*"] });
  assert.equal(env.AWS_SECRET_ACCESS_KEY, "canary-aws");
  assert.equal(env.ANTHROPIC_API_KEY, "canary-key");
  assert.equal(env.LD_PRELOAD ?? env.DYLD_INSERT_LIBRARIES, undefined);
});

Deno.test("gitEnv() has the user's HOME and credentials, no prompt, and nothing that points git elsewhere", () => {
  const env = gitEnv(HOST);
  assert.equal(env.HOME, "/home/user");
  assert.equal(env.GH_TOKEN, "canary-gh");
  assert.equal(env.SSH_AUTH_SOCK, "/run/agent");
  assert.equal(env.GIT_TERMINAL_PROMPT, "0");
  for (
    const name of [
      "GIT_DIR",
      "GIT_INDEX_FILE",
      "GIT_TRACE",
      "GH_HOST",
      "GH_DEBUG",
      "AWS_SECRET_ACCESS_KEY",
      "LD_PRELOAD",
    ]
  ) {
    assert.equal(env[name], undefined, name);
  }
  assert.deepEqual(gitEnv(env), env);
  assert.equal(gitEnv({ ...HOST, GIT_SSH_COMMAND: "mine" }).GIT_SSH_COMMAND, "mine");
});
